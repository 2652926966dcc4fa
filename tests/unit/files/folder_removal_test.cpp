// The removal of what a hostile connector leaves.

#include "runtime/files/folder_removal.hpp"

#include "runtime/base/file_handle.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <ctime>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;

namespace {

namespace fs = std::filesystem;

/// Makes folders within each other, by descriptors: their path is too long.
void nest(const std::string& root, int depth) {
  const std::string name(50, 'd');
  motorcade::file_handle at{::open(root.c_str(), O_PATH | O_DIRECTORY)};
  for (int i = 0; i < depth; ++i) {
    REQUIRE(::mkdirat(at.get(), name.c_str(), 0700) == 0);
    at = motorcade::file_handle{
        ::openat(at.get(), name.c_str(), O_PATH | O_DIRECTORY)};
    REQUIRE(at);
  }
}

/// Makes a wide and deep tree.
void branch(const fs::path& root, int levels) {
  if (levels == 0)
    return;
  for (int i = 0; i < 4; ++i) {
    auto below = root / std::to_string(i);
    fs::create_directory(below);
    std::ofstream{below / "file"} << i;
    branch(below, levels - 1);
  }
}

/// A victim, with links to it, and the folder that is to be removed.
struct world {
  world() {
    fs::create_directories(folder.path("victim/sub"));
    folder.write("victim/keep", "x");
    folder.write("victim/sub/keep", "x");
    fs::create_directory(root);
  }

  bool victim_is_whole() const {
    return fs::exists(folder.path("victim/keep"))
           && fs::exists(folder.path("victim/sub/keep"));
  }

  scratch_folder folder;
  std::string root = folder.path("root");
};

} // namespace

TEST_CASE("all content of a folder is removed, and nothing else") {
  world w;

  struct content {
    std::string name;
    std::function<void()> put;
  };

  auto victim = w.folder.path("victim");
  const std::vector<content> all = {
      {"nothing",
       [] {
       }},
      {"a wide tree",
       [&] {
         branch(w.root, 5);
       }},
      {"links to folders",
       [&] {
         fs::create_symlink(victim, w.root + "/l");
         fs::create_directory(w.root + "/d");
         fs::create_symlink(victim, w.root + "/d/l");
         fs::create_directory(w.root + "/d/d");
         fs::create_symlink(victim, w.root + "/d/d/l");
       }},
      {"the folder itself is a link",
       [&] {
         fs::remove(w.root);
         fs::create_symlink(victim, w.root);
       }},
      {"the folder itself is a file",
       [&] {
         fs::remove(w.root);
         w.folder.write("root", "x");
       }},
      {"there is no folder",
       [&] {
         fs::remove(w.root);
       }},
      {"folders that are closed to us",
       [&] {
         fs::create_directories(w.root + "/a/b/c");
         w.folder.write("root/a/b/c/file", "x");
         for (const auto* name : {"/a/b/c", "/a/b", "/a", ""})
           REQUIRE(::chmod((w.root + name).c_str(), 0) == 0);
       }},
      {"pipes and odd names",
       [&] {
         fs::create_directories(w.root + "/...");
         REQUIRE(::mkfifo((w.root + "/.../p").c_str(), 0) == 0);
         w.folder.write("root/-\n*", "x");
       }},
  };
  for (const auto& one : all) {
    INFO(one.name);
    std::error_code ignored;
    fs::create_directory(w.root, ignored);
    one.put();
    auto removed = remove_tree(w.root);
    CHECK(removed);
    CHECK_FALSE(fs::exists(fs::symlink_status(w.root)));
    CHECK(w.victim_is_whole());
  }
}

TEST_CASE("a folder that is nested very deep is removed in linear time") {
  world w;
  nest(w.root, 6'000);
  // With paths this took more than half a minute of the processor.
  auto start = std::clock();
  CHECK(remove_tree(w.root));
  CHECK(std::clock() - start < 10 * CLOCKS_PER_SEC);
  CHECK_FALSE(fs::exists(w.root));
}

TEST_CASE("a removal can be stopped") {
  world w;
  branch(w.root, 3);
  motorcade::file_handle root{::open(w.root.c_str(), O_PATH | O_DIRECTORY)};
  auto asked = 0;
  auto done = empty_folder(root.get(), [&] { return ++asked > 10; });
  REQUIRE_FALSE(done);
  CHECK(done.error().code == ec::cancelled);
  CHECK_FALSE(fs::is_empty(w.root));
  CHECK(empty_folder(root.get()));
  CHECK(fs::is_empty(w.root));
}
