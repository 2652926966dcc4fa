// From which state a read of the controller's HTTP API starts.

#include "support/control_api_world.hpp"

using namespace motorcade;
using namespace motorcade::test;

namespace {

const std::string to_read =
    "/read?package=airbyte/source-faker&version=1&syncId=s&taskId=t";

/// A request's body with these members besides config and catalog.
std::string body_with(const std::string& members,
                      const std::string& mode = "incremental") {
  return R"({"config":{},"catalog":{"streams":[{"stream":{"name":"users",)"
         R"("namespace":"public"},"sync_mode":")"
         + mode + "\"}]}" + (members.empty() ? "" : "," + members) + "}";
}

std::string of_stream(const std::string& descriptor) {
  return R"({"type":"STREAM","stream":{"stream_descriptor":)" + descriptor
         + R"(,"stream_state":{"id":1}}})";
}

const std::string of_users =
    of_stream(R"({"name":"users","namespace":"public"})");

} // namespace

TEST_CASE("a read says from which state it starts", "[state]") {
  struct row {
    /// What is saved: a key; empty: nothing.
    std::string saved;
    std::string json;
    std::string query;
    std::string members;
    int status;
    /// Of the error; or the state that the task has.
    std::string says;
  };

  const std::string fit = "[" + of_users + "]";
  const row table[] = {
      // Nothing is saved: there is nothing to lose.
      {"", "", "", "", 200, ""},
      {"", "", "&continue=true", "", 200, ""},
      {"orders", "{}", "", "", 200, ""},
      {"public.users", "null", "", "", 200, ""},
      // Of every kind.
      {"public.users", "{}", "", "", 409, "public.users"},
      {"_GLOBAL_STATE", "{}", "", "", 409, "fullSync=true"},
      {"_LEGACY_STATE", R"({"a":1})", "", "", 409, "continue=true"},
      {"public.users", "{}", "", R"("state":null)", 409, "continue=true"},
      {"public.users", "{}", "&fullSync=false&continue=false", "", 409, ""},
      // All that says something.
      {"public.users", "{}", "&continue=true", "", 200, ""},
      {"public.users", "{}", "&fullSync=true", "", 200, ""},
      {"public.users", "{}", "", R"("state":{})", 200, "{}"},
      {"public.users", "{}", "", R"("state":[])", 200, "[]"},
      {"public.users", "{}", "", R"("state":{"own":1})", 200, R"({"own":1})"},
      {"public.users", "{}", "", R"("state":)" + fit, 200, fit},
      // Made fit.
      {"", "", "", R"("state":)" + of_users, 200, fit},
      {"", "", "",
       R"("state":[)" + of_stream(R"({"name":"public.users"})") + "]", 200,
       fit},
      // Two answers to one question.
      {"", "", "&continue=true", R"("state":[])", 400, "one of them"},
      {"", "", "&continue=true&fullSync=true", "", 400, "one of them"},
      // What is none.
      {"", "", "", R"("state":7)", 400, "must be an object or an array"},
      {"", "", "",
       R"("state":[{"streamDescriptor":{"name":"users"},"streamState":{}}])",
       400, "state[0].streamDescriptor"},
      {"", "", "", R"("state":{"type":"STATE","state":{}})", 400,
       "whole line of the protocol"},
      {"", "", "", R"("state":{"type":"STREAM"})", 400,
       "state.stream: missing"},
      {"", "", "", R"("state":{"states":[]})", 400, "state.states"},
      {"", "", "", R"("state":[)" + of_users + "," + of_users + "]", 400,
       "already in state[0]"},
      {"", "", "",
       R"("state":[{"type":"GLOBAL","global":{"shared_state":{}}},)" + of_users
           + "]",
       400, "state[1].type"},
  };
  for (const auto& [saved, json, query, members, status, says] : table) {
    INFO(saved << ' ' << query << ' ' << members);
    control_api_world at;
    if (!saved.empty())
      at.service.put("s", state_record{saved, json, false, {}});
    auto answer = at.ask("POST", to_read + query, body_with(members));
    CHECK(answer.status == status);
    auto tasks = at.service.started();
    if (status != 200) {
      CHECK_THAT(error_of(answer), Catch::Matchers::ContainsSubstring(says));
      CHECK(tasks.empty());
      continue;
    }
    REQUIRE(tasks.size() == 1);
    CHECK(tasks[0].state == says);
    CHECK(tasks[0].continues == (query == "&continue=true"));
  }
}

TEST_CASE("saved states of any size are looked up", "[state]") {
  control_api_world at;
  // More than one page of others, which are no matter of this read.
  for (int i = 0; i < 2'500; ++i)
    at.service.put("s",
                   state_record{"other " + std::to_string(i), "{}", false, {}});
  CHECK(at.ask("POST", to_read, body_with("")).status == 200);
  auto huge = "\"" + std::string(3 << 20, 'x') + '"';
  at.service.put("s", state_record{"public.users", huge, false, {}});
  CHECK(at.ask("POST", to_read + "2", body_with("")).status == 409);
}

TEST_CASE("a full refresh starts without a state", "[state]") {
  control_api_world at;
  at.service.put("s", state_record{"public.users", "{}", false, {}});
  CHECK(at.ask("POST", to_read, body_with("", "full_refresh")).status == 200);
  // Of another sync.
  CHECK(at.ask("POST", to_read + "2", body_with("", "full_refresh")).status
        == 200);
}

TEST_CASE("a catalog of another shape is refused by the API", "[state]") {
  control_api_world at;

  struct row {
    std::string catalog;
    std::string says;
  };

  const row table[] = {
      {R"({"streams":[]})", "streams: empty"},
      {R"({})", "streams: missing"},
      {R"({"streams":[1]})", "streams[0]"},
      {R"({"streams":[{"stream":{"name":"a"},"config":{"syncMode":"x"}}]})",
       "streams[0].config"},
      {R"({"streams":[{"name":"a","json_schema":{}}]})", "--save-catalog"},
      {R"({"streams":[{"stream":{"name":"a"}}]})", "streams[0].sync_mode"},
      {R"({"streams":[{"stream":{"name":"a"},"sync_mode":"incremental",
         "generationId":1}]})",
       "streams[0].generationId"},
      {R"({"streams":[{"stream":{"name":"a"},"sync_mode":"incremental"},
         {"stream":{"name":"a"},"sync_mode":"full_refresh"}]})",
       "given already"},
  };
  for (const auto& [catalog, says] : table) {
    INFO(catalog);
    auto answer =
        at.ask("POST", to_read, R"({"config":{},"catalog":)" + catalog + "}");
    CHECK(answer.status == 400);
    CHECK_THAT(error_of(answer), Catch::Matchers::ContainsSubstring(says));
  }
  auto answer = at.ask("POST", to_read, "\xEF\xBB\xBF" + body_with(""));
  CHECK(answer.status == 400);
  CHECK_THAT(error_of(answer),
             Catch::Matchers::ContainsSubstring("byte order mark"));
  CHECK(at.service.started().empty());
}
