#include "schema/base/cut_text.hpp"
#include "schema/json/json_view.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

size_t characters(std::string_view text) {
  size_t n = 0;
  for (auto c : text)
    n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

} // namespace

TEST_CASE("a text that fits is left alone") {
  for (const auto* text : {"", "a", "aé", "häää"})
    CHECK(cut_middle(text, 4) == text);
}

TEST_CASE("a text that is too long keeps its head and its tail") {
  auto text = "HEAD" + std::string(1000, '.') + "TAIL";
  CHECK(cut_middle(text, 100)
        == "HEAD" + std::string(33, '.') + "… (933 characters cut) …"
               + std::string(34, '.') + "TAIL");
}

TEST_CASE("a text is never cut within a character, nor longer than asked") {
  std::string text;
  for (int i = 0; i < 500; ++i)
    text += "aä€𝄞";
  for (size_t most = 0; most < 300; ++most) {
    auto cut = cut_middle(text, most);
    CAPTURE(most, cut);
    CHECK(characters(cut) <= most);
    CHECK(to_clean_text(cut) == cut);
    CHECK(text.starts_with(cut.substr(0, cut.find("… ("))));
  }
}

TEST_CASE("only the head is kept if there is no room for a notice") {
  CHECK(cut_middle("aé", 1) == "a");
  CHECK(cut_middle("aébcdef", 2) == "aé");
}
