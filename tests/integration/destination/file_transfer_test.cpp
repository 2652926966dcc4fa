// Files that come with rows, on their way into a destination of files.

#include "runtime/destination/choice/make_destination.hpp"
#include "runtime/destination/file/table_file.hpp"
#include "support/scratch_folder.hpp"
#include "support/table_reader.hpp"
#include "support/upload_probe.hpp"

#include <catch2/catch_all.hpp>

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <map>
#include <set>

using namespace motorcade;
using namespace motorcade::support;
using motorcade::test::scratch_folder;
namespace fs = std::filesystem;
using strings = std::vector<std::string>;

namespace {

std::string text_of(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// A destination of files in `out`, and a connector that stages in `staging`.
struct transfer {
  transfer() {
    fs::create_directory(folder.path("staging"));
    destination_settings settings;
    settings.url = "file://" + folder.path("out");
    settings.staging_dirs = {folder.path("staging")};
    auto made = make_destination(settings);
    REQUIRE(made);
    to = *made;
  }

  /// Stages a file.
  staged_file stage(const std::string& relative_path, const std::string& text) {
    auto path = folder.write("staging/" + std::to_string(++staged), text);
    return {path, relative_path, text.size()};
  }

  /// A request of one row for each of the files.
  upload_outcome deliver(const std::vector<staged_file>& files,
                         write_mode mode = write_mode::batch) {
    upload_probe upload{*to, request_for("t", mode)};
    write(upload, files);
    return upload.finish();
  }

  static void write(upload_probe& upload,
                    const std::vector<staged_file>& files) {
    std::string text;
    for (const auto& file : files)
      text += R"({"of":")" + file.relative_path + "\"}\n";
    auto bytes = std::make_unique<char[]>(text.size());
    text.copy(bytes.get(), text.size());
    upload->write(std::make_shared<const block>(
        std::move(bytes), text.size(), files.size(), window_share{}, files));
  }

  strings rows() const { return read_table(folder.path("out/t.ndjson.zst")); }

  /// @returns what lies in `t.files`, by path.
  std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> out;
    fs::path root = folder.path("out/t.files");
    if (fs::exists(root))
      for (const auto& one : fs::recursive_directory_iterator{root})
        if (one.is_regular_file())
          out[one.path().lexically_relative(root)] = text_of(one.path());
    return out;
  }

  scratch_folder folder;
  destination_ptr to;
  int staged = 0;
};

using contents = std::map<std::string, std::string>;

} // namespace

TEST_CASE("delivered files are under the table's name, and no longer staged") {
  transfer world;
  CHECK(world.to->staging() != nullptr);
  auto plain = world.stage("a.pdf", "hello");
  auto deep = world.stage("x/y/b", std::string(3 << 20, 'b'));
  CHECK(world.deliver({plain, deep}).committed());
  CHECK(world.files()
        == contents{{"a.pdf", "hello"}, {"x/y/b", std::string(3 << 20, 'b')}});
  CHECK(world.rows().size() == 2);
  CHECK_FALSE(fs::exists(plain.path));
  CHECK_FALSE(fs::exists(deep.path));
  CHECK(hidden_files(world.folder.path()).empty());
}

TEST_CASE("a request that is not committed has no visible file") {
  transfer world;
  auto file = world.stage("a", "1");
  upload_probe upload{*world.to, request_for("t")};
  world.write(upload, {file});
  SECTION("yet") {
    REQUIRE(upload.wait_until_taken());
    CHECK(world.files().empty());
    CHECK(upload.finish().committed());
    CHECK(world.files() == contents{{"a", "1"}});
  }
  SECTION("at all") {
    upload->abort();
    CHECK(code_of(upload.wait()) == ec::cancelled);
    CHECK(world.files().empty());
    CHECK(fs::exists(file.path));
    CHECK(hidden_files(world.folder.path()).empty());
  }
}

TEST_CASE("the newest version of a file replaces its elder") {
  transfer world;
  CHECK(world.deliver({world.stage("a", "old"), world.stage("b", "b")})
            .committed());
  CHECK(world.deliver({world.stage("a", "1"), world.stage("a", "2")})
            .committed());
  CHECK(world.files() == contents{{"a", "2"}, {"b", "b"}});
}

