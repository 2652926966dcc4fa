#include "runtime/task/delayed_task.hpp"

#include "runtime/kubernetes/pod_runner.hpp"
#include "runtime/process/delayed_folder.hpp"
#include "runtime/task/packed_documents.hpp"
#include "support/scratch_folder.hpp"
#include "support/scripted_pod_api.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

delayed_task some_delayed(const std::string& name) {
  delayed_task out;
  out.name = name;
  out.start_at = wall_time{std::chrono::seconds{1'700'000'000}};
  auto& task = out.task;
  task.command = "read";
  task.package = "airbyte/source-x";
  task.version = "1";
  task.sync_id = "sync";
  task.task_id = "task";
  task.started_at = wall_time{std::chrono::seconds{1'600'000'000}};
  task.started_by = R"({"trigger":"scheduled"})";
  task.table_name_prefix = "p_";
  task.deduplicate = false;
  task.add_meta = row_meta::jitsu;
  task.config = R"({"password":"hush"})";
  task.catalog = R"({"streams":[]})";
  task.destination_config = "{}";
  return out;
}

void check_same(const task_request& a, const task_request& b) {
  CHECK(to_values(a) == to_values(b));
  CHECK(a.config == b.config);
  CHECK(a.state == b.state);
  CHECK(a.destination_config == b.destination_config);
  CHECK(a.started_at == b.started_at);
  CHECK(a.deduplicate == b.deduplicate);
}

/// Keeps two, reads one, drops it.
void try_keeping(task_runner& runner) {
  REQUIRE(runner.put_aside(some_delayed("a")));
  auto again = runner.put_aside(some_delayed("a"));
  REQUIRE_FALSE(again);
  CHECK(again.error().code == ec::already_exists);
  REQUIRE(runner.put_aside(some_delayed("b")));
  auto all = runner.list_aside();
  REQUIRE(all);
  REQUIRE(all->size() == 2);
  for (const auto& one : *all) {
    CHECK((one.name == "a" || one.name == "b"));
    CHECK(one.start_at == some_delayed("a").start_at);
    CHECK(one.task.sync_id == "sync");
    CHECK(one.task.task_id == "task");
    CHECK(one.task.config.empty());
  }
  auto read = runner.read_aside("a");
  REQUIRE(read);
  check_same(*read, some_delayed("a").task);
  REQUIRE(runner.drop_aside("a"));
  CHECK_FALSE(*runner.drop_aside("a"));
  CHECK(runner.read_aside("a").error().code == ec::not_found);
  CHECK(runner.list_aside()->size() == 1);
}

} // namespace

TEST_CASE("a scheduled start is stored in a Secret of its own") {
  auto api = std::make_shared<scripted_pod_api>();
  controller_settings settings;
  settings.pods.labels["team"] = "x";
  pod_runner runner{api, settings};
  try_keeping(runner);
  REQUIRE(api->secrets.size() == 1);
  auto secret = nlohmann::json::parse(api->secrets.begin()->second.text);
  CHECK(secret["metadata"]["labels"]["team"] == "x");
  // By that label all others are found.
  CHECK_FALSE(secret["metadata"]["labels"].contains("jitsu.com/creator"));
  CHECK(secret["metadata"].dump().find("hush") == std::string::npos);
  // However old it is, a sweep does not touch it.
  CHECK(*runner.sweep() == 0);
  CHECK(api->secrets.size() == 1);
}

TEST_CASE("a scheduled start is stored in a file for its owner alone") {
  scratch_folder scratch;
  controller_settings settings;
  settings.runtime = controller_runtime::process;
  auto path = scratch.path("delayed");
  const delayed_folder folder{path};
  CHECK(folder.list()->empty());
  CHECK(folder.read("a").error().code == ec::not_found);
  REQUIRE(folder.put(some_delayed("a")));
  CHECK(folder.put(some_delayed("a")).error().code == ec::already_exists);
  for (const auto* suffix : {".json", ".task"}) {
    struct stat about = {};
    REQUIRE(::stat((path + "/a" + suffix).c_str(), &about) == 0);
    CHECK((about.st_mode & 0777) == 0600);
  }
  auto all = folder.list();
  REQUIRE(all->size() == 1);
  CHECK(all->front().task.config.empty());
  check_same(*folder.read("a"), some_delayed("a").task);
  CHECK(*folder.drop("a"));
  CHECK_FALSE(*folder.drop("a"));
  CHECK(folder.list()->empty());
}

TEST_CASE("addMeta is stored with a scheduled start") {
  for (const auto which :
       {row_meta::none, row_meta::jitsu, row_meta::airbyte}) {
    auto task = some_delayed("a").task;
    task.add_meta = which;
    const auto read = from_values(to_values(task));
    REQUIRE(read);
    CHECK(read->add_meta == which);
  }

  struct given {
    nlohmann::json value;
    std::optional<row_meta> meant;
  };

  // An older syncctl wrote a boolean; anything else was not put aside by us.
  for (const auto& [value, meant] :
       {given{true, row_meta::jitsu}, given{false, row_meta::none},
        given{"airbyte", row_meta::airbyte}, given{"Airbyte", std::nullopt},
        given{"true", std::nullopt}, given{1, std::nullopt},
        given{nullptr, std::nullopt}}) {
    INFO(value.dump());
    auto values = to_values(some_delayed("a").task);
    auto request = nlohmann::json::parse(values.at("request"));
    request["addMeta"] = value;
    values["request"] = request.dump();
    const auto read = from_values(values);
    CHECK(static_cast<bool>(read) == meant.has_value());
    if (read)
      CHECK(read->add_meta == meant);
  }
}

TEST_CASE("no secret remains of a half-written file") {
  scratch_folder scratch;
  auto path = scratch.path("delayed");
  const delayed_folder folder{path};
  folder.clean();
  REQUIRE(folder.put(some_delayed("a")));
  for (const auto* name : {"/b.task", "/.b.task.x1y2z3", "/.b.json.x1y2z3"})
    std::ofstream{path + name} << "hush";
  folder.clean();
  std::set<std::string> left;
  for (const auto& one : std::filesystem::directory_iterator{path})
    left.insert(one.path().filename().string());
  CHECK(left == std::set<std::string>{"a.json", "a.task"});
  check_same(*folder.read("a"), some_delayed("a").task);
}

TEST_CASE("a link in place of the folder of scheduled starts is not followed") {
  scratch_folder scratch;
  auto path = scratch.path("delayed");
  const delayed_folder folder{path};
  namespace fs = std::filesystem;
  fs::create_directory(scratch.path("victim"));
  scratch.write("victim/keep", "x");
  scratch.write("victim/a.json", "{}");
  scratch.write("victim/a.task", "{}");
  fs::create_symlink(scratch.path("victim"), path);
  folder.clean();
  CHECK_FALSE(folder.put(some_delayed("b")));
  CHECK_FALSE(folder.list());
  CHECK_FALSE(folder.read("a"));
  CHECK_FALSE(folder.drop("a"));
  std::set<std::string> left;
  for (const auto& one : fs::directory_iterator{scratch.path("victim")})
    left.insert(one.path().filename().string());
  CHECK(left == std::set<std::string>{"a.json", "a.task", "keep"});
}

TEST_CASE("documents that are too large are stored packed") {
  auto large = some_delayed("a");
  large.task.continues = true;
  for (int i = 0; i < 60'000; ++i)
    large.task.state += "part-" + std::to_string(i) + ".csv ";
  REQUIRE(large.task.state.size() > 800'000);
  large.task.catalog = std::string(400'000, 'x');
  auto secret = nlohmann::json::parse(make_delayed_secret(large, {}));
  CHECK(secret["data"].size() == 4);
  CHECK(secret["data"].dump().size() < 1 << 20);
  // As the API gives them back.
  std::map<std::string, std::string> values = {
      {"request", secret["stringData"]["request"]},
      {"state.zst", pack_document(large.task.state)},
      {"catalog.zst", pack_document(large.task.catalog)},
      {"config.zst", pack_document(large.task.config)},
      {"destinationConfig.zst", pack_document("{}")}};
  auto back = from_values(values);
  REQUIRE(back);
  check_same(*back, large.task);
  CHECK(back->continues);
  values["state.zst"] = "no such thing";
  CHECK(from_values(values).error().code == ec::invalid_argument);
}

TEST_CASE("a scheduled start that an older syncctl stored can be read") {
  auto values = to_values(some_delayed("a").task);
  auto request = nlohmann::json::parse(values["request"]);
  request.erase("continue");
  values["request"] = request.dump();
  auto back = from_values(values);
  REQUIRE(back);
  CHECK_FALSE(back->continues);
  check_same(*back, some_delayed("a").task);
}

TEST_CASE("unreadable parts of a scheduled start are refused") {
  CHECK(from_values({}).error().code == ec::invalid_argument);
  CHECK(from_values({{"request", "[]"}}).error().code == ec::invalid_argument);
  CHECK(from_values({{"request", R"({"command":1})"}}).error().code
        == ec::invalid_argument);
  CHECK_FALSE(from_marks("a", {}));
  CHECK_FALSE(from_marks("a", {{"TaskType", "read"}}));
  CHECK_FALSE(from_marks("a", {{"TaskType", "read"}, {"StartAt", "soon"}}));
}
