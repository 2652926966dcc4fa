// Which files a connector may have delivered.

#include "runtime/files/staging_area.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <unistd.h>

#include <filesystem>
#include <functional>

using namespace motorcade;
using motorcade::test::scratch_folder;
namespace fs = std::filesystem;

namespace {

/// A folder `root` to stage in, and what lies beside it.
struct area_fixture {
  area_fixture() {
    fs::create_directories(path("root/sub"));
    put("root/a", "hello");
    put("root/sub/b", "hello");
    put("root/empty", "");
    put("secret", "hello");
    put("root/own.db", "hello");
    put("root/own.db-wal", "hello");
    fs::create_directory(path("root/config"));
    put("root/config/c", "hello");
    fs::create_symlink(path("secret"), path("root/link"));
    fs::create_symlink(path("root/sub"), path("root/linked"));
    fs::create_symlink(path("root"), path("way"));
    ::mkfifo(path("root/fifo").c_str(), 0600);
  }

  std::string path(const std::string& name) const { return folder.path(name); }

  void put(const std::string& name, const std::string& text) const {
    folder.write(name, text);
  }

  staging_area area() const {
    return staging_area{{path("root"), path("missing")},
                        {path("root/own.db"), path("root/config")}};
  }

  scratch_folder folder;
};

} // namespace

TEST_CASE_METHOD(area_fixture, "regular files of the right size are opened") {
  for (const auto& [name, size] :
       {std::pair{"root/a", 5}, std::pair{"root/sub/b", 5},
        std::pair{"root/empty", 0}}) {
    CAPTURE(name);
    auto open = area().open({path(name), "x", static_cast<uint64_t>(size)});
    CHECK(open);
  }
  // The root itself may be a link, and be named either way.
  CHECK(staging_area{{path("way")}}.open({path("way/a"), "x", 5}));
  CHECK(staging_area{{path("way")}}.open({path("root/a"), "x", 5}));
  CHECK(staging_area{{path("root") + "//"}}.open({path("root/a"), "x", 5}));
}

TEST_CASE_METHOD(area_fixture,
                 "everything but a regular file is refused with its reason") {
  struct row {
    std::string path;
    uint64_t bytes;
    std::string reason;
  };

  const std::vector<row> table = {
      {path("root/a"), 4, "has 5 bytes, file_size_bytes says 4"},
      {path("root/a"), 6, "has 5 bytes, file_size_bytes says 6"},
      {path("root/none"), 5, "No such file"},
      {path("root/none/b"), 5, "No such file"},
      {path("root/sub"), 5, "is a folder, must be a regular file"},
      {path("root/fifo"), 5, "is a named pipe, must be a regular file"},
      {path("root/link"), 5, "is a symbolic link, must be"},
      {path("root/linked/b"), 5, "symbolic link"},
      {path("root/a/b"), 5, "symbolic link, or by what is no folder"},
      {path("root/../secret"), 5, "`..`"},
      {path("root/sub/../a"), 5, "`..`"},
      {path("root/./a"), 5, "`..`"},
      {path("root//a"), 5, "empty"},
      {path("root/"), 5, "outside of STAGING_DIR"},
      {path("root"), 5, "outside of STAGING_DIR"},
      {path("rooted"), 5, "outside of STAGING_DIR"},
      {path("secret"), 5, "outside of STAGING_DIR"},
      {"/etc/passwd", 5, "outside of STAGING_DIR"},
      {"/dev/null", 0, "outside of STAGING_DIR"},
      {path("missing/a"), 5, "No such file"},
      {path("root/own.db"), 5, "is one of the sidecar's own"},
      {path("root/own.db-wal"), 5, "is one of the sidecar's own"},
      {path("root/config/c"), 5, "is one of the sidecar's own"},
  };
  for (const auto& one : table) {
    CAPTURE(one.path, one.bytes);
    auto open = area().open({one.path, "x", one.bytes});
    REQUIRE_FALSE(open);
    CHECK(open.error().code == ec::invalid_argument);
    CHECK_THAT(open.error().what,
               Catch::Matchers::ContainsSubstring(one.reason));
  }
  // With any roots, devices are no files.
  CHECK_FALSE(staging_area{{"/dev"}}.open({"/dev/zero", "x", 0}));
}

