// What a connector may put down where the sidecar reads. No opening may wait:
// a case that hangs fails by its time limit.

#include "runtime/base/found_file.hpp"

#include "runtime/files/private_file.hpp"
#include "runtime/stream/exit_code_file.hpp"
#include "runtime/stream/followed_file.hpp"
#include "runtime/stream/pipe.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <thread>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;

namespace {

namespace fs = std::filesystem;

/// Something that a hostile connector puts down, and the words of the refusal.
struct trap {
  std::string name;
  std::function<void(const std::string& path)> put;
  std::string told;
};

void make_socket(const std::string& path) {
  motorcade::file_handle made{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  REQUIRE(path.size() < sizeof address.sun_path);
  std::memcpy(address.sun_path, path.c_str(), path.size());
  REQUIRE(
      ::bind(made.get(), reinterpret_cast<sockaddr*>(&address), sizeof address)
      == 0);
}

trap link_to(const std::string& target) {
  return {
      "a link to " + target,
      [target](const std::string& path) { fs::create_symlink(target, path); },
      " is a symbolic link, must be "};
}

const std::vector<trap>& traps() {
  static const std::vector<trap> all = {
      link_to("/proc/self/environ"),
      link_to("/dev/zero"),
      link_to("/etc/hostname"),
      link_to("/nowhere"),
      link_to("/dev/fd/0"),
      {"a folder", [](const std::string& path) { fs::create_directory(path); },
       " is a folder, must be "},
      {"a socket", make_socket, " is a socket, must be "},
  };
  return all;
}

std::vector<trap> with(std::vector<trap> more) {
  more.insert(more.end(), traps().begin(), traps().end());
  return more;
}

const trap pipe_without_a_writer = {
    "a pipe",
    [](const std::string& path) { REQUIRE(::mkfifo(path.c_str(), 0666) == 0); },
    " is a named pipe, must be a regular file"};

const trap plain_file = {
    "a file", [](const std::string& path) { std::ofstream{path} << "0\n"; },
    " is a regular file, must be a named pipe"};

void check_told(const failure& got, const trap& expected,
                const std::string& path) {
  INFO(got.what);
  CHECK(got.what.find(path + expected.told) != std::string::npos);
}

} // namespace

TEST_CASE("an exit code is read from a regular file alone") {
  for (const auto& one : with({pipe_without_a_writer})) {
    INFO(one.name);
    scratch_folder folder;
    auto path = folder.path("exit-code");
    one.put(path);
    auto got = read_exit_code(path);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == ec::invalid_argument);
    check_told(got.error(), one, path);
  }
}

TEST_CASE("an exit code that has no end is not read to it") {
  scratch_folder folder;
  auto path = folder.write("exit-code", "");
  constexpr off_t terabyte = off_t{1} << 40;
  REQUIRE(::truncate(path.c_str(), terabyte) == 0);
  auto got = read_exit_code(path);
  REQUIRE_FALSE(got);
  CHECK(got.error().what
        == path
               + " has more than the 64 bytes that are "
                 "taken");
}

TEST_CASE("a followed file is a regular file") {
  for (const auto& one : with({pipe_without_a_writer})) {
    INFO(one.name);
    scratch_folder folder;
    auto path = folder.path("jobOutput.json");
    auto file = followed_file::open(path, folder.path("exitCode.txt"));
    REQUIRE(file);
    one.put(path);
    char bytes[8];
    auto got = file->read(bytes, sizeof bytes);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == ec::system_failed);
    check_told(got.error(), one, path);
  }
}

TEST_CASE("anything in place of an exit code ends a followed file") {
  for (const auto& one : with({pipe_without_a_writer, plain_file})) {
    INFO(one.name);
    scratch_folder folder;
    auto path = folder.write("jobOutput.json", "");
    auto end = folder.path("exitCode.txt");
    auto file = followed_file::open(path, end);
    REQUIRE(file);
    one.put(end);
    char bytes[8];
    REQUIRE(file->read(bytes, sizeof bytes));
    CHECK(file->ended());
  }
}

TEST_CASE("a connector's pipe is a named pipe") {
  for (const auto& one : with({plain_file})) {
    INFO(one.name);
    scratch_folder folder;
    auto path = folder.path("stdout");
    one.put(path);
    auto got = motorcade::pipe::open(path);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == ec::invalid_argument);
    check_told(got.error(), one, path);
  }
}

TEST_CASE("a document is read to its end and not beyond the limit") {
  scratch_folder folder;
  auto path = folder.write("config.json", "12345");
  auto whole = read_found_file(path, 5);
  REQUIRE(whole);
  CHECK(*whole == "12345");
  auto large = read_found_file(path, 4);
  REQUIRE_FALSE(large);
  CHECK(large.error().what
        == path + " has more than the 4 bytes that are taken");
  auto missing = read_found_file(folder.path("none"), 4);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == ec::not_found);
}

TEST_CASE("documents behind links are read only if links are allowed") {
  scratch_folder folder;
  folder.write("data", "text");
  auto path = folder.path("config.json");
  fs::create_symlink("data", path);
  auto whole = read_found_file(path, 9, links::followed);
  REQUIRE(whole);
  CHECK(*whole == "text");
  auto refused = read_found_file(path, 9);
  REQUIRE_FALSE(refused);
  // Nor does a link make a device or a pipe a document.
  auto zero = folder.path("zero");
  fs::create_symlink("/dev/zero", zero);
  auto device = read_found_file(zero, 9, links::followed);
  REQUIRE_FALSE(device);
  CHECK(device.error().what == zero + " is a device, must be a regular file");
}

TEST_CASE("writing to a pipe that nothing reads fails at once") {
  scratch_folder folder;
  auto path = folder.path("config-out");
  pipe_without_a_writer.put(path);
  auto put = write_private_file(path, "{}\n");
  REQUIRE_FALSE(put);
  CHECK(put.error().what
        == "cannot write " + path
               + ": it is a named pipe or a socket, and nothing reads it");
}

TEST_CASE("a pipe's slow reader gets a long text whole") {
  scratch_folder folder;
  auto path = folder.path("config-out");
  pipe_without_a_writer.put(path);
  std::string read;
  motorcade::file_handle held{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
  std::thread reader{[&] {
    std::ifstream file{path};
    read.assign(std::istreambuf_iterator<char>{file}, {});
  }};
  std::string text(300'000, 'x');
  auto put = write_private_file(path, text);
  held = motorcade::file_handle{};
  reader.join();
  CHECK(put);
  CHECK(read == text);
}
