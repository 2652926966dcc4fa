// Connectors that turn against the folder that they run in. A connector has the
// user of syncctl: it may rename, replace and fill whatever is there.

#include "support/process_world.hpp"

#include <catch2/catch_all.hpp>

#include <poll.h>

using namespace motorcade;
using namespace motorcade::test;

namespace {

namespace fs = std::filesystem;

/// Waits for some minutes at most: a disk may take long to remove.
bool becomes_true(const std::function<bool()>& is_so) {
  auto until = std::chrono::steady_clock::now() + std::chrono::minutes{3};
  do {
    if (is_so())
      return true;
    ::poll(nullptr, 0, 10);
  } while (std::chrono::steady_clock::now() < until);
  return false;
}

/// A world with a folder that must stay as it is.
struct victim_world : process_world {
  victim_world() {
    for (const auto* name : {"", "/config", "/home", "/pipes"})
      fs::create_directories(victim + name);
    for (const auto* name :
         {"keep", "config/keep", "home/keep", "pipes/keep", "exit-code"})
      folder.write("victim/" + std::string{name}, "kept\n");
  }

  bool victim_is_whole() const {
    for (const auto* name :
         {"keep", "config/keep", "home/keep", "pipes/keep", "exit-code"})
      if (content_of(victim + "/" + name) != "kept\n")
        return false;
    size_t all = 0;
    for ([[maybe_unused]] const auto& one :
         fs::recursive_directory_iterator{victim})
      ++all;
    return all == 8;
  }

  bool is_empty(const std::string& name) const {
    return fs::is_empty(settings.data_dir + "/" + name);
  }

  std::string victim = folder.path("victim");
};

/// @returns whether a file with the config's secret is below a folder; also if
/// the folder changes meanwhile.
bool holds_secret(const std::string& root) {
  std::error_code failed;
  for (fs::recursive_directory_iterator at{root, failed}, end; at != end;
       at.increment(failed))
    if (failed
        || (at->is_regular_file(failed)
            && content_of(at->path()).find("source-hush") != std::string::npos))
      return true;
  return static_cast<bool>(failed);
}

} // namespace

TEST_CASE("an exit code comes from the keeper, whatever a connector writes") {
  victim_world w;

  struct forgery {
    std::string what;
    std::string script;
  };

  const auto code = w.folder.path("left.code");
  // Long enough for a sidecar that believes the file.
  const auto wait = "exec >&- 2>&-; n=0\n"
                    "until [ -s "
                    + code + " ] || [ $n -gt 20000 ]; do n=$((n + 1)); done\n";
  const std::vector<forgery> all = {
      {"a file", "echo 0 > ../pipes/exit-code; " + wait},
      {"a file, again and again",
       "(while :; do echo 0 > ../pipes/e; mv ../pipes/e ../pipes/exit-code; "
       "done) &\n"
           + wait},
      {"a folder", "mkdir -p ../pipes/exit-code/x"},
      {"a pipe as the draft", "mkfifo ../pipes/exit-code.tmp"},
      {"a link as the draft",
       "ln -s " + w.victim + "/exit-code ../pipes/exit-code.tmp"},
      {"a link", "ln -s " + w.victim + "/exit-code ../pipes/exit-code"},
      {"the keeper's own descriptors",
       "for fd in /proc/$PPID/fd/*; do (echo 0 > $fd) 2> /dev/null; done; "
           + wait},
      {"the sidecar's own descriptor",
       "for p in $(cat /proc/$PPID/task/$PPID/children); do\n"
       "  [ $p = $$ ] || (echo 0 > /proc/$p/fd/3) 2> /dev/null\n"
       "done; "
           + wait},
  };
  for (size_t i = 0; i < all.size(); ++i) {
    const auto& one = all[i];
    INFO(one.what);
    fs::remove(code);
    w.write_connector(one.script + "\nexit 7\n");
    // A name of its own: news of the last one may still come.
    auto name = w.start("task-" + std::to_string(i));
    auto end = w.await_end(name);
    CHECK(end.source->exit_code == 7);
    CHECK(w.left("code") == "7\n");
    CHECK(w.victim_is_whole());
    w.remove(name);
  }
}

