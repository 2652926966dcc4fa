// The rights of other users on the files and folders that we make.

#include "runtime/control_plane/output_place.hpp"
#include "runtime/database/database.hpp"
#include "runtime/destination/choice/make_destination.hpp"
#include "runtime/files/durable_folder.hpp"
#include "runtime/files/private_file.hpp"
#include "runtime/process/process.hpp"
#include "runtime/stream/exit_code_file.hpp"
#include "support/scratch_folder.hpp"
#include "support/upload_probe.hpp"

#include <catch2/catch_all.hpp>

#include <sys/stat.h>

#include <fstream>
#include <map>

using namespace motorcade;
using namespace motorcade::support;
using motorcade::test::scratch_folder;
namespace fs = std::filesystem;

namespace {

/// Sets the umask for as long as it lives.
class umask_of_test {
public:
  explicit umask_of_test(mode_t mask) : before_{::umask(mask)} {}

  ~umask_of_test() { ::umask(before_); }

  umask_of_test(const umask_of_test&) = delete;
  umask_of_test& operator=(const umask_of_test&) = delete;

private:
  mode_t before_;
};

mode_t mode_of(const fs::path& path) {
  struct stat status = {};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

void fill_table(const scratch_folder& at) {
  destination_settings settings;
  settings.url = "file://" + at.path("new/out");
  settings.staging_dirs = {at.path().string()};
  auto to = make_destination(settings);
  REQUIRE(to);
  auto request = request_for("t");
  request.target_namespace = "n";
  for (int commit = 0; commit < 2; ++commit) {
    upload_probe upload{**to, request};
    std::string row = "{}\n";
    auto bytes = std::make_unique<char[]>(row.size());
    row.copy(bytes.get(), row.size());
    auto staged = at.write("staged", "x");
    ::chmod(staged.c_str(), 0600);
    upload->write(std::make_shared<const block>(
        std::move(bytes), row.size(), 1, window_share{},
        std::vector<staged_file>{{staged, "x/a", 1}}));
    REQUIRE(upload.finish().committed());
  }
}

void fill_database(const scratch_folder& at, database_ptr& db) {
  auto made = make_database("sqlite://" + at.path("t.db"));
  REQUIRE(made);
  db = *std::move(made);
  REQUIRE(db->prepare());
  REQUIRE(db->put_states("s", std::vector<state_row>{{"a", "{}"}}));
}

} // namespace

TEST_CASE("every file and folder has its mode, whatever the umask") {
  auto mask = GENERATE(mode_t{0}, mode_t{022}, mode_t{077}, mode_t{0777});
  CAPTURE(mask);
  scratch_folder at;
  database_ptr db;
  std::string scratch;
  {
    umask_of_test odd{mask};
    fill_table(at);
    fill_database(at, db);
    REQUIRE(write_file(at.path("catalog.json"), "{}", 0640));
    REQUIRE(write_private_file(at.path("config.json"), "{}"));
    REQUIRE(put_output(output_file{at.path("result.json")}, "{}", {},
                       [](auto) { return false; }));
    REQUIRE(write_exit_code(at.path("exit-code"), 0));
    REQUIRE(make_durable_folder(at.path("folder"), 0700) == 0);
    REQUIRE(make_fifo(at.path("pipe")));
    auto made = make_private_directory("motorcade-test-");
    REQUIRE(made);
    scratch = *made;
  }
  const std::map<std::string, mode_t> wanted = {
      {"new", 0750},
      {"new/out", 0750},
      {"new/out/n", 0750},
      {"new/out/n/t.ndjson.zst", 0640},
      {"new/out/n/.t.owner", 0640},
      {"new/out/n/t.files", 0750},
      {"new/out/n/t.files/x", 0750},
      {"new/out/n/t.files/x/a", 0640},
      {"t.db", 0600},
      {"t.db-wal", 0600},
      {"t.db-shm", 0600},
      {"catalog.json", 0640},
      {"config.json", 0600},
      {"result.json", 0600},
      {"exit-code", 0600},
      {"folder", 0700},
      {"pipe", 0600},
  };
  std::map<std::string, mode_t> found;
  for (const auto& one : fs::recursive_directory_iterator{at.path()})
    found[one.path().lexically_relative(at.path())] = mode_of(one.path());
  CHECK(found == wanted);
  CHECK(mode_of(scratch) == 0700);
  fs::remove(scratch);
}

TEST_CASE("a path that is no regular file is written to, not replaced") {
  scratch_folder at;
  REQUIRE(make_fifo(at.path("pipe")));
  // Both ends, so that no open waits.
  std::fstream reader{at.path("pipe"), std::ios::in | std::ios::out};
  REQUIRE(write_file(at.path("pipe"), "hello\n", 0640));
  std::string line;
  CHECK(std::getline(reader, line));
  CHECK(line == "hello");
  CHECK(fs::is_fifo(at.path("pipe")));
}
