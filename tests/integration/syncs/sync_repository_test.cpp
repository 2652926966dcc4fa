// Syncs that a server defines: from its answers to rows in a real database.

#include "controller/sync_files/file_keeper.hpp"
#include "controller/sync_files/sync_repository.hpp"
#include "runtime/http/server/http_server.hpp"
#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string definition(const std::string& key) {
  return R"("source":{"package":"p","version":"1","config":{"api_key":")" + key
         + R"("}})";
}

/// A server that answers what a test says to GET /base/syncs.
class repository {
public:
  repository() {
    http_handlers handlers;
    handlers.admit = [](const http_request&) {
      return std::optional<http_reply>{};
    };
    handlers.answer = [this](const http_request& request) {
      return answer(request);
    };
    http_server_settings settings;
    settings.host = "127.0.0.1";
    auto started = http_server::start(std::move(settings), std::move(handlers));
    REQUIRE(started);
    server_ = std::move(*started);
  }

  std::string url() const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + "/base";
  }

  void say(int status, std::string body, std::string modified = {}) {
    const std::lock_guard lock{mutex_};
    status_ = status;
    body_ = std::move(body);
    modified_ = std::move(modified);
  }

  /// @returns the headers of the last question, names in lower case.
  std::map<std::string, std::string> last() {
    const std::lock_guard lock{mutex_};
    return asked_.empty() ? std::map<std::string, std::string>{}
                          : asked_.back();
  }

private:
  http_reply answer(const http_request& request) {
    const std::lock_guard lock{mutex_};
    if (request.segments != std::vector<std::string>{"base", "syncs"})
      return http_error(404, "there is nothing else here");
    auto& headers = asked_.emplace_back();
    for (const auto& [name, value] : request.headers)
      headers[name] = value;
    http_reply out;
    out.status = status_;
    out.body = body_;
    if (!modified_.empty()) {
      out.headers.emplace_back("Last-Modified", modified_);
      if (headers["if-modified-since"] == modified_) {
        out.status = 304;
        out.body.clear();
      }
    }
    return out;
  }

  std::mutex mutex_;
  int status_ = 200;
  std::string body_ = "[]";
  std::string modified_;
  std::vector<std::map<std::string, std::string>> asked_;
  std::unique_ptr<http_server> server_;
};

} // namespace

TEST_CASE("an answer of a repository is read as definitions") {
  struct row {
    std::string body;
    /// Ids, and faults behind a colon.
    std::string read;
  };

  const auto good = R"({"id":"a",)" + definition("k") + "}";
  const row rows[] = {
      {"[]", ""},
      {R"({"syncs":[]})", ""},
      {"[" + good + "]", "a"},
      {R"({"syncs":[)" + good + R"(],"next":null})", "a"},
      {"[" + good + "," + good + "]", "a, a: it has the id of sync number 1"},
      {"[7]", ": it must be an object"},
      {"[{}]", ": its id is missing, or no text"},
      {R"([{"id":7}])", ": its id is missing, or no text"},
      {R"([{"id":""}])", ": its id is empty"},
      {R"([{"id":"a/b"}])",
       "a/b: its id must have only letters and digits of ASCII, _, ., : and -"},
      {R"([{"id":".."}])", "..: its id must not be . or .."},
  };
  for (const auto& one : rows) {
    INFO(one.body);
    const auto read = read_sync_list(one.body);
    REQUIRE(read);
    std::string said;
    for (const auto& sync : *read) {
      said += (said.empty() ? "" : ", ") + sync.sync_id;
      if (!sync.fault.empty())
        said += ": " + sync.fault;
      CHECK(sync.sync.has_value() == sync.fault.empty());
    }
    CHECK(said == one.read);
  }
  // What is wrong within a definition names its place.
  const auto wrong = read_sync_list(R"([{"id":"a","schedule":7}])");
  REQUIRE(wrong);
  CHECK_FALSE(wrong->front().fault.empty());
}

TEST_CASE("an answer that is no list of syncs is refused as a whole") {
  for (const auto* body : {"", "no", "7", "null", "{}", R"({"syncs":{}})",
                           R"({"syncs":null})", "[1"}) {
    INFO(body);
    const auto read = read_sync_list(body);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ec::invalid_argument);
    CHECK_THAT(read.error().what, ContainsSubstring("GET /syncs"));
  }
}

TEST_CASE("values of this machine are put into nothing that a server says") {
  const auto read =
      read_sync_list(R"([{"id":"a",)" + definition("${HOME}") + "}]");
  REQUIRE(read);
  REQUIRE(read->front().sync);
  CHECK_THAT(read->front().sync->config, ContainsSubstring("${HOME}"));
}

TEST_CASE("syncs follow a repository while their keeper lives") {
  sync_world world{sqlite_world()};
  repository server;
  const std::string first = "Sat, 28 Nov 2026 10:00:00 GMT";
  server.say(200, R"([{"id":"crm",)" + definition("first") + "}]", first);
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<file_fault> known;
  size_t looks = 0;
  file_keeper keeper{std::make_unique<sync_repository>(
                         repository_access{server.url(), "the-token", 1ms}),
                     world.at.world->url(),
                     world.keys,
                     {},
                     leadership::without_rival(),
                     [&](std::vector<file_fault> faults) {
                       const std::lock_guard lock{mutex};
                       known = std::move(faults);
                       ++looks;
                       changed.notify_all();
                     }};
  // A look that began after now.
  const auto look = [&] {
    std::unique_lock lock{mutex};
    const auto wanted = looks + 2;
    return changed.wait_for(lock, 100s, [&] { return looks >= wanted; });
  };
  const auto config = [&](const std::string& id) {
    return get(open_sync(*get(world.records.find(id)), world.keys)).config;
  };
  const auto paused = [&](const std::string& id) {
    return get(world.records.find(id))->paused;
  };
  const auto faults = [&] {
    const std::lock_guard lock{mutex};
    return known;
  };
  REQUIRE(look());
  CHECK_THAT(config("crm"), ContainsSubstring("first"));
  CHECK(server.last()["authorization"] == "Bearer the-token");
  CHECK(server.last()["if-modified-since"] == first);

  // What cannot be understood changes nothing.
  for (const auto& [status, body] : std::vector<std::pair<int, std::string>>{
           {500, "[]"}, {404, "[]"}, {302, "[]"}, {200, "no"}, {200, "{}"}}) {
    server.say(status, body);
    REQUIRE(look());
    CHECK(paused("crm").empty());
    CHECK(faults().size() == 1);
  }

  server.say(200, R"([{"id":"crm",)" + definition("second")
                      + R"(},{"id":"bad","odd":1}])");
  REQUIRE(look());
  CHECK_THAT(config("crm"), ContainsSubstring("second"));
  REQUIRE(faults().size() == 1);
  CHECK_THAT(faults()[0].file, ContainsSubstring("bad"));
  CHECK(world.log.has("REPOSITORY_BASE_URL"));
  CHECK_FALSE(world.log.has("the-token"));

  server.say(200, "[]");
  REQUIRE(look());
  CHECK(paused("crm") == file_is_gone);
}
