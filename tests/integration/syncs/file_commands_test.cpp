// Syncs that are put and written from a shell, over a real API.

#include "config/controller_settings.hpp"
#include "config/sync_settings.hpp"
#include "controller/api/api.hpp"
#include "controller/sync_files/file_commands.hpp"
#include "controller/sync_files/sync_folder.hpp"
#include "controller/syncs/kept_syncs.hpp"
#include "support/control_api_world.hpp"
#include "support/scratch_folder.hpp"
#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <set>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

/// A syncctl with the token `token`.
struct served_syncs {
  served_syncs()
      : syncs{store, world.keys, world.tasks, webhooks,
              [] {
              }},
        api{service,          &syncs, nullptr, *auth_tokens::read("token", {}),
            exposure::tokens, 1ms} {
    get(world.tasks.tell_spec("p", "1"));
    http_server_settings settings;
    settings.host = "127.0.0.1";
    auto started = http_server::start(settings, api.handlers());
    REQUIRE(started);
    server = std::move(*started);
  }

  api_place place(const std::string& token = "token") const {
    return {"http://127.0.0.1:" + std::to_string(server->port()), token};
  }

  sync_world world{sqlite_world()};
  sync_store store{world.at.world->url(), {}};
  webhook_sender webhooks{webhook_reach{}};
  kept_syncs syncs;
  fake_control_service service;
  controller_api api;
  std::unique_ptr<http_server> server;
};

document_values with_key(const std::string& key) {
  return {[key](const std::string&) { return std::optional{key}; },
          [](const std::string& path) -> result<std::string> {
            return failure{ec::not_found, path};
          }};
}

const std::string good =
    "source: {package: p, version: '1', config: {api_key: \"${KEY}\"}}\n";

} // namespace

TEST_CASE("files are applied, and exported without their secrets") {
  served_syncs at;
  const scratch_folder from;
  const scratch_folder to;
  from.write("crm.yaml", good + "labels: {odd: \"a $${b} ${KEY}\"}\n");
  from.write("x:y.yaml", good);
  auto done = apply_files(from.path().string(), with_key("hunter2-hunter2"),
                          at.place());
  CHECK(done.faults.empty());
  CHECK(done.done.size() == 2);
  CHECK(get(at.world.records.find("x:y")));
  done = export_files(to.path().string(), at.place());
  CHECK(done.faults.empty());
  REQUIRE(done.done.size() == 2);
  CHECK_THAT(done.done[0],
             ContainsSubstring("needs CRM_SOURCE_CONFIG_API_KEY"));
  const auto files =
      get(read_sync_folder(to.path().string(), with_key("other-other")));
  REQUIRE(files.size() == 2);
  CHECK(files[0].fault.empty());
  const auto document = json::parse(files[0].document);
  CHECK(document["source"]["config"]["api_key"] == "other-other");
  CHECK(document["labels"]["odd"] == "a ${b} hunter2-hunter2");
  // What is there is not replaced.
  done = export_files(to.path().string(), at.place());
  CHECK(done.done.empty());
  REQUIRE(done.faults.size() == 2);
  CHECK_THAT(done.faults[0], ContainsSubstring("is there already"));
  // It can be applied as it is.
  CHECK(apply_files(to.path().string(), with_key("third-third"), at.place())
            .faults.empty());
  CHECK_THAT(
      get(open_sync(*get(at.world.records.find("crm")), at.world.keys)).config,
      ContainsSubstring("third-third"));
}

TEST_CASE("an export makes its folder, and a variable for each secret") {
  served_syncs at;
  const scratch_folder from;
  const scratch_folder to;
  for (const auto* name : {"a-1.yaml", "a_1.yaml", "A-1.yaml"})
    from.write(name, good);
  CHECK(
      apply_files(from.path().string(), with_key("hunter2-hunter2"), at.place())
          .faults.empty());
  const auto folder = to.path("made/here");
  const auto done = export_files(folder, at.place());
  CHECK(done.faults.empty());
  REQUIRE(done.done.size() == 3);
  CHECK(done.done[0].ends_with("needs A_1_SOURCE_CONFIG_API_KEY"));
  CHECK(done.done[1].ends_with("needs A_1_SOURCE_CONFIG_API_KEY_2"));
  CHECK(done.done[2].ends_with("needs A_1_SOURCE_CONFIG_API_KEY_3"));
  // What cannot be a folder is said once.
  const auto refused =
      export_files(to.write("file", "x") + "/below", at.place());
  REQUIRE(refused.faults.size() == 1);
  CHECK_THAT(refused.faults[0], ContainsSubstring("cannot be made"));
}

TEST_CASE("no file is applied if one is wrong") {
  served_syncs at;
  const scratch_folder from;
  from.write("a.yaml", good);
  from.write("b.yaml", "source: {}\n");
  const auto checked = validate_files(from.path().string(), with_key("x"));
  CHECK(checked.done.size() == 1);
  CHECK(checked.faults.size() == 1);
  const auto done =
      apply_files(from.path().string(), with_key("x"), at.place());
  CHECK(done.faults.size() == 1);
  CHECK_FALSE(get(at.world.records.find("a")));
  CHECK(validate_files(from.path("none"), with_key("x")).faults.size() == 1);
}

