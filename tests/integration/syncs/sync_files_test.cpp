// Syncs that files define: from YAML on a real disk to rows in a real database.

#include "controller/sync_files/file_keeper.hpp"
#include "controller/sync_files/file_reconciler.hpp"
#include "controller/sync_files/folder_source.hpp"
#include "controller/syncs/kept_syncs.hpp"
#include "support/scratch_folder.hpp"
#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

document_values made_up() {
  return {[](const std::string& name) -> std::optional<std::string> {
            return name == "KEY" ? std::optional<std::string>{"hunter2: #1\n"}
                                 : std::nullopt;
          },
          [](const std::string& path) -> result<std::string> {
            if (path != "/run/key")
              return failure{ec::not_found, path + " is not there"};
            return std::string{"from a file\n"};
          }};
}

/// Files, and the syncs that they define.
struct files_world {
  explicit files_world(world_ptr empty) : world{std::move(empty)} {}

  void write(const std::string& name, const std::string& key,
             const std::string& more = {}) const {
    std::ofstream{folder.path(name)}
        << "source: {package: p, version: '1', config: {api_key: \"" << key
        << "\"}}\n"
        << more;
  }

  void remove(const std::string& name) const {
    std::filesystem::remove(folder.path(name));
  }

  std::vector<file_fault> apply() {
    const auto files = get(read_sync_folder(folder.path().string(), made_up()));
    return get(reconcile_files(world.rows, world.keys, {}, files, utc_now()));
  }

  stored_sync row(const std::string& id) {
    return *get(world.records.find(id));
  }

  /// Changes the config as its connector may.
  void renew(const std::string& id) {
    const auto before = row(id);
    auto sync = get(open_sync(before, world.keys));
    sync.config = R"({"api_key":"renewed"})";
    if (!get(world.records.change_secrets(
            id, before.secrets, seal_secrets(sync, id, world.keys), "")))
      throw std::runtime_error{"the sync was changed"};
  }

  std::string config(const std::string& id) {
    return get(open_sync(row(id), world.keys)).config;
  }

  scratch_folder folder;
  sync_world world;
};

} // namespace

