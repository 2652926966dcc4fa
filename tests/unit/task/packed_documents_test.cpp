#include "runtime/task/packed_documents.hpp"

#include "runtime/base/whole_file.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;

TEST_CASE("a document is packed and unpacked byte for byte", "[packed]") {
  std::mt19937 random{7};
  std::string noise(100'000, '\0');
  for (auto& c : noise)
    c = static_cast<char>(random());
  for (const auto& text :
       {std::string{}, std::string{"{}"}, std::string(3 << 20, 'x'), noise}) {
    auto back = unpack_document(pack_document(text));
    REQUIRE(back);
    CHECK(*back == text);
  }
  CHECK(pack_document(std::string(3 << 20, 'x')).size() < 1000);
}

TEST_CASE("a text that is no packed document is refused", "[packed]") {
  std::string repeated(10'000, 'x');
  repeated += 'y';
  auto packed = pack_document(repeated);
  auto code = [](std::string_view text, size_t most = 1 << 20) {
    auto out = unpack_document(text, most);
    REQUIRE_FALSE(out);
    return out.error().code;
  };
  CHECK(code("") == ec::invalid_argument);
  CHECK(code("{}") == ec::invalid_argument);
  CHECK(code(packed.substr(0, packed.size() - 1)) == ec::invalid_argument);
  CHECK(code(packed, 10'000) == ec::invalid_argument);
  CHECK(unpack_document(packed, 10'001));
}

TEST_CASE("a document is unpacked if its file's name says so", "[packed]") {
  const std::string text = R"({"destinationType":"postgres"})";
  CHECK(*text_of_document("/d/a.json", text) == text);
  CHECK(*text_of_document("/d/a.json.zst", pack_document(text)) == text);
  const auto refused = text_of_document("/d/a.json.zst", text);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ec::invalid_argument);
  CHECK(refused.error().what == "/d/a.json.zst: no packed document");
}

TEST_CASE("an init step unpacks packed documents", "[packed]") {
  scratch_folder from;
  scratch_folder to;
  auto put = [&](const std::string& name, const std::string& text) {
    std::ofstream{from.path(name), std::ios::binary} << text;
  };
  put("state.json.zst", pack_document("[1]"));
  put("catalog.json.zst", pack_document("{}"));
  put("other", "x");
  put("..data.zst", "x");
  REQUIRE(unpack_folder(from.path().string(), to.path().string()));
  std::ifstream state{to.path("state.json")};
  std::string text;
  state >> text;
  CHECK(text == "[1]");

  struct stat info {};

  REQUIRE(::stat((to.path("state.json")).c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0440);
  auto files =
      std::distance(std::filesystem::directory_iterator{to.path()}, {});
  CHECK(files == 2);
  put("broken.json.zst", "x");
  auto refused = unpack_folder(from.path().string(), to.path().string());
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().what,
             Catch::Matchers::ContainsSubstring("broken.json.zst"));
  CHECK_FALSE(unpack_folder(from.path("none"), to.path().string()));
}

TEST_CASE("the parts of a packed document are put together", "[packed]") {
  scratch_folder from;
  scratch_folder to;
  auto unpack = [&] {
    auto done = unpack_folder(from.path().string(), to.path().string());
    return done ? std::string{} : done.error().what;
  };
  std::string text;
  for (uint64_t i = 0; i < 300'000; ++i)
    text += std::to_string(i * 7919 % 1'000'003);
  const auto packed = pack_document(text);
  constexpr size_t parts = 1'100;
  const auto part = packed.size() / parts + 1;
  std::vector<std::string> names;
  for (size_t i = 0; i * part < packed.size(); ++i) {
    if (names.size() == 999)
      break;
    names.push_back(from.path("state.json.zst" + part_suffix(i + 1)));
    std::ofstream{names.back(), std::ios::binary}
        << (i == 998 ? packed.substr(i * part) : packed.substr(i * part, part));
  }
  CHECK(names.front().ends_with(".001"));
  CHECK(unpack().empty());
  CHECK(*read_whole_file(to.path("state.json")) == text);
  std::filesystem::remove(names[500]);
  CHECK(unpack()
        == from.path("state.json.zst") + ": a part before "
               + "state.json.zst.502 is lacking");
  for (size_t i = 500; i < names.size(); ++i)
    std::filesystem::remove(names[i]);
  CHECK(unpack()
        == from.path("state.json.zst") + ": a packed document that is damaged");
}

TEST_CASE("a packed document of any length is unpacked whole", "[packed]") {
  // Around the sizes of zstd's own buffers, where the last piece is full.
  for (size_t bytes :
       {size_t{0}, size_t{1}, (size_t{1} << 17) - 1, size_t{1} << 17,
        (size_t{1} << 17) + 1, size_t{1} << 18, (size_t{3} << 17)}) {
    scratch_folder from;
    scratch_folder to;
    const std::string text(bytes, 'x');
    std::ofstream{from.path("a.json.zst"), std::ios::binary}
        << pack_document(text);
    INFO(bytes);
    auto done = unpack_folder(from.path().string(), to.path().string());
    if (!done)
      FAIL(done.error().what);
    CHECK(*read_whole_file(to.path("a.json")) == text);
  }
}
