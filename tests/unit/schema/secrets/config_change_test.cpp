#include "schema/secrets/config_change.hpp"

#include <catch2/catch_all.hpp>

#include <vector>

using namespace motorcade;

TEST_CASE("a changed config is logged by its keys, never by its values") {
  struct row {
    const char* before;
    const char* after;
    const char* wanted;
  };

  const std::vector<row> rows = {
      {R"({"api_key":"s3cret1","start_date":"d"})", R"({"api_key":"s3cret2"})",
       "Changed: api_key; the new config lacks: start_date"},
      {R"({"a":{"b":{"c":1,"d":2}},"x":1})",
       R"({"a":{"b":{"c":2,"e":2}},"x":1})",
       "Changed: a.b.c; added: a.b.e; the new config lacks: a.b.d"},
      {R"({"l":[{"k":1},{"k":2}]})", R"({"l":[{"k":1},{"k":3}]})",
       "Changed: l.1.k"},
      {R"({"l":[1,2]})", R"({"l":[1,2,3]})", "Changed: l"},
      {R"({"l":{"a":1}})", R"({"l":[1]})", "Changed: l"},
      {R"({"a/b":1,"c~d":1})", R"({"a/b":2,"c~d":2})", "Changed: a/b, c~d"},
      {"{}", R"({"a":1})", "Added: a"},
      {" \n", R"({"a":1})", "as the old config was not given"},
      {"[1]", R"({"a":1})", "as the old config is no JSON object"},
      {R"({"a":1})", "7", "as the new config is no JSON object"},
  };
  for (const auto& [before, after, wanted] : rows) {
    auto text = describe_config_change(before, after);
    INFO(before << " becomes " << after << ": " << text);
    CHECK(text.ends_with(wanted));
    CHECK(text.find("s3cret") == std::string::npos);
    CHECK(text.starts_with("the connector changed its config"));
  }
}

TEST_CASE("a config that is sent as it was is not said to be changed") {
  const auto* text = "the connector sent its config anew, as it was: nothing "
                     "in it differs";
  CHECK(describe_config_change(R"({"a":1,"b":2})", R"({"b": 2, "a": 1})")
        == text);
  CHECK(describe_config_change("{}", " {}") == text);
}

TEST_CASE("the first of very many changed keys are named") {
  std::string after = "{";
  for (int i = 0; i < 1000; ++i)
    after += (i > 0 ? ",\"k" : "\"k") + std::to_string(1000 + i) + "\":1";
  auto text = describe_config_change("{}", after + "}");
  CHECK(text.ends_with("k1049 and 950 more"));
  CHECK(text.size() < 1000);
}