TEST_CASE("YAML is read as JSON, and values are put in") {
  struct row {
    const char* yaml;
    const char* json;
  };

  const row rows[] = {
      {"a: 1\nb: [true, null, 1.5, x]\nc: '1'\n",
       R"({"a":1,"b":[true,null,1.5,"x"],"c":"1"})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"c"}})"},
      {"a: ~\nb:\n", R"({"a":null,"b":null})"},
      {"a: ${KEY}", R"({"a":"hunter2: #1\n"})"},
      {"a: pre-${KEY}-post", R"({"a":"pre-hunter2: #1\n-post"})"},
      {"a: \"${file:/run/key}\"", R"({"a":"from a file"})"},
      {"a: $${KEY}", R"({"a":"${KEY}"})"},
      {"a: $5", R"({"a":"$5"})"},
      {"a: '.inf'\nb: \".nan\"\nc: inf\nd: '1e999'\ne: .info",
       R"({"a":".inf","b":".nan","c":"inf","d":"1e999","e":".info"})"},
      {"x: &x {b: 1}\na: *x", R"({"x":{"b":1},"a":{"b":1}})"},
  };
  for (const auto& one : rows) {
    INFO(one.yaml);
    const auto read = read_sync_document(one.yaml, made_up());
    REQUIRE(read);
    CHECK(json::parse(*read) == json::parse(one.json));
  }
}

TEST_CASE("the fault of a document is reported with its line") {
  struct row {
    const char* yaml;
    const char* part;
  };

  const row rows[] = {
      {"a: [1\nb", "line "},
      {"- a", "must hold one mapping"},
      {"", "must hold one mapping"},
      {"a: 1\na: 2", "line 2: the member \"a\" is there twice"},
      {"a:\n  b: ${NONE}", "line 2: a.b: the variable \"NONE\" is not set"},
      {"a: ${file:/none}", "/none is not there"},
      {"a: ${KEY", "a ${ has no }"},
      {"a: 1\nb: 18446744073709551616",
       "line 2: b: the value is a whole number"},
      {"a:\n- 1\n- c: 0.12345678901234567890",
       "line 3: a[1].c: the value has more digits"},
      {"a: 1e999", "line 1: a: the value is a number beyond"},
      {"a: {b: -1E+400}", "a.b: the value is a number beyond"},
      {"a: [.inf]", "line 1: a[0]: the value is infinite or no number"},
      {"a: -.INF", "a: the value is infinite"},
      {"a: +.Inf", "a: the value is infinite"},
      {"a: .NaN", "a: the value is infinite"},
      {"a: {a: 1, a: 2}", "line 1: a: the member \"a\" is there twice"},
      {"a: 1\n---\na: 2\n", "2 documents"},
      {"a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
       "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"
       "d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
       "e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e]\n",
       "too large"},
  };
  for (const auto& one : rows) {
    INFO(one.yaml);
    const auto read = read_sync_document(one.yaml, made_up());
    REQUIRE_FALSE(read);
    CHECK_THAT(read.error().what, ContainsSubstring(one.part));
    CHECK_THAT(read.error().what, !ContainsSubstring("hunter2"));
  }
}

TEST_CASE("the files of a folder define syncs with their names") {
  files_world at{sqlite_world()};
  at.write("b.yml", "x");
  at.write("a.yaml", "x");
  at.write("a.json", "x");
  at.write("notes.txt", "x");
  at.write(".hidden.yaml", "x");
  at.write("c.yaml", "x", "scedule: null\n");
  std::filesystem::create_directory(at.folder.path("d.yaml"));
  const auto files =
      get(read_sync_folder(at.folder.path().string(), made_up()));
  std::map<std::string, std::string> found;
  for (const auto& one : files)
    found[one.name] = one.fault;
  CHECK(found.size() == 5);
  CHECK(found["a.json"].empty());
  CHECK_THAT(found["a.yaml"], ContainsSubstring("same name as \"a.json\""));
  CHECK(found["b.yml"].empty());
  CHECK_THAT(found["c.yaml"], ContainsSubstring("did you mean \"schedule\"?"));
  CHECK_FALSE(found["d.yaml"].empty());
  CHECK_FALSE(read_sync_folder(at.folder.path("none"), made_up()));
}

TEST_CASE("syncs are made, changed and paused as their files say") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  files_world at{make()};
  at.write("crm.yaml", "${KEY}", "schedule: {everySeconds: 60}\n");
  CHECK(at.apply().empty());
  CHECK_THAT(at.config("crm"), ContainsSubstring("hunter2"));
  CHECK(at.row("crm").next_run_at);
  const auto first = at.row("crm").version;
  // Nothing has changed.
  CHECK(at.apply().empty());
  CHECK(at.row("crm").version == first);
  at.write("crm.yaml", "other");
  CHECK(at.apply().empty());
  CHECK(at.row("crm").version != first);
  CHECK_THAT(at.config("crm"), ContainsSubstring("other"));
  // A file that is wrong changes nothing.
  at.write("crm.yaml", "${NONE}");
  const auto faults = at.apply();
  REQUIRE(faults.size() == 1);
  CHECK(faults[0].file == "crm.yaml");
  CHECK_THAT(faults[0].error, ContainsSubstring("NONE"));
  CHECK_THAT(at.config("crm"), ContainsSubstring("other"));
  CHECK(at.row("crm").paused.empty());
  // One that is gone pauses, until it is there again.
  at.remove("crm.yaml");
  CHECK(at.apply().empty());
  CHECK(at.row("crm").paused == file_is_gone);
  at.write("crm.yaml", "other");
  CHECK(at.apply().empty());
  CHECK(at.row("crm").paused.empty());
  // A pause by hand stays.
  CHECK(get(at.world.records.pause("crm", "by hand")));
  at.write("crm.yaml", "third");
  CHECK(at.apply().empty());
  CHECK(at.row("crm").paused == "by hand");
}

TEST_CASE("a config that its connector has renewed outlives the same file") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  files_world at{make()};
  at.write("crm.yaml", "first");
  CHECK(at.apply().empty());
  at.renew("crm");
  CHECK(at.apply().empty());
  CHECK_THAT(at.config("crm"), ContainsSubstring("renewed"));
  at.write("crm.yaml", "second");
  CHECK(at.apply().empty());
  CHECK_THAT(at.config("crm"), ContainsSubstring("second"));
}