TEST_CASE("files of rows that are replaced are removed") {
  transfer world;
  CHECK(world.deliver({world.stage("a", "a"), world.stage("x/b", "b")})
            .committed());
  SECTION("but for those that came again") {
    CHECK(world.deliver({world.stage("a", "new")}, write_mode::replace_table)
              .committed());
    CHECK(world.files() == contents{{"a", "new"}});
    CHECK_FALSE(fs::exists(world.folder.path("out/t.files/x")));
  }
  SECTION("all of them where no row has one any more") {
    upload_probe upload{*world.to, request_for("t", write_mode::replace_table)};
    upload.write({"{}"});
    CHECK(upload.finish().committed());
    CHECK_FALSE(fs::exists(world.folder.path("out/t.files")));
  }
}

TEST_CASE("no path leads out of the folder, and no two meet") {
  transfer world;
  const strings paths = {
      "../a",
      "../../a",
      "/a",
      "//a",
      "a/../b",
      ".",
      "..",
      "./a",
      "a/",
      "a/.b/c",
      "a%2Fb",
      "a//b",
      "a\\b",
      "a\nb",
      "ü/€",
      "a/b",
      "A/b",
      " ",
      std::string(300, 'x'),
      std::string(300, 'x') + "y",
  };
  std::vector<staged_file> files;
  for (const auto& path : paths)
    files.push_back(world.stage(path, path));
  // Others have names of their own where a file and a folder would meet.
  files.push_back(world.stage("a", "a"));
  files.push_back(world.stage("a%2Fb/c", "a%2Fb/c"));
  CHECK(world.deliver(files).committed());
  auto delivered = world.files();
  CHECK(delivered.size() == files.size());
  std::set<std::string> contents_found;
  for (const auto& [path, text] : delivered)
    contents_found.insert(text);
  CHECK(contents_found.size() == files.size());
  CHECK(delivered["a%~file"] == "a");
  CHECK(delivered["a%252Fb%~dir/c"] == "a%2Fb/c");
  CHECK(delivered["%2E./a"] == "../a");
  for (const auto& one : fs::directory_iterator{world.folder.path()}) {
    auto name = one.path().filename();
    CHECK((name == "out" || name == "staging"));
  }
}

TEST_CASE("a namespace never lies where a table has its files") {
  table_place files{"/out", "", "t"};
  table_place tables{"/out", "t.files", "a"};
  CHECK(files.files == "/out/t.files");
  CHECK(tables.folder == "/out/t%2Efiles");
}

TEST_CASE("a file that changed rejects the request") {
  transfer world;
  CHECK(world.deliver({world.stage("a", "old")}).committed());
  auto good = world.stage("b", "b");
  auto file = world.stage("a", "12345");
  std::string reason;
  SECTION("gone") {
    fs::remove(file.path);
    reason = "No such file";
  }
  SECTION("longer") {
    std::ofstream{file.path, std::ios::app} << "6";
    reason = "has 6 bytes, file_size_bytes says 5";
  }
  SECTION("a link") {
    fs::remove(file.path);
    fs::create_symlink(good.path, file.path);
    reason = "must be a regular file";
  }
  SECTION("a FIFO") {
    fs::remove(file.path);
    REQUIRE(::mkfifo(file.path.c_str(), 0600) == 0);
    reason = "must be a regular file";
  }
  upload_probe upload{*world.to, request_for("t")};
  world.write(upload, {good, file});
  auto outcome = upload.wait();
  CHECK(code_of(outcome) == ec::destination_rejected);
  CHECK_THAT(outcome.error->what, Catch::Matchers::ContainsSubstring(reason));
  CHECK(world.files() == contents{{"a", "old"}});
  CHECK(world.rows().size() == 1);
  CHECK(fs::exists(good.path));
  CHECK(hidden_files(world.folder.path()).empty());
}

TEST_CASE("a destination without a staging area takes no files") {
  scratch_folder folder;
  auto to = destination_at("file://" + folder.path("out"));
  CHECK(to->staging() == nullptr);
  CHECK(destination_at("http://127.0.0.1:1")->staging() == nullptr);
  upload_probe upload{*to, request_for("t")};
  transfer::write(upload, {{folder.write("a", "1"), "a", 1}});
  CHECK(code_of(upload.wait()) == ec::destination_rejected);
}
