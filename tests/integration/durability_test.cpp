// What is said to be kept is on the disk: its content, its name, and the names
// of new folders above it.

#include "runtime/database/database.hpp"
#include "runtime/destination/file/table_file.hpp"
#include "runtime/destination/spool_file.hpp"
#include "runtime/files/durable_folder.hpp"
#include "runtime/files/file_steps.hpp"
#include "runtime/files/private_file.hpp"
#include "runtime/process/delayed_folder.hpp"
#include "runtime/process/task_folder.hpp"
#include "support/disk_journal.hpp"
#include "support/scratch_folder.hpp"
#include "support/table_reader.hpp"
#include "support/upload_probe.hpp"

#include <catch2/catch_all.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>

using namespace motorcade;
using namespace motorcade::support;
using motorcade::test::disk_journal;
using motorcade::test::odd_disk;
using motorcade::test::scratch_folder;
using strings = std::vector<std::string>;

namespace {

namespace fs = std::filesystem;

/// Text that shrinks little, so that it takes several writes.
std::string noise(size_t size) {
  std::string out = "\"";
  for (uint32_t state = 1; out.size() < size;) {
    state = state * 1664525 + 1013904223;
    out += static_cast<char>('a' + (state >> 24) % 26);
  }
  return out + "\"";
}

strings many_rows() {
  strings out;
  for (int i = 0; i < 40; ++i)
    out.push_back(noise(4000 + static_cast<size_t>(i)));
  return out;
}

void put(const std::string& root, const strings& rows) {
  auto to = destination_at("file://" + root);
  auto request = request_for("t");
  request.target_namespace = "a namespace";
  upload_probe upload{*to, request};
  upload.write(rows);
  REQUIRE(upload.finish().committed());
}

delayed_task delayed() {
  delayed_task out;
  out.name = "x-1";
  out.task.command = "read";
  out.task.package = "airbyte/source-x";
  out.task.sync_id = "s";
  out.task.task_id = "t";
  out.task.config = "{}";
  out.task.catalog = R"({"streams":[]})";
  out.task.started_at = utc_now();
  out.start_at = utc_now() + std::chrono::hours{1};
  return out;
}

void begin_task(const std::string& data) {
  REQUIRE(data_folder::open(data));
  task_folders all{data};
  auto out = all.at("x-1");
  pod_status pod;
  pod.name = "x-1";
  auto task = delayed().task;
  task.destination_config = "{}";
  REQUIRE(out.make(task, pod));
  REQUIRE(out.strip(pod));
}

std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// @returns a descriptor of this process that leads to a file below a folder.
int descriptor_below(const fs::path& folder) {
  for (const auto& one : fs::directory_iterator{"/proc/self/fd"}) {
    std::error_code gone;
    auto to = fs::read_symlink(one.path(), gone).string();
    if (!gone && to.starts_with(folder.string() + "/"))
      return std::stoi(one.path().filename());
  }
  return -1;
}

} // namespace

TEST_CASE("stored data survives a power failure") {
  scratch_folder folder;
  auto root = folder.path().string();

  std::unique_ptr<database> open_database;

  struct keeping {
    std::string what;
    std::function<void()> keep;
  };

  auto all = std::vector<keeping>{
      {"a table in new folders",
       [&] {
         put(root + "/deep/below", {"1", "2"});
       }},
      {"a table that is appended to",
       [&] {
         put(root + "/there", {"1"});
         put(root + "/there", {"2"});
       }},
      {"a config that a connector changed",
       [&] {
         REQUIRE(write_private_file(root + "/config.json", "{}"));
       }},
      {"a task put aside",
       [&] {
         REQUIRE(delayed_folder{root + "/delayed"}.put(delayed()));
       }},
      {"a task put aside that is dropped",
       [&] {
         delayed_folder aside{root + "/delayed"};
         REQUIRE(aside.put(delayed()));
         CHECK(*aside.drop("x-1"));
       }},
      {"a task's folder",
       [&] {
         begin_task(root + "/a/b/data");
       }},
      {"states in a new database",
       [&] {
         auto db = make_database("sqlite://" + root + "/t.db");
         REQUIRE(db);
         REQUIRE((*db)->prepare());
         REQUIRE((*db)->put_states("s", std::vector<state_row>{{"a", "{}"}}));
         open_database = std::move(*db);
       }},
      {"lines of log, by the end of their task",
       [&] {
         auto db = make_database("sqlite://" + root + "/t.db");
         REQUIRE(db);
         REQUIRE((*db)->prepare());
         log_row line{make_uuid(), "INFO", "source", "line", utc_now()};
         REQUIRE((*db)->put_logs("s", "t", std::vector{line}));
         task_row task;
         task.sync_id = "s";
         task.task_id = "t";
         REQUIRE((*db)->put_task(task));
         open_database = std::move(*db);
       }},
  };
  auto at = GENERATE(range(0, 8));
  CAPTURE(all.at(static_cast<size_t>(at)).what);
  disk_journal journal{root};
  all.at(static_cast<size_t>(at)).keep();
  strings expected;
  // Both are made anew.
  auto risk = journal.at_risk();
  std::erase_if(risk, [](const std::string& one) {
    return one.ends_with("t.db-shm")
           || one.ends_with("data/lock")
           // Only the task's programs look for it, which end as well.
           || (one.find("/data/tasks/x-1/") != std::string::npos
               && one.find("task.json") == std::string::npos)
           // What is to be removed may come back.
           || one.find("/data/removed") != std::string::npos;
  });
  CHECK(risk == expected);
  CHECK((at >= 6 || journal.changes() > 0));
}

