// Configs whose spec is not known, and what a client sends back of them.

#include "schema/sync/hidden_values.hpp"
#include "schema/sync/sync_definition.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <string>
#include <vector>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

TEST_CASE("without a spec no text and no number of a config is shown") {
  struct row {
    const char* config;
    const char* shown;
  };

  const row rows[] = {
      {R"({})", R"({})"},
      {R"({"word":"x"})", R"({"word":"***"})"},
      {R"({"word":""})", R"({"word":""})"},
      {R"({"port":5432,"share":0.5})", R"({"port":"***","share":"***"})"},
      {R"({"flag":true,"none":null})", R"({"flag":true,"none":null})"},
      {R"({"auth":{"kind":"oauth","deep":[{"word":"x"},[1,"y"]]}})",
       R"({"auth":{"kind":"***","deep":[{"word":"***"},["***","***"]]}})"},
      {R"({"list":[]})", R"({"list":[]})"},
  };
  const std::string specs[] = {"",
                               "{}",
                               "[]",
                               "no JSON",
                               R"({"connectionSpecification":null})",
                               R"({"connectionSpecification":"object"})"};
  for (const auto& one : rows) {
    INFO(one.config);
    CHECK(hide_all(one.config) == one.shown);
    for (const auto& spec : specs) {
      INFO(spec);
      CHECK_FALSE(tells_secrets(spec));
      sync_definition sync;
      sync.config = one.config;
      CHECK(json::parse(show_sync(sync, spec))["source"]["config"]
            == json::parse(one.shown));
    }
  }
  CHECK(tells_secrets(R"({"connectionSpecification":{}})"));
}

TEST_CASE("what the spec fixes is shown, and put back") {
  const std::string spec = R"({"connectionSpecification":{"properties":{
    "credentials":{"oneOf":[
      {"properties":{"auth_type":{"const":"Key"},"api_key":{"airbyte_secret":true}}},
      {"properties":{"auth_type":{"enum":["OAuth2"]},"client_secret":{}}},
      {"properties":{"auth_type":{"enum":["one","two"]}}}]},
    "token":{"oneOf":[{"const":"none"},{"type":"string"}]},
    "secret_level":{"const":7},"password":{"type":"string"}}}})";

  struct row {
    const char* config;
    const char* shown;
  };

  const row rows[] = {
      {R"({"credentials":{"auth_type":"Key","api_key":"k"}})",
       R"({"credentials":{"auth_type":"Key","api_key":"***"}})"},
      {R"({"credentials":{"auth_type":"OAuth2","client_secret":"k"}})",
       R"({"credentials":{"auth_type":"OAuth2","client_secret":"***"}})"},
      {R"({"credentials":{"auth_type":"two"}})",
       R"({"credentials":{"auth_type":"***"}})"},
      {R"({"credentials":{"auth_type":"Unknown"}})",
       R"({"credentials":{"auth_type":"***"}})"},
      {R"({"token":"none"})", R"({"token":"none"})"},
      {R"({"token":"t"})", R"({"token":"***"})"},
      {R"({"secret_level":7})", R"({"secret_level":7})"},
      {R"({"secret_level":8})", R"({"secret_level":"***"})"},
      // Fixed for another member.
      {R"({"password":"Key"})", R"({"password":"***"})"},
  };
  for (const auto& one : rows) {
    INFO(one.config);
    const auto shown = hide_secrets(one.config, spec);
    CHECK(json::parse(shown) == json::parse(one.shown));
    const auto restored = restore_secrets(shown, one.config, spec);
    REQUIRE(restored);
    CHECK(json::parse(*restored) == json::parse(one.config));
    // As a client sends it back that was shown it before this was so.
    const std::string specs[] = {spec};
    const auto earlier =
        restore_config(hide_all(one.config), one.config, specs);
    REQUIRE(earlier);
    CHECK(json::parse(*earlier) == json::parse(one.config));
  }
}