TEST_CASE("nothing is removed or written through a link") {
  victim_world w;

  struct trick {
    std::string what;
    std::string script;
  };

  const auto own = std::string{"d=$(dirname $PWD)\n"};
  const std::vector<trick> all = {
      {"the task's folder", own + "mv $d $d-x; ln -s " + w.victim + " $d"},
      {"the task's folder, for a file", own + "mv $d $d-x; echo > $d"},
      {"the task's folder, for another one",
       own + "mv $d $d-x; cp -r " + w.victim + " $d"},
      {"the task's folder, for nothing", own + "mv $d $d-x"},
      {"the task's folder, moved elsewhere",
       own + "mv $d $d/../../moved; ln -s " + w.victim + " $d"},
      {"the draft of the task's folder", own + "ln -s " + w.victim + " $d.new"},
      {"the home", own + "mv $d/home $d/h; ln -s " + w.victim + " $d/home"},
      {"the config", own + "rm -r $d/config; ln -s " + w.victim + " $d/config"},
      {"task.json",
       own + "rm $d/task.json; ln -s " + w.victim + "/keep $d/task.json"},
      {"task.json, for a pipe", own + "rm $d/task.json; mkfifo $d/task.json"},
      {"a link beside the task's folder",
       own + "ln -s " + w.victim + " $d-link"},
  };
  for (size_t i = 0; i < all.size(); ++i) {
    const auto& one = all[i];
    INFO(one.what);
    w.write_connector(one.script + "\n");
    // A name of its own: news of the last one may still come.
    auto name = w.start("task-" + std::to_string(i));
    w.await_end(name);
    CHECK(w.victim_is_whole());
    auto removed = w.runtime->remove(name, {});
    REQUIRE(removed);
    if (!*removed)
      w.await([&] { return w.is_gone(name); });
    CHECK(becomes_true([&] {
      return w.is_empty("tasks") && w.is_empty("removed")
             && !holds_secret(w.settings.data_dir);
    }));
    CHECK(w.victim_is_whole());
    fs::remove_all(w.settings.data_dir + "/moved");
  }
}

TEST_CASE("the folder of all tasks is used wherever it is moved") {
  victim_world w;
  auto tasks = w.settings.data_dir + "/tasks";
  w.write_connector("d=$(dirname $PWD); t=$(dirname $d)\n"
                    "mkdir -p "
                    + w.victim
                    + "/$(basename $d)\n"
                      "cp -r "
                    + w.victim + "/config " + w.victim
                    + "/$(basename $d)\n"
                      "mv $t $t-x; ln -s "
                    + w.victim + " $t\n");
  auto name = w.start();
  w.await_end(name);
  REQUIRE(w.runtime->remove(name, {}));
  CHECK(becomes_true([&] { return fs::is_empty(tasks + "-x"); }));
  CHECK(content_of(w.victim + "/" + name + "/config/keep") == "kept\n");
  fs::remove_all(w.victim + "/" + name);
  CHECK(w.victim_is_whole());
}

TEST_CASE("a link in place of the folder of all tasks is no folder") {
  victim_world w;
  w.runtime.reset();
  w.lock.reset();
  auto tasks = w.settings.data_dir + "/tasks";
  fs::remove(tasks);
  fs::create_symlink(w.victim, tasks);
  CHECK_THROWS_WITH(process_runtime{w.settings},
                    Catch::Matchers::ContainsSubstring("symbolic link"));
  CHECK(w.victim_is_whole());
}

TEST_CASE("a folder that takes long to remove delays no task") {
  process_world w;
  w.write_connector("exec python3 -c '\n"
                    "import os\n"
                    "for i in range(3000):\n"
                    "  os.mkdir(\"d\" * 50)\n"
                    "  os.chdir(\"d\" * 50)\n'\n");
  auto deep = w.start("deep");
  w.await_end(deep);
  w.remove(deep);
  w.write_connector("echo said");
  auto other = w.start("other");
  CHECK(w.await_end(other).source->exit_code == 0);
  w.remove(other);
  CHECK(becomes_true(
      [&] { return fs::is_empty(w.settings.data_dir + "/removed"); }));
}

TEST_CASE("the folder of a task is removed, even if the bin is gone") {
  victim_world w;
  const auto removed = w.settings.data_dir + "/removed";
  const std::vector<std::string> scripts = {
      "rm -rf " + removed,
      "rm -rf " + removed + "; ln -s " + w.victim + " " + removed,
      "rm -rf " + removed + "; echo > " + removed,
      "mv " + removed + " " + removed + "-x; mkdir " + removed,
      "rm -rf " + removed + "; mkdir -p " + removed + "/d",
  };
  for (size_t i = 0; i < scripts.size(); ++i) {
    INFO(scripts[i]);
    w.write_connector(scripts[i] + "\n");
    const auto name = w.start("task-" + std::to_string(i));
    w.await_end(name);
    w.remove(name);
    CHECK(becomes_true([&] {
      return w.is_empty("tasks") && !holds_secret(w.settings.data_dir);
    }));
    CHECK(w.victim_is_whole());
  }
}

TEST_CASE("folders that an earlier syncctl left are removed at the start") {
  victim_world w;
  w.runtime.reset();
  auto data = w.settings.data_dir;
  fs::create_directories(data + "/removed/a/b/c");
  fs::create_symlink(w.victim, data + "/removed/l");
  fs::create_symlink(w.victim, data + "/tasks/link");
  fs::create_directories(data + "/tasks/name-x/config");
  fs::create_directories(data + "/tasks/piped");
  REQUIRE(::mkfifo((data + "/tasks/piped/task.json").c_str(), 0600) == 0);
  fs::create_directories(data + "/tasks/endless");
  fs::create_symlink("/dev/zero", data + "/tasks/endless/task.json");
  w.begin();
  CHECK(becomes_true(
      [&] { return w.is_empty("tasks") && w.is_empty("removed"); }));
  CHECK(w.victim_is_whole());
}
