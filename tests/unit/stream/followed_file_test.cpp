#include "runtime/stream/followed_file.hpp"

#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>
#include <optional>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

struct world {
  world() {
    auto opened = followed_file::open(folder.path("out"), folder.path("end"));
    REQUIRE(opened);
    file.emplace(std::move(*opened));
  }

  void append(const std::string& text) const {
    std::ofstream{folder.path("out"), std::ios::app} << text;
  }

  std::string read(size_t most = 100) {
    std::string to(most, ' ');
    auto n = file->read(to.data(), to.size());
    REQUIRE(n);
    to.resize(*n);
    return to;
  }

  scratch_folder folder;
  std::optional<followed_file> file;
};

} // namespace

TEST_CASE("a file is read as it grows, from before it is there") {
  world at;
  CHECK(at.read().empty());
  CHECK_FALSE(at.file->was_opened());
  CHECK_FALSE(at.file->ended());
  CHECK(at.file->wait(0ms) == byte_source::event::quiet);
  at.append("one ");
  CHECK(at.file->wait(60s) == byte_source::event::readable);
  CHECK(at.read() == "one ");
  CHECK(at.file->was_opened());
  CHECK(at.read().empty());
  at.append("two");
  CHECK(at.file->wait(60s) == byte_source::event::readable);
  CHECK(at.read(2) == "tw");
  CHECK(at.read(2) == "o");
  CHECK_FALSE(at.file->ended());
}

TEST_CASE("a file ends with its end file, after its last byte") {
  world at;
  at.append("all");
  at.folder.write("end.tmp", "0");
  std::filesystem::rename(at.folder.path("end.tmp"), at.folder.path("end"));
  CHECK(at.read(2) == "al");
  CHECK_FALSE(at.file->ended());
  CHECK(at.read(2) == "l");
  CHECK_FALSE(at.file->ended());
  CHECK(at.read().empty());
  CHECK(at.file->ended());
  CHECK(at.file->wait(60s) == byte_source::event::ended);
}

TEST_CASE("a file that never existed ends, too") {
  world at;
  at.folder.write("end", "127");
  CHECK(at.read().empty());
  CHECK(at.file->ended());
  CHECK_FALSE(at.file->was_opened());
}

TEST_CASE("a rename wakes a reader") {
  world at;
  at.folder.write("end.tmp", "0");
  while (at.file->wait(0ms) != byte_source::event::quiet) {}
  std::thread other{[&] {
    std::filesystem::rename(at.folder.path("end.tmp"), at.folder.path("end"));
  }};
  CHECK(at.file->wait(60s) == byte_source::event::readable);
  other.join();
}

TEST_CASE("a file that became shorter is an error, as is a missing folder") {
  world at;
  at.append("something");
  at.read();
  at.folder.write("out", "x");
  char byte = 0;
  auto n = at.file->read(&byte, 1);
  REQUIRE_FALSE(n);
  CHECK(n.error().what.find("cut short") != std::string::npos);
  auto nowhere = followed_file::open("/nowhere/out", "/nowhere/end");
  REQUIRE_FALSE(nowhere);
  CHECK(nowhere.error().code == ec::invalid_argument);
  CHECK(nowhere.error().what.find("/nowhere") != std::string::npos);
}
