#include "schema/sync/notification_channel.hpp"

#include "schema/sync/sync_definition.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

result<sync_definition> with(const std::string& notifications) {
  return parse_sync(
      R"({"source":{"package":"p","version":"1","config":{}},"notifications":)"
          + notifications + "}",
      "s");
}

const std::string both =
    R"([{"url":"https://hooks.example/x","secret":"whsec_aGVsbG8="},)"
    R"({"url":"https://chat.example/y","format":"slack","events":["failed"]}])";

} // namespace

TEST_CASE("webhooks are read, kept in two parts, and shown without secrets") {
  const auto sync = with(both);
  REQUIRE(sync);
  REQUIRE(sync->notifications.size() == 2);
  CHECK(sync->notifications[0].events.size() == 4);
  CHECK_FALSE(sync->notifications[0].slack);
  CHECK(sync->notifications[1].slack);
  CHECK(sync->notifications[1].events == std::set{sync_event::failed});
  const auto open = write_open_part(*sync);
  CHECK_THAT(open, !ContainsSubstring("example"));
  CHECK_THAT(open, !ContainsSubstring("whsec"));
  const auto kept = read_parts(open, write_secret_part(*sync), "s");
  REQUIRE(kept);
  REQUIRE(kept->notifications.size() == 2);
  for (size_t i = 0; i < 2; ++i) {
    CHECK(kept->notifications[i].url == sync->notifications[i].url);
    CHECK(kept->notifications[i].secret == sync->notifications[i].secret);
    CHECK(kept->notifications[i].slack == sync->notifications[i].slack);
    CHECK(kept->notifications[i].events == sync->notifications[i].events);
  }
  const auto shown = json::parse(show_sync(*sync, {}))["notifications"];
  CHECK(
      shown[0]
      == json::parse(
          R"({"url":"***","secret":"***","format":"json","events":["failed","recovered","paused","schema_changed"]})"));
  CHECK(
      shown[1]
      == json::parse(R"({"url":"***","format":"slack","events":["failed"]})"));
}

TEST_CASE("a secret of another kind, or one that was stored, is taken") {
  CHECK(with(R"([{"url":"https://a","secret":"no base64"}])"));
  // A version before stored what is refused today.
  auto sync = with(R"([{"url":"https://a","secret":"x"}])");
  sync->notifications[0].secret = "whsec_no base64";
  const auto kept =
      read_parts(write_open_part(*sync), write_secret_part(*sync), "s");
  REQUIRE(kept);
  CHECK(kept->notifications[0].secret == "whsec_no base64");
}

TEST_CASE("a wrong webhook is refused with its fault") {
  struct row {
    std::string sent;
    const char* part;
  };

  const row rows[] = {
      {"{}", "notifications must be a list"},
      {"[3]", "notifications[0] must be an object"},
      {"[{}]", "notifications[0].url is missing"},
      {R"([{"url":"ftp://a"}])", "must be a URL of http or https"},
      {R"([{"url":"https://"}])", "must be a URL of http or https"},
      {R"([{"url":"https://me:pw@a/"}])", "without a login"},
      {R"([{"url":"https://a\\@b/"}])", "must be a URL"},
      {R"([{"url":"https://a/\n"}])", "must be a URL"},
      {R"([{"url":"https://a","secret":"whsec_"}])",
       "notifications[0].secret begins with whsec_"},
      {R"([{"url":"https://a"},{"url":"https://a","secret":"whsec_aGVsbG8"}])",
       "notifications[1].secret begins with whsec_"},
      {R"([{"url":"https://a","secret":"whsec_no base64"}])",
       "base64 must follow"},
      {R"([{"url":"https://a","format":"teams"}])", "json or slack"},
      {R"([{"url":"https://a","events":["test"]}])", "must hold only failed"},
      {R"([{"url":"https://a","event":[]}])", "did you mean \"events\"?"},
      {"[" +
           [] {
             std::string many;
             for (int i = 0; i < 6; ++i)
               many +=
                   std::string{i == 0 ? "" : ","} + R"({"url":"https://a"})";
             return many;
           }()
           + "]",
       "are more than 5"},
  };
  for (const auto& one : rows) {
    INFO(one.sent);
    const auto read = with(one.sent);
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().what, ContainsSubstring(one.part));
  }
}

TEST_CASE(
    "a hidden webhook keeps its stored secrets, and gives them to no other") {
  const auto stored = with(both)->notifications;
  // As it was shown.
  auto sent =
      with(
          R"([{"url":"***","secret":"***"},{"url":"***","format":"slack","events":["failed"]}])")
          ->notifications;
  REQUIRE(restore_channels(sent, stored));
  CHECK(sent[0].url == "https://hooks.example/x");
  CHECK(sent[0].secret == "whsec_aGVsbG8=");
  CHECK(sent[1].url == "https://chat.example/y");
  // Elsewhere the secret is not taken.
  for (
      const auto* other :
      {R"([{"url":"https://evil.example/","secret":"***"}])",
       R"([{"url":"***","events":["paused"]}])",
       R"([{"url":"***"},{"url":"***"}])",
       R"([{"url":"***"},{"url":"***","format":"slack","events":["failed"],"secret":"***"}])"}) {
    INFO(other);
    sent = with(other)->notifications;
    const auto done = restore_channels(sent, stored);
    REQUIRE_FALSE(done);
    CHECK_THAT(done.error().what, ContainsSubstring("***"));
  }
}
