// The contract of tables in files, beyond that of every destination.

#include "runtime/destination/choice/make_destination.hpp"
#include "runtime/destination/file/table_file.hpp"
#include "support/resource_limit.hpp"
#include "support/table_reader.hpp"
#include "support/upload_probe.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>
#include <sys/stat.h>
#include <sys/wait.h>

#include <fstream>
#include <future>
#include <limits>
#include <set>

using namespace motorcade;
using namespace motorcade::support;
using strings = std::vector<std::string>;

namespace {

std::string url_of(const std::filesystem::path& path) {
  return "file://" + path.string();
}

void put(destination& to, const std::string& table, const strings& rows) {
  upload_probe upload{to, request_for(table)};
  upload.write(rows);
  REQUIRE(upload.finish().committed());
}

/// Text that zstd cannot make much smaller.
std::string noise(size_t size) {
  std::string out = "\"";
  for (uint32_t state = 1; out.size() < size;) {
    state = state * 1664525 + 1013904223;
    out += static_cast<char>('a' + (state >> 24) % 26);
  }
  return out + "\"";
}

} // namespace

TEST_CASE("names stay within the folder and apart") {
  CHECK(file_name_of("users") == "users");
  CHECK(file_name_of("public.users") == "public.users");
  CHECK(file_name_of("../x") == "%2E.%2Fx");
  CHECK(file_name_of(".") == "%2E");
  CHECK(file_name_of("") == "%");
  CHECK(file_name_of("a%2Fb") == "a%252Fb");
  CHECK(file_name_of(std::string{"a\0\n\x7f", 4}) == "a%00%0A%7F");
  CHECK(file_name_of("ü") == "ü");
  std::set<std::string> names;
  std::set<std::string> files;
  for (auto size : {199, 200, 201, 202, 1000})
    for (std::string unit : {"a", "ü", "/", "aü/"}) {
      std::string name;
      while (name.size() < static_cast<size_t>(size))
        name += unit;
      auto file = file_name_of(name);
      CHECK(file.size() <= 200);
      names.insert(name);
      files.insert(file);
    }
  CHECK(files.size() == names.size());
}

TEST_CASE("tables lie where the URL says") {
  scratch_folder folder;
  auto root = folder.path() / "new dir" / "ü";
  auto to =
      destination_at("file://" + folder.path().string() + "/new%20dir/%c3%bc/");
  CHECK(std::filesystem::is_directory(root));
  put(*to, "t", {"1"});
  put(*to, "../../x", {"2"});
  auto request = request_for("t");
  request.target_namespace = "../ns";
  upload_probe upload{*to, request};
  upload.write({"3"});
  REQUIRE(upload.finish().committed());
  CHECK(read_table(root / "t.ndjson.zst") == strings{"1"});
  CHECK(read_table(root / "%2E.%2F..%2Fx.ndjson.zst") == strings{"2"});
  CHECK(read_table(root / "%2E.%2Fns" / "t.ndjson.zst") == strings{"3"});
  CHECK(to->locate(request) == (root / "%2E.%2Fns" / "t.ndjson.zst").string());
  CHECK(hidden_files(folder.path()).empty());
}

TEST_CASE("URLs that name no folder are refused") {
  scratch_folder folder;
  auto code = [](const std::string& url) {
    destination_settings settings;
    settings.url = url;
    auto made = make_destination(settings);
    return made ? ec::none : made.error().code;
  };
  for (auto url : {"file:", "file://", "file:/tmp", "file://host/tmp",
                   "file:///tmp/%zz", "file:///tmp/%00", "file:///tmp?x"}) {
    CAPTURE(url);
    CHECK(code(url) == ec::invalid_argument);
  }
  auto file = folder.path() / "file";
  std::ofstream{file} << "x";
  CHECK(code(url_of(file)) == ec::system_failed);
  CHECK(code(url_of(file / "below")) == ec::system_failed);
  CHECK(code(url_of("/proc/nothing")) == ec::system_failed);
}

TEST_CASE("the folder may vanish between two requests") {
  scratch_folder folder;
  auto root = folder.path() / "data";
  auto to = destination_at(url_of(root));
  put(*to, "t", {"1"});
  std::filesystem::remove_all(root);
  put(*to, "t", {"2"});
  CHECK(read_table(root / "t.ndjson.zst") == strings{"2"});
}

