#include "schema/log/log_text.hpp"
#include "schema/secrets/secret_text.hpp"

#include <catch2/catch_all.hpp>

#include <random>
#include <string>

using namespace motorcade;
using namespace std::string_literals;

TEST_CASE("escape sequences and control characters are taken out", "[text]") {
  struct row {
    std::string text;
    std::string clean;
  };

  const row rows[] = {
      {"plain", "plain"},
      {"a\tb\nc", "a\tb\nc"},
      {"\x1b[32mINFO\x1b[0m x", "INFO x"},
      {"\x1b[1;38;5;208mx\x1b[m", "x"},
      {"\x1b[2J\x1b[Hx", "x"},
      {"\x1b]0;title\x07x", "x"},
      {"\x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\", "link"},
      {"\x1b]0;never ends", "0;never ends"},
      {"\x1bPq#0\x1b\\x", "x"},
      {"\x1b^pm\x1b\\\x1b_apc\x1b\\x", "x"},
      {"\x1b(Bx\x1b=y\x1b#8z", "xyz"},
      {"\x1b", ""},
      {"x\x1b[", "x"},
      // C1, in UTF-8.
      {"\xC2\x9B"
       "31mred",
       "red"},
      {"\xC2\x9D"
       "0;title\xC2\x9Cx",
       "x"},
      {"\xC2\x85x", "\uFFFDx"},
      // A control character ends the search for the end of a string.
      {"\xC2\x9D"
       "a\xC2\x85"
       "b\xC2\x9C",
       "a\uFFFDb\uFFFD"},
      {"\xC2\x9D\xC2\x9D\xC2\x9D"
       "a\xC2\x9Cx",
       "x"},
      {"\xC2\xA0x", "\xC2\xA0x"},
      // C0 and DEL.
      {"a\x07\x08\x7f\x01", "a\uFFFD\uFFFD\uFFFD\uFFFD"},
      {"a\0b"s, "a\uFFFDb"},
      {"10%\r20%\r\n", "10%\n20%\n"},
      {"x\r", "x"},
      // Not UTF-8.
      {"\x9b\xff", "\uFFFD\uFFFD"},
      {"größe 日本", "größe 日本"},
  };
  for (const auto& [text, clean] : rows) {
    INFO(clean);
    CHECK(clean_log_text(text) == clean);
  }
}

TEST_CASE("nothing that steers a terminal is ever left", "[text]") {
  auto seed = GENERATE(range(1u, 20u));
  INFO("seed " << seed);
  std::mt19937 random{seed};
  constexpr std::string_view bytes =
      "\x1b[]P^_\\0;m\x07\xC2\x9b\x9d\x9c\x80\r\n\t a\xff";
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (auto n = random() % 40; n > 0; --n)
      text += bytes[random() % bytes.size()];
    auto clean = clean_log_text(text);
    for (size_t k = 0; k < clean.size(); ++k) {
      auto c = static_cast<unsigned char>(clean[k]);
      REQUIRE((c >= 0x20 || c == '\n' || c == '\t'));
      REQUIRE(c != 0x7f);
      if (c == 0xC2)
        REQUIRE(static_cast<unsigned char>(clean.at(k + 1)) >= 0xA0);
    }
    REQUIRE(clean_log_text(clean) == clean);
  }
}

TEST_CASE("a long line is cut between characters, with a count", "[text]") {
  std::string longest(longest_log_text, 'x');
  CHECK(cut_log_text(longest) == longest);
  CHECK(cut_log_text(longest + "yy") == longest + "… (cut: 2 bytes more)");
  CHECK(cut_log_text(longest, 7) == longest + "… (cut: 7 bytes more)");
  auto cut = longest.substr(1);
  CHECK(cut_log_text(cut + "\xC3\xA9") == cut + "… (cut: 2 bytes more)");
}

TEST_CASE("values under keys that name secrets are masked", "[text]") {
  struct row {
    const char* text;
    const char* masked;
  };

  const row rows[] = {
      {R"({"password":"hush"})", R"({"password":"***"})"},
      {R"({"client_secret": "hush", "a": 1})",
       R"({"client_secret": "***", "a": 1})"},
      {R"({'api_key': 'hush'})", R"({'api_key': '***'})"},
      {R"({\"token\":\"hush\"})", R"({\"token\":\"***\"})"},
      {R"({"accessToken":"hu\"sh"})", R"({"accessToken":"***"})"},
      {R"({"password":"hu)", R"({"password":"***)"},
      {R"({"pin_token":1234})", R"({"pin_token":***})"},
      {R"({"credentials":{"user":"a","x":["hush}"]},"b":1})",
       R"({"credentials":***},"b":1})"},
      {"password=hush next", "password=*** next"},
      {"Authorization: Bearer hush", "Authorization: ***"},
      {"postgres://u:hush@host/db", "postgres://u:***@host/db"},
      {"a://u:hush@h, b://c d://u:@h e://u:hush@",
       "a://u:***@h, b://c d://u:***@h e://u:***@"},
      {R"({"name":"a","id":1})", R"({"name":"a","id":1})"},
      {"the password is wrong", "the password is wrong"},
  };
  for (const auto& [text, masked] : rows)
    CHECK(mask_secret_values(text) == masked);
}

TEST_CASE("a connector's config is found however it is written", "[text]") {
  for (std::string_view text :
       {R"({"type":"CONTROL","control")", R"('connectorConfig': {)",
        R"({\"connectorConfig\":)", R"(type=<Type.CONTROL: 'CONTROL'>)",
        R"(connector_config={'token': 1})",
        R"({"type":"CONTROL","group":{"a":1})"})
    CHECK(find_connector_config(text) != std::string_view::npos);
  // Objects of type CONTROL are searched for a config as far as they are short.
  const auto far = R"({"type":"CONTROL","a":")" + std::string(5000, 'x');
  CHECK(find_connector_config(far + R"(","config":{}})") == 9);
  CHECK(find_connector_config(far + "\"}") == 9);
  for (std::string_view text : {"CONTROL of the flow", "a connectorConfig came",
                                R"({"type":"CONTROL","group":{"a":3}} config)"})
    CHECK(find_connector_config(text) == std::string_view::npos);
}

TEST_CASE("one odd byte is found at any place", "[text]") {
  for (int byte = 0; byte < 256; ++byte)
    for (size_t length : {1, 8, 9, 17, 40})
      for (size_t at = 0; at < length; ++at) {
        std::string text(length, 'a');
        text[at] = static_cast<char>(byte);
        INFO(byte << " at " << at << " of " << length);
        const auto odd =
            (byte < 0x20 && byte != '\n' && byte != '\t') || byte >= 0x7f;
        CHECK(is_clean_log_text(text) == !odd);
      }
}