TEST_CASE("new folders that cannot be synced are no success") {
  scratch_folder folder;
  auto root = folder.path().string();
  disk_journal journal{root};
  odd_disk odd{{.failing_sync = true}};
  CHECK(make_durable_folder(root + "/a", 0755) == EIO);
  std::string failed;
  CHECK(make_durable_folders(root + "/b/c", 0755, failed) == EIO);
  CHECK(failed == root + "/b");
  CHECK_FALSE(make_folders(root + "/c"));
  CHECK_FALSE(write_private_file(root + "/x", "1"));
  CHECK_FALSE(data_folder::open(root + "/d"));
}

TEST_CASE("existing folders are taken as they are") {
  scratch_folder folder;
  auto root = folder.path().string();
  std::string failed;
  CHECK(make_durable_folders(root + "//x/y/", 0700, failed) == 0);
  CHECK(fs::status(root + "/x").permissions() == fs::perms::owner_all);
  CHECK(make_durable_folders(root + "/x/y", 0755, failed) == 0);
  CHECK(fs::status(root + "/x/y").permissions() == fs::perms::owner_all);
  // The folder cannot be written, and need not be.
  CHECK(make_durable_folders("/proc/self", 0755, failed) == 0);
  folder.write("file", "");
  CHECK(make_durable_folder(root + "/file", 0755) == ENOTDIR);
  CHECK(make_durable_folders(root + "/file/below", 0755, failed) == ENOTDIR);
  CHECK(failed == root + "/file");
  CHECK(make_durable_folder(root + "/none/below", 0755) == ENOENT);
}

TEST_CASE("a disk that takes a part of each write gets all bytes") {
  scratch_folder folder;
  auto root = folder.path().string();
  odd_disk odd{{.short_writes = GENERATE(1u, 7u, 1000u)}};
  auto rows = many_rows();
  if (GENERATE(false, true)) {
    put(root, {"\"before\""});
    rows.insert(rows.begin(), "\"before\"");
    put(root, {rows.begin() + 1, rows.end()});
  } else {
    put(root, rows);
  }
  CHECK(read_table(root + "/a namespace/t.ndjson.zst") == rows);
  auto text = noise(10'000);
  REQUIRE(write_private_file(root + "/x", text));
  CHECK(content_of(root + "/x") == text);
  auto spool = spool_file::create(root);
  REQUIRE(spool);
  REQUIRE((*spool)->append(*make_block(text, 1)));
  auto back = (*spool)->read(0, std::make_shared<byte_window>(1));
  REQUIRE(back);
  CHECK((*back)->view() == text);
}

TEST_CASE("a spool leaves no file behind, even if it needs a name") {
  scratch_folder folder;
  odd_disk odd{{.nameless_files = GENERATE(true, false)}};
  auto spool = spool_file::create(folder.path().string());
  REQUIRE(spool);
  CHECK(fs::is_empty(folder.path()));
  REQUIRE((*spool)->append(*make_block("row", 1)));
  auto back = (*spool)->read(0, std::make_shared<byte_window>(1));
  REQUIRE(back);
  CHECK((*back)->view() == "row");
}

TEST_CASE("a kept block that was damaged is not sent") {
  scratch_folder folder;
  auto spool = spool_file::create(folder.path().string());
  REQUIRE(spool);
  REQUIRE((*spool)->append(*make_block(noise(5000), 1)));
  auto fd = descriptor_below(folder.path());
  REQUIRE(fd >= 0);
  std::string why;
  SECTION("its end is cut off") {
    REQUIRE(::ftruncate(fd, 100) == 0);
    why = "cut off";
  }
  SECTION("it holds something else") {
    REQUIRE(::pwrite(fd, "nothing of zstd", 15, 0) == 15);
    why = "damaged";
  }
  SECTION("it holds a shorter block") {
    scratch_folder other;
    auto short_one = spool_file::create(other.path().string());
    REQUIRE((*short_one)->append(*make_block("short", 1)));
    auto from = descriptor_below(other.path());
    char bytes[64];
    auto size = ::pread(from, bytes, sizeof bytes, 0);
    REQUIRE(size > 0);
    // A frame that can be skipped fills what is left.
    std::string skipped(4000, '\0');
    skipped.replace(0, 4, "\x50\x2a\x4d\x18");
    auto end = ::lseek(fd, 0, SEEK_END);
    auto rest = static_cast<uint32_t>(end - size - 8);
    skipped.resize(static_cast<size_t>(end - size));
    std::memcpy(skipped.data() + 4, &rest, sizeof rest);
    REQUIRE(::pwrite(fd, bytes, static_cast<size_t>(size), 0) == size);
    REQUIRE(::pwrite(fd, skipped.data(), skipped.size(), size)
            == static_cast<ssize_t>(skipped.size()));
    why = "damaged";
  }
  auto back = (*spool)->read(0, std::make_shared<byte_window>(1));
  REQUIRE_FALSE(back);
  CHECK(back.error().what.find(why) != std::string::npos);
}

TEST_CASE("a long name is never cut within an escape") {
  // Where the cut falls moves by one with each letter.
  for (size_t letters = 0; letters < 12; ++letters) {
    auto name = std::string(letters, 'x');
    while (name.size() < 300)
      name += '/';
    auto file = file_name_of(name);
    CAPTURE(file);
    auto cut = file.rfind("%~");
    REQUIRE(cut != std::string::npos);
    CHECK((cut - letters) % 3 == 0);
    CHECK(file.substr(letters, 3) == "%2F");
    CHECK(file.substr(cut - 3, 3) == "%2F");
  }
}