TEST_CASE("a config is put back as it may have been shown") {
  const std::string stored =
      R"({"host":"a","port":5432,"word":"w","flag":true,"auth":{"kind":"k","secret":"s"},)"
      R"("list":["x","y"],"rows":[{"id":1,"word":"w1"},{"id":2,"word":"w2"}]})";
  const std::string marks_word =
      R"({"connectionSpecification":{"properties":{"word":{"type":"string","airbyte_secret":true}}}})";
  const std::string marks_none = R"({"connectionSpecification":{}})";

  struct row {
    const char* name;
    const char* config;
    std::vector<std::string> specs;
    /// Empty: refused.
    const char* restored;
    const char* reason = "";
  };

  const row rows[] = {
      {"all of it, with no spec known",
       R"({"host":"***","port":"***","word":"***","flag":true,"auth":{"kind":"***","secret":"***"},"list":["***","***"],"rows":[{"id":"***","word":"***"},{"id":"***","word":"***"}]})",
       {""},
       R"({"host":"a","port":5432,"word":"w","flag":true,"auth":{"kind":"k","secret":"s"},"list":["x","y"],"rows":[{"id":1,"word":"w1"},{"id":2,"word":"w2"}]})"},
      {"shown before the spec was known",
       R"({"host":"***","port":"***","rows":[{"id":"***","word":"***"},{"id":"***","word":"***"}]})",
       {marks_word},
       R"({"host":"a","port":5432,"rows":[{"id":1,"word":"w1"},{"id":2,"word":"w2"}]})"},
      {"shown with the spec known",
       R"({"host":"b","word":"***","rows":[{"id":1,"word":"***"},{"id":3,"word":"new"}]})",
       {marks_word},
       R"({"host":"b","word":"w","rows":[{"id":1,"word":"w1"},{"id":3,"word":"new"}]})"},
      {"shown by the spec of the earlier version",
       R"({"host":"a","word":"***","rows":[{"id":1,"word":"***"}]})",
       {"", marks_word},
       R"({"host":"a","word":"w","rows":[{"id":1,"word":"w1"}]})"},
      {"values beside hidden ones change",
       R"({"host":"new","word":"***"})",
       {""},
       R"({"host":"new","word":"w"})"},
      {"an element is missing of what was hidden whole",
       R"({"rows":[{"id":"***","word":"***"}]})",
       {""},
       "",
       "rows[0] holds ***, and is not the element that is stored"},
      {"an element was added to what was hidden whole",
       R"({"list":["***","***","z"]})",
       {marks_none},
       "",
       "list[0] holds ***, and is not the element"},
      {"elements were moved",
       R"({"rows":[{"id":2,"word":"***"},{"id":1,"word":"***"}]})",
       {marks_word},
       "",
       "in their order and the rest of each is unchanged"},
      {"there is no list",
       R"({"host":["***"]})",
       {""},
       "",
       "host[0] is ***, which stands for the stored value, and there is none"},
      {"there is nothing", R"({"other":"***"})", {""}, "", "other is ***"},
      {"a boolean was never hidden", R"({"flag":"***"})", {""}, "", "flag"},
      {"an object was never hidden", R"({"auth":"***"})", {""}, "", "auth"},
  };
  for (const auto& one : rows) {
    INFO(one.name);
    const auto done = restore_config(one.config, stored, one.specs);
    if (*one.restored != '\0') {
      REQUIRE(done);
      CHECK(json::parse(*done) == json::parse(one.restored));
    } else {
      REQUIRE_FALSE(done);
      CHECK_THAT(done.error().what, ContainsSubstring(one.reason));
    }
  }
  CHECK_FALSE(restore_config(R"({"word":"***"})", "", {}));
}

TEST_CASE("the first hidden value of a document is found with its place") {
  for (const auto& [document, place] :
       std::vector<std::pair<const char*, std::optional<std::string>>>{
           {R"({"a":1,"b":["*** "],"***":"x"})", {}},
           {R"({"a":"***"})", "a"},
           {R"({"a":[1,{"b":{"c":["x","***"]}}],"d":"***"})", "a[1].b.c[1]"},
           {R"(["***"])", "[0]"}}) {
    INFO(document);
    CHECK(find_hidden_value(document) == place);
    CHECK(has_hidden_value(document) == place.has_value());
  }
}