TEST_CASE_METHOD(area_fixture, "links and other names of secrets are refused") {
  struct row {
    std::string what;
    std::function<void()> trick;
    std::string name;
    std::string reason;
  };

  auto area = this->area();
  auto lead_away = [this](const std::string& name) {
    fs::rename(path(name), path(name) + "-x");
    fs::create_symlink(path("elsewhere"), path(name));
  };
  fs::create_directories(path("elsewhere/sub"));
  put("elsewhere/a", "hello");
  put("elsewhere/sub/b", "hello");
  const std::vector<row> table = {
      {"a hard link of a file outside",
       [this] { fs::create_hard_link(path("secret"), path("root/h")); },
       "root/h", "has other names (hard links)"},
      {"a hard link of an own file",
       [this] { fs::create_hard_link(path("root/own.db"), path("root/h")); },
       "root/h", "is one of the sidecar's own"},
      {"an own file that was renamed",
       [this] { fs::rename(path("root/own.db-wal"), path("root/h")); },
       "root/h", "is one of the sidecar's own"},
      {"a root replaced by a link", [&] { lead_away("root"); }, "root/a",
       "is reached by a symbolic link"},
      {"a missing root that comes as a link",
       [this] { fs::create_symlink(path("elsewhere"), path("missing")); },
       "missing/a", "is reached by a symbolic link"},
      {"a folder below replaced by a link", [&] { lead_away("root/sub"); },
       "root/sub/b", "is reached by a symbolic link"},
  };
  auto at = GENERATE(range(0, 6));
  const auto& one = table.at(static_cast<size_t>(at));
  CAPTURE(one.what);
  one.trick();
  auto open = area.open({path(one.name), "x", 5});
  REQUIRE_FALSE(open);
  CHECK_THAT(open.error().what, Catch::Matchers::ContainsSubstring(one.reason));
}

TEST_CASE_METHOD(area_fixture, "a root that is made anew can be used") {
  auto area = this->area();
  fs::remove_all(path("root"));
  fs::create_directory(path("root"));
  put("root/a", "hello");
  fs::create_directory(path("missing"));
  put("missing/b", "hello");
  CHECK(area.open({path("root/a"), "x", 5}));
  CHECK(area.open({path("missing/b"), "x", 5}));
}

TEST_CASE_METHOD(area_fixture, "only delivered files are removed") {
  staged_file file{path("root/a"), "x", 5};
  auto open = area().open(file);
  REQUIRE(open);
  auto mark = file_mark::of(*open);
  SECTION("the very file") {
    CHECK(area().remove(file, mark));
    CHECK_FALSE(fs::exists(file.path));
    CHECK(area().remove(file, mark));
  }
  SECTION("another of its name stays") {
    fs::remove(file.path);
    put("root/a", "other");
    CHECK(area().remove(file, mark));
    CHECK(fs::exists(file.path));
  }
}

TEST_CASE("a file_reference says where the file lies") {
  auto read = parse_file_reference(
      R"({"staging_file_url":"/s/a\u00e4","file_size_bytes":7,)"
      R"("source_file_relative_path":"x/a.pdf","more":[1]})");
  REQUIRE(read);
  CHECK(read->path == "/s/aä");
  CHECK(read->relative_path == "x/a.pdf");
  CHECK(read->bytes == 7);
  read = parse_file_reference(
      R"({"staging_file_url":"file:///s/a%20b","file_size_bytes":0,)"
      R"("source_file_relative_path":"x"})");
  REQUIRE(read);
  CHECK(read->path == "/s/a b");
}

TEST_CASE("a broken file_reference is refused with its fault") {
  struct row {
    std::string object;
    std::string reason;
  };

  const std::string path = R"("staging_file_url":"/s/a")";
  const std::string name = R"("source_file_relative_path":"a")";
  const std::string size = R"("file_size_bytes":1)";
  const std::vector<row> table = {
      {"{}", "staging_file_url is missing"},
      {"{" + name + "," + size + "}", "staging_file_url is missing"},
      {"{" + path + "," + size + "}", "source_file_relative_path is missing"},
      {"{" + path + "," + name + "}", "file_size_bytes is missing"},
      {R"({"staging_file_url":null,)" + name + "," + size + "}", "is missing"},
      {R"({"staging_file_url":1,)" + name + "," + size + "}", "is no string"},
      {R"({"staging_file_url":"",)" + name + "," + size + "}", "is empty"},
      {R"({"staging_file_url":"a",)" + name + "," + size + "}",
       "no absolute path"},
      {R"({"staging_file_url":"/a\u0000b",)" + name + "," + size + "}",
       "zero byte"},
      {R"({"staging_file_url":"file:///%zz",)" + name + "," + size + "}",
       "percent-encoding"},
      {R"({"staging_file_url":"s3://a/b",)" + name + "," + size + "}",
       "no absolute path"},
      {"{" + path + "," + name + R"(,"file_size_bytes":-1})", "whole number"},
      {"{" + path + "," + name + R"(,"file_size_bytes":1.5})", "whole number"},
      {"{" + path + "," + name + R"(,"file_size_bytes":"1"})", "whole number"},
      {"{" + path + "," + name
           + R"(,"file_size_bytes":99999999999999999999999})",
       "whole number"},
  };
  for (const auto& one : table) {
    CAPTURE(one.object);
    auto read = parse_file_reference(one.object);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == ec::invalid_argument);
    CHECK_THAT(read.error().what,
               Catch::Matchers::StartsWith("file_reference: "));
    CHECK_THAT(read.error().what,
               Catch::Matchers::ContainsSubstring(one.reason));
  }
}
