// A table in files belongs to the sync that made it.

#include "runtime/destination/file/table_file.hpp"
#include "support/scratch_folder.hpp"
#include "support/table_reader.hpp"
#include "support/upload_probe.hpp"

#include <catch2/catch_all.hpp>

#include <sys/wait.h>

#include <algorithm>
#include <fstream>

using namespace motorcade;
using namespace motorcade::support;
using motorcade::test::scratch_folder;
using strings = std::vector<std::string>;

namespace {

upload_request request_of(const std::string& sync,
                          write_mode mode = write_mode::batch) {
  auto out = request_for("t", mode);
  out.connection_id = sync;
  out.task_id = "task of " + sync;
  return out;
}

upload_outcome put(destination& to, const upload_request& request,
                   const std::string& row) {
  upload_probe upload{to, request};
  upload.write({row});
  return upload.finish();
}

struct tables {
  strings rows() const { return read_table(folder.path("t.ndjson.zst")); }

  scratch_folder folder;
  destination_ptr to = destination_at("file://" + folder.path().string());
};

} // namespace

TEST_CASE("another sync's request to a table is refused") {
  tables world;
  REQUIRE(put(*world.to, request_of("sync-a"), "1").committed());
  auto mode = GENERATE(write_mode::batch, write_mode::replace_table);
  auto outcome = put(*world.to, request_of("sync-b", mode), "2");
  REQUIRE(code_of(outcome) == ec::destination_rejected);
  for (const auto* part :
       {"sync-a", "sync-b", "t.ndjson.zst", "TABLE_NAME_PREFIX", "NAMESPACE"})
    CHECK_THAT(outcome.error->what, Catch::Matchers::ContainsSubstring(part));
  CHECK(world.rows() == strings{"1"});
  CHECK(hidden_files(world.folder.path()).empty());
  // Its own sync goes on, and so does the other one elsewhere.
  CHECK(put(*world.to, request_of("sync-a", mode), "3").committed());
  auto elsewhere = request_of("sync-b", mode);
  elsewhere.target_namespace = "b";
  CHECK(put(*world.to, elsewhere, "4").committed());
  elsewhere = request_of("sync-b", mode);
  elsewhere.table = "b_t";
  CHECK(put(*world.to, elsewhere, "5").committed());
}

TEST_CASE("the owner of a table can be asked for before any row goes out") {
  tables world;
  CHECK(world.to->check_table(request_of("sync-b")));
  REQUIRE(put(*world.to, request_of("sync-a"), "1").committed());
  CHECK(world.to->check_table(request_of("sync-a")));
  auto refused = world.to->check_table(request_of("sync-b"));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ec::destination_rejected);
  CHECK_THAT(refused.error().what,
             Catch::Matchers::ContainsSubstring("belongs to the sync"));
  std::filesystem::remove(world.folder.path("t.ndjson.zst"));
  CHECK(world.to->check_table(request_of("sync-b")));
}

TEST_CASE("a request without rows, or aborted, makes no owner") {
  tables world;
  upload_probe empty{*world.to, request_of("sync-a")};
  CHECK(empty.finish().committed());
  upload_probe dropped{*world.to, request_of("sync-a")};
  dropped.write({"1"});
  REQUIRE(dropped.wait_until_taken());
  dropped->abort();
  CHECK(code_of(dropped.wait()) == ec::cancelled);
  CHECK(put(*world.to, request_of("sync-b"), "2").committed());
}

TEST_CASE("a table without an owner belongs to the first that writes") {
  tables world;
  REQUIRE(put(*world.to, request_of("sync-a"), "1").committed());
  std::filesystem::remove(world.folder.path(".t.owner"));
  CHECK(put(*world.to, request_of("sync-b"), "2").committed());
  CHECK(world.rows() == strings{"1", "2"});
  CHECK(code_of(put(*world.to, request_of("sync-a"), "3"))
        == ec::destination_rejected);
}

TEST_CASE("a removed table has no owner") {
  tables world;
  REQUIRE(put(*world.to, request_of("sync-a"), "1").committed());
  std::filesystem::remove(world.folder.path("t.ndjson.zst"));
  CHECK(put(*world.to, request_of("sync-b"), "2").committed());
  CHECK(world.rows() == strings{"2"});
}

TEST_CASE(
    "only one of several syncs that make a table at the same time succeeds") {
  scratch_folder folder;
  constexpr int processes = 6;
  int gate[2];
  int ready[2];
  REQUIRE(::pipe(gate) == 0);
  REQUIRE(::pipe(ready) == 0);
  std::vector<pid_t> children;
  for (int i = 0; i < processes; ++i) {
    auto child = ::fork();
    if (child == 0) {
      ::close(gate[1]);
      auto request = request_of("sync " + std::to_string(i));
      auto file = table_file::stage(folder.path(), request);
      if (!file || !(*file)->write(std::to_string(i) + "\n"))
        std::_Exit(2);
      char byte = 0;
      auto opened =
          ::write(ready[1], &byte, 1) == 1 && ::read(gate[0], &byte, 1) == 0;
      std::_Exit(opened && (*file)->commit() ? 0 : 1);
    }
    children.push_back(child);
  }
  // All of them have passed the first look by then.
  for (int i = 0; i < processes; ++i) {
    char byte = 0;
    REQUIRE(::read(ready[0], &byte, 1) == 1);
  }
  for (auto fd : {gate[0], gate[1], ready[0], ready[1]})
    ::close(fd);
  std::vector<int> codes;
  for (auto child : children) {
    int status = 0;
    ::waitpid(child, &status, 0);
    codes.push_back(WEXITSTATUS(status));
  }
  CHECK(std::count(codes.begin(), codes.end(), 0) == 1);
  CHECK(std::count(codes.begin(), codes.end(), 1) == processes - 1);
  auto winner = std::find(codes.begin(), codes.end(), 0) - codes.begin();
  CHECK(read_table(folder.path("t.ndjson.zst"))
        == strings{std::to_string(winner)});
}