TEST_CASE("a config that was renewed outlives a file that was away") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  files_world at{make()};
  at.write("crm.yaml", "first");
  CHECK(at.apply().empty());
  at.renew("crm");
  at.remove("crm.yaml");
  for (int i = 0; i < 2; ++i)
    CHECK(at.apply().empty());
  CHECK(at.row("crm").paused == file_is_gone);
  at.write("crm.yaml", "first");
  CHECK(at.apply().empty());
  CHECK(at.row("crm").paused.empty());
  CHECK_THAT(at.config("crm"), ContainsSubstring("renewed"));
  const auto version = at.row("crm").version;
  CHECK(at.apply().empty());
  CHECK(at.row("crm").version == version);
  CHECK_FALSE(get(at.world.rows.files.all()).at(0).gone);
  // A process that ended between pausing the sync and noting why.
  CHECK(get(at.world.records.pause("crm", std::string{file_is_gone})));
  CHECK(at.apply().empty());
  CHECK(at.row("crm").paused.empty());
  CHECK_THAT(at.config("crm"), ContainsSubstring("renewed"));
  // Another file is applied, whether it was away or not.
  at.remove("crm.yaml");
  CHECK(at.apply().empty());
  at.write("crm.yaml", "second");
  CHECK(at.apply().empty());
  CHECK(at.row("crm").paused.empty());
  CHECK_THAT(at.config("crm"), ContainsSubstring("second"));
}

TEST_CASE("a file that an earlier version noted as gone is applied anew") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  files_world at{make()};
  at.write("crm.yaml", "first");
  CHECK(at.apply().empty());
  at.renew("crm");
  get(at.world.rows.files.put({"crm", {}, true}));
  CHECK(get(at.world.rows.files.standing("crm")) == file_standing::gone);
  CHECK(at.apply().empty());
  CHECK_THAT(at.config("crm"), ContainsSubstring("first"));
  CHECK(get(at.world.rows.files.standing("crm")) == file_standing::defines);
}

TEST_CASE(
    "a file does not change a sync of the API, nor the API that of a file") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  files_world at{make()};
  at.world.keep("crm");
  at.write("crm.yaml", "x");
  at.write("other.yaml", "x");
  const auto faults = at.apply();
  REQUIRE(faults.size() == 1);
  CHECK_THAT(faults[0].error, ContainsSubstring("no file defines"));
  CHECK_THAT(at.config("crm"), ContainsSubstring("hunter2"));
  sync_store store{at.world.at.world->url(), {}};
  const webhook_sender webhooks{webhook_reach{}};
  kept_syncs syncs{store, at.world.keys, at.world.tasks, webhooks, [] {
                   }};
  const std::string body =
      R"({"source":{"package":"p","version":"1","config":{}}})";
  for (const auto* id : {"crm", "other"}) {
    const auto by_file = std::string{id} == "other";
    CHECK(get(syncs.find(id)).managed_by == (by_file ? "files" : ""));
    const auto put = syncs.put(id, body, {});
    CHECK(static_cast<bool>(put) != by_file);
    if (!put)
      CHECK_THAT(put.error().what, ContainsSubstring("SYNCCTL_SYNCS_DIR"));
  }
  CHECK_FALSE(syncs.erase("other", {}));
  syncs.know_manager("repository");
  CHECK(get(syncs.find("other")).managed_by == "repository");
  CHECK(get(syncs.find("crm")).managed_by.empty());
  at.remove("other.yaml");
  CHECK(at.apply().size() == 1);
  CHECK(get(syncs.find("other")).file_gone);
  // It can be deleted, not changed; then the API may have its id.
  const auto put = syncs.put("other", body, {});
  REQUIRE_FALSE(put);
  CHECK_THAT(put.error().what, ContainsSubstring("gone; put it back there"));
  CHECK(syncs.erase("other", {}));
  CHECK(get(at.world.rows.files.all()).empty());
  CHECK(syncs.put("other", body, {}));
}