TEST_CASE(
    "a killed process leaves the table whole, and its remains are removed") {
  scratch_folder folder;
  auto table = folder.path() / "t.ndjson.zst";
  {
    auto to = destination_at(url_of(folder.path()));
    put(*to, "t", {"1"});
  }
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  auto child = ::fork();
  if (child == 0) {
    auto request = request_for("t");
    auto file = table_file::stage(folder.path(), request);
    bool ok = file && (*file)->write(noise(1'000'000) + "\n");
    auto other = request_for("t");
    other.task_id = "t2";
    auto second = table_file::stage(folder.path(), other);
    auto elsewhere = request_for("u");
    auto third = table_file::stage(folder.path(), elsewhere);
    ok = ok && second && third && ::write(ready[1], "x", 1) == 1;
    for (;;)
      ::pause();
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  CHECK(read_table(table) == strings{"1"});
  CHECK(hidden_files(folder.path()).size() == 3);
  auto to = destination_at(url_of(folder.path()));
  // While it lives, it is not disturbed.
  put(*to, "t", {"2"});
  CHECK(hidden_files(folder.path()).size() == 3);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  CHECK(read_table(table) == strings{"1", "2"});
  put(*to, "t", {"3"});
  CHECK(read_table(table) == strings{"1", "2", "3"});
  // Those of any task and table.
  CHECK(hidden_files(folder.path()).empty());
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("files that come with rows are swept with their request") {
  scratch_folder folder;
  std::filesystem::create_directory(folder.path() / "out");
  auto staged = folder.path() / "staged";
  std::ofstream{staged} << "hello";
  auto staging =
      std::make_shared<const staging_area>(std::vector{folder.path().string()});
  int ready[2];
  REQUIRE(::pipe(ready) == 0);
  auto child = ::fork();
  if (child == 0) {
    auto file =
        table_file::stage(folder.path() / "out", request_for("t"), staging);
    bool ok = file && (*file)->add_file({staged, "a", 5}, {})
              && ::write(ready[1], "x", 1) == 1;
    if (ok)
      for (;;)
        ::pause();
    std::_Exit(1);
  }
  char byte = 0;
  REQUIRE(::read(ready[0], &byte, 1) == 1);
  auto to = destination_at(url_of(folder.path() / "out"));
  put(*to, "u", {"1"});
  CHECK(hidden_files(folder.path()).size() == 2);
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  put(*to, "u", {"2"});
  CHECK(hidden_files(folder.path()).empty());
  CHECK(std::filesystem::exists(staged));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_CASE("processes that append to one table lose no row") {
  scratch_folder folder;
  constexpr int processes = 4;
  constexpr int commits = 25;
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    auto child = ::fork();
    if (child == 0) {
      auto request = request_for("t");
      request.task_id = "task " + std::to_string(i);
      bool ok = true;
      for (int n = 0; ok && n < commits; ++n) {
        auto file = table_file::stage(folder.path(), request);
        ok = file && (*file)->write(std::to_string(i * 100 + n) + "\n")
             && (*file)->commit();
      }
      std::_Exit(ok ? 0 : 1);
    }
    children.push_back(child);
  }
  for (auto child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  auto rows = read_table(folder.path() / "t.ndjson.zst");
  CHECK(rows.size() == processes * commits);
  CHECK(std::set<std::string>{rows.begin(), rows.end()}.size() == rows.size());
  CHECK(hidden_files(folder.path()).empty());
}

TEST_CASE("a file that cannot grow is rejected and cleaned up") {
  scratch_folder folder;
  auto to = destination_at(url_of(folder.path()));
  put(*to, "t", {"1"});
  // The writer's thread blocks SIGXFSZ, so write(2) fails as on a full disk.
  upload_probe upload{*to, request_for("t")};
  auto outcome = [&] {
    resource_limit small{RLIMIT_FSIZE, 300'000};
    upload.write({noise(3'000'000)});
    return upload.wait();
  }();
  CHECK(code_of(outcome) == ec::destination_rejected);
  CAPTURE(outcome.error->what);
  CHECK(outcome.error->what.find(folder.path().string()) != std::string::npos);
  CHECK(outcome.error->what.find("File too large") != std::string::npos);
  CHECK(read_table(folder.path() / "t.ndjson.zst") == strings{"1"});
  CHECK(hidden_files(folder.path()).empty());
}

TEST_CASE("a table that cannot be replaced is rejected and cleaned up") {
  scratch_folder folder;
  auto to = destination_at(url_of(folder.path()));
  std::filesystem::create_directory(folder.path() / "t.ndjson.zst");
  upload_probe upload{*to, request_for("t", write_mode::replace_table)};
  upload.write({"1"});
  auto outcome = upload.finish();
  CHECK(code_of(outcome) == ec::destination_rejected);
  CHECK(hidden_files(folder.path()).empty());
}

// UBSan needs file descriptors itself to look at a virtual table.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("without file descriptors an upload may pass later") {
  scratch_folder folder;
  auto to = destination_at(url_of(folder.path()));
  {
    std::promise<upload_outcome> ended;
    resource_limit none{RLIMIT_NOFILE, 3};
    auto upload = to->open(request_for("t"), [&](upload_outcome outcome) {
      ended.set_value(std::move(outcome));
    });
    upload->write(make_block("1\n", 1));
    CHECK(code_of(ended.get_future().get()) == ec::destination_unavailable);
  }
  put(*to, "t", {"1"});
}
#endif

TEST_CASE("the pace of commits to files is 5 s at least") {
  scratch_folder folder;
  auto to = destination_at(url_of(folder.path()));
  CHECK(to->pace().age == std::chrono::seconds{5});
  CHECK(to->pace().rows > 1'000'000'000);
  CHECK(to->max_row_bytes() == std::numeric_limits<size_t>::max());
  put(*to, "t", {"1"});
  CHECK(to->pace().age >= std::chrono::seconds{5});
}
