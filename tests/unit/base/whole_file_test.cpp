#include "runtime/base/whole_file.hpp"

#include "support/scratch_folder.hpp"

#include <sys/stat.h>

#include <catch2/catch_all.hpp>

#include <fstream>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("a file is read to its end, whatever it holds", "[whole_file]") {
  const scratch_folder folder;
  const auto size = GENERATE(size_t{0}, size_t{1}, size_t{64} << 10,
                             (size_t{64} << 10) + 1, size_t{300} << 10);
  std::string text;
  for (size_t i = 0; i < size; ++i)
    text += static_cast<char>(i * 7);
  const auto read = read_whole_file(folder.write("a", text));
  REQUIRE(read);
  CHECK(*read == text);
}

TEST_CASE("a pipe is read until its writers have closed it", "[whole_file]") {
  const scratch_folder folder;
  const auto path = folder.path("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::thread writer{[&path] {
    std::ofstream{path} << "one\ntwo";
  }};
  const auto read = read_whole_file(path);
  writer.join();
  REQUIRE(read);
  CHECK(*read == "one\ntwo");
}

TEST_CASE("a file that cannot be read is refused with path and reason",
          "[whole_file]") {
  const scratch_folder folder;
  const auto missing = read_whole_file(folder.path("missing"));
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ec::not_found);
  CHECK(missing.error().what
        == "cannot read " + folder.path("missing")
               + ": No such file or directory");
  const auto a_folder = read_whole_file(folder.path().string());
  REQUIRE_FALSE(a_folder);
  CHECK(a_folder.error().code == ec::invalid_argument);
  CHECK_THAT(a_folder.error().what, ContainsSubstring("Is a directory"));
}