TEST_CASE("a pause by hand does not keep a sync whose file is gone") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  const auto before = GENERATE(true, false);
  files_world at{make()};
  sync_store store{at.world.at.world->url(), {}};
  const webhook_sender webhooks{webhook_reach{}};
  kept_syncs syncs{store, at.world.keys, at.world.tasks, webhooks, [] {
                   }};
  at.write("crm.yaml", "x");
  CHECK(at.apply().empty());
  CHECK_FALSE(get(syncs.find("crm")).file_gone);
  if (before)
    CHECK(syncs.pause("crm", "by hand"));
  at.remove("crm.yaml");
  CHECK(at.apply().empty());
  if (!before) {
    // Who resumes it and pauses it anew changes nothing of that.
    CHECK(syncs.resume("crm"));
    CHECK(syncs.pause("crm", "by hand"));
  }
  CHECK(at.row("crm").paused == "by hand");
  CHECK(get(syncs.find("crm")).file_gone);
  // Its file is there again: it belongs to that.
  at.write("crm.yaml", "x");
  CHECK(at.apply().empty());
  CHECK_FALSE(get(syncs.find("crm")).file_gone);
  CHECK_FALSE(syncs.erase("crm", {}));
  CHECK(at.row("crm").paused == "by hand");
  at.remove("crm.yaml");
  CHECK(at.apply().empty());
  CHECK(syncs.erase("crm", {}));
  CHECK(at.apply().empty());
  CHECK_FALSE(get(at.world.records.find("crm")));
}

TEST_CASE("a folder is followed while its keeper lives") {
  files_world at{sqlite_world()};
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<file_fault> known;
  int looks = 0;
  at.write("crm.yaml", "first");
  file_keeper keeper{std::make_unique<folder_source>(at.folder.path().string()),
                     at.world.at.world->url(),
                     at.world.keys,
                     {},
                     leadership::without_rival(),
                     [&](std::vector<file_fault> faults) {
                       const std::lock_guard lock{mutex};
                       known = std::move(faults);
                       ++looks;
                       changed.notify_all();
                     },
                     [](const sync_definition& sync) -> result<void> {
                       if (sync.config.find("unfit") != std::string::npos)
                         return failure{ec::invalid_argument, "no run could"};
                       return {};
                     }};
  const auto await = [&](const auto& condition) {
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, 100s, condition);
  };
  REQUIRE(await([&] { return looks > 0; }));
  CHECK_THAT(at.config("crm"), ContainsSubstring("first"));
  at.write("bad.yaml", "${NONE}");
  CHECK(await([&] { return known.size() == 1; }));
  CHECK(at.world.log.has("bad.yaml"));
  at.write("bad.yaml", "good");
  CHECK(await([&] { return known.empty(); }));
  CHECK_THAT(at.config("bad"), ContainsSubstring("good"));
  at.write("bad.yaml", "unfit");
  // The file may be seen before all of it is written.
  CHECK(await(
      [&] { return known.size() == 1 && known[0].error == "no run could"; }));
  CHECK_THAT(at.config("bad"), ContainsSubstring("good"));
}