TEST_CASE("files are checked for what no start would take") {
  served_syncs at;
  const scratch_folder from;
  from.write("a.yaml", good);
  from.write("b.yaml", good);
  const auto check = [](const sync_definition& sync) -> result<void> {
    CHECK(sync.package == "p");
    return failure{ec::invalid_argument, "source.package is wrong"};
  };
  const auto checked =
      validate_files(from.path().string(), with_key("x"), check);
  CHECK(checked.done.empty());
  REQUIRE(checked.faults.size() == 2);
  CHECK(checked.faults[0] == "a.yaml: source.package is wrong");
  CHECK(apply_files(from.path().string(), with_key("x"), at.place(), check)
            .faults.size()
        == 2);
  CHECK_FALSE(get(at.world.records.find("a")));
}

TEST_CASE("no file of syncctl itself is put into a definition") {
  const scratch_folder at;
  const auto values = values_of_process();
  const auto fine = at.write("key", "hunter2");
  CHECK(get(values.file(fine)) == "hunter2");
  const auto link = at.path("link");
  std::filesystem::create_symlink("/proc/self/environ", link);
  for (const auto& path :
       {std::string{"/proc/self/environ"}, link, at.path("x/../link"),
        std::string{"/sys/kernel/mm/transparent_hugepage/enabled"},
        at.write("encryption.key", "k"), at.write("syncctl.env", "k")}) {
    INFO(path);
    const auto read = values.file(path);
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().what,
               ContainsSubstring(path) && !ContainsSubstring("hunter2"));
  }
  CHECK_FALSE(values.file(at.path("none")));
}

TEST_CASE("no setting of syncctl is put into a definition") {
  std::set<std::string> asked;
  const motorcade::environment recorder = [&](std::string_view name) {
    asked.emplace(name);
    return std::optional<std::string>{};
  };
  // What is missing or wrong is of no interest.
  static_cast<void>(read_controller_settings(recorder));
  static_cast<void>(read_sync_settings(recorder));
  asked.insert({"DATABASE_URL", "PGPASSWORD"});
  CHECK(asked.contains("SYNCCTL_ENCRYPTION_KEYS"));
  CHECK(asked.contains("REPOSITORY_AUTH_TOKEN"));
  // They are set by others, and hold no secrets.
  asked.erase("HOME");
  asked.erase("KUBERNETES_SERVICE_HOST");
  const auto values = values_of_process();
  const auto value_of = [&](const std::string& name) {
    const auto* before = std::getenv(name.c_str());
    const auto kept =
        before == nullptr ? std::nullopt : std::optional<std::string>{before};
    ::setenv(name.c_str(), "hunter2", 1);
    auto out = values.variable(name);
    if (kept)
      ::setenv(name.c_str(), kept->c_str(), 1);
    else
      ::unsetenv(name.c_str());
    return out;
  };
  for (const auto& name : asked) {
    INFO(name);
    CHECK_FALSE(value_of(name));
  }
  CHECK(value_of("MOTORCADE_TEST_PASSWORD") == "hunter2");
}

TEST_CASE("an error of the API is printed, and no token") {
  served_syncs at;
  const scratch_folder from;
  from.write("a.yaml", good);
  auto done = apply_files(from.path().string(), with_key("x"),
                          at.place("hunter2-token"));
  REQUIRE(done.faults.size() == 1);
  CHECK_THAT(done.faults[0], ContainsSubstring("401"));
  CHECK_THAT(done.faults[0], !ContainsSubstring("hunter2"));
  auto gone = at.place();
  at.server->stop();
  at.server.reset();
  done = apply_files(from.path().string(), with_key("x"), gone);
  REQUIRE(done.faults.size() == 1);
  CHECK_THAT(done.faults[0], ContainsSubstring("127.0.0.1"));
  CHECK(export_files(from.path().string(), gone).faults.size() == 1);
}

TEST_CASE("a sync whose secrets are not known is not exported") {
  served_syncs at;
  const scratch_folder from;
  const scratch_folder to;
  from.write(
      "crm.yaml",
      "source: {package: p, version: '2', config: {word: \"${KEY}\"}}\n");
  auto done = apply_files(from.path().string(), with_key("hunter2-hunter2"),
                          at.place());
  CHECK(done.faults.empty());
  done = export_files(to.path().string(), at.place());
  CHECK(done.done.empty());
  REQUIRE(done.faults.size() == 1);
  CHECK_THAT(done.faults[0],
             ContainsSubstring("crm: not written")
                 && ContainsSubstring("the specification of p:2")
                 && ContainsSubstring("GET /spec"));
  CHECK(std::filesystem::is_empty(to.path()));
  get(at.world.tasks.tell_spec("p", "2"));
  done = export_files(to.path().string(), at.place());
  CHECK(done.faults.empty());
  CHECK(done.done.size() == 1);
}
