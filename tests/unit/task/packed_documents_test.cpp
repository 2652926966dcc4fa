#include "runtime/task/packed_documents.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <string>

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
