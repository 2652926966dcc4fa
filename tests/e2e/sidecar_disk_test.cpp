// Disks that are full: a real small file system under what the sidecar writes.

#include "support/holds.hpp"
#include "support/sidecar_world.hpp"
#include "support/table_reader.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <filesystem>
#include <random>

#include <unistd.h>

using namespace motorcade::test;
using motorcade::support::fault;
using motorcade::support::hidden_files;
using motorcade::support::read_table;
using namespace std::chrono_literals;

namespace {

const std::string complete = status_line("users", "COMPLETE");

/// Rows that no compression makes smaller than half.
std::vector<std::string> random_rows(size_t count, size_t bytes) {
  std::mt19937 random{1};
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i) {
    std::string text;
    while (text.size() < bytes)
      text.push_back(static_cast<char>('0' + random() % 75));
    std::replace(text.begin(), text.end(), '\\', '/');
    out.push_back("{\"n\":" + std::to_string(i) + R"(,"a":")" + text + "\"}");
  }
  return out;
}

/// @returns the words that give a program a mount namespace of its own.
std::vector<std::string> own_mounts() {
  std::vector<std::string> words = {"/usr/bin/unshare", "--mount"};
  if (::geteuid() != 0)
    words.insert(words.end(), {"--map-root-user"});
  return words;
}

/// @returns whether this machine lets us mount at all.
bool may_mount() {
  auto words = own_mounts();
  words.insert(words.end(),
               {"/bin/sh", "-c", "mount -t tmpfs -o size=1m none /mnt"});
  return watched_program{words, bare_environment()}.finish().exit_code == 0;
}

/// A sidecar that sees a small file system in the folder `small`. What lies
/// there before is copied into it, and what it holds at the end is copied to
/// `after`.
struct small_disk_world : sidecar_world {
  explicit small_disk_world(size_t kibibytes) {
    std::filesystem::create_directory(folder.path("small"));
    std::filesystem::create_directory(folder.path("after"));
    auto script = folder.write(
        "start", "set -e\n"
                 "cp -a '"
                     + folder.path("small") + "' '" + folder.path("before")
                     + "'\n"
                       "mount -t tmpfs -o mode=0700,size="
                     + std::to_string(kibibytes) + "k none '"
                     + folder.path("small") + "'\ncp -a '"
                     + folder.path("before") + "/.' '" + folder.path("small")
                     + "'\n"
                       "trap '' TERM\n"
                       "code=0\n'"
                     + std::string{SIDECAR} + "' || code=$?\ncp -a '"
                     + folder.path("small") + "/.' '" + folder.path("after")
                     + "'\nexit $code\n");
    command = own_mounts();
    command.insert(command.end(), {"/bin/sh", script});
  }
};

} // namespace

TEST_CASE("a full disk loses no committed row") {
  if (!may_mount()) {
    WARN("not tried: this machine does not let us mount a small disk");
    return;
  }
  auto rows = random_rows(400, 10'000);

  SECTION("if files are the destination, the old table stays") {
    small_disk_world world{1024};
    auto small = world.command;
    world.command = {SIDECAR};
    world.env["BULKER_URL"] = "file://" + world.folder.path("small");
    REQUIRE(
        world.play(record_line("users", R"({"old":1})") + complete).exit_code
        == 0);
    world.command = small;
    world.env["TASK_ID"] = "second";
    auto ended = world.play(record_lines("users", rows) + complete);
    INFO(ended.err);
    CHECK(ended.exit_code == 1);
    CHECK(world.task().status == "FAILED");
    CHECK(holds(world.task().error, "No space left on device"));
    CHECK(holds(world.task().error, world.folder.path("small")));
    CHECK(read_table(world.folder.path("after/users.ndjson.zst"))
          == std::vector<std::string>{R"({"old":1})"});
    CHECK(hidden_files(world.folder.path("after")).empty());
  }
  SECTION("under SPOOL_DIR, nothing is lost while Bulker is well") {
    small_disk_world world{512};
    world.env["RETRY_BUFFER_BYTES"] = "1MiB";
    world.env["SPOOL_DIR"] = world.folder.path("small");
    auto ended = world.play(record_lines("users", rows) + complete);
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    CHECK(world.task().status == "SUCCESS");
    CHECK(world.bulker.rows("users") == rows);
    CHECK(holds(ended.err, "cannot be repeated from here on: SPOOL_DIR "));
    CHECK(holds(ended.err, "No space left on device"));
  }
  SECTION("under SPOOL_DIR, a request that has to be repeated fails") {
    small_disk_world world{512};
    world.env["RETRY_BUFFER_BYTES"] = "1MiB";
    world.env["SPOOL_DIR"] = world.folder.path("small");
    world.catalog(configured_catalog({"users", "others"}));
    world.bulker.inject({.what = fault::kind::reset,
                         .after_bytes = 3'500'000,
                         .table = "users"});
    auto ended = world.play(record_lines("users", rows) + complete
                            + record_line("others", "{}")
                            + status_line("others", "COMPLETE"));
    INFO(ended.err);
    CHECK(world.task().status == "PARTIAL");
    CHECK(world.task().of("users") == "FAILED");
    CHECK(world.task().of("others") == "SUCCESS");
    CHECK(holds(world.task().error, "could not be repeated: SPOOL_DIR "));
    CHECK(holds(world.task().error, "No space left on device"));
    CHECK_FALSE(world.bulker.has_table("users"));
    CHECK(std::filesystem::is_empty(world.folder.path("after")));
  }
  SECTION("under SQLite, it waits for space and loses nothing") {
    small_disk_world world{2048};
    world.env["DATABASE_URL"] =
        "sqlite://" + world.folder.path("small/tasks.db");
    world.folder.write("small/filler", std::string(1'500'000, 'x'));
    std::string flood;
    for (int i = 0; i < 2000; ++i)
      flood += log_line("INFO", "line " + std::to_string(i) + " "
                                    + std::string(300, 'y'));
    world.start();
    auto connector = world.connect();
    connector.out(flood + record_line("users", "{}") + complete);
    connector.close();
    REQUIRE(world.sidecar().await("the disk is full"));
    CHECK_FALSE(world.sidecar().ended());
    // Its file system can be seen through any process in it.
    auto inside = "/proc/" + std::to_string(world.sidecar().pid()) + "/root"
                  + world.folder.path("small/filler");
    REQUIRE(std::filesystem::remove(inside));
    auto ended = world.finish();
    INFO(ended.err);
    CHECK(ended.exit_code == 0);
    auto query = [&](const std::string& text) {
      auto shell = watched_program{
          {"/usr/bin/sqlite3", world.folder.path("after/tasks.db"), text},
          bare_environment()};
      return shell.finish().out;
    };
    CHECK(query("SELECT status FROM source_task") == "SUCCESS\n");
    CHECK(query("SELECT count(*) FROM task_log WHERE message LIKE 'line %'")
          == "2000\n");
  }
}
