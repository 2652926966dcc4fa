#include "schema/lines/loose_value.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("values are found in broken lines", "[guess]") {
  using strings = std::vector<std::string>;
  auto of = [](std::string_view text) {
    strings out;
    for (const auto& value : find_loose_values(text, "stream"))
      out.push_back(value.text);
    return out;
  };
  CHECK(of(R"({"stream":"a","x":NaN)") == strings{"a"});
  CHECK(of(R"({"stream" : "a\u00e9")") == strings{"aé"});
  CHECK(of(R"({'stream': 'a\xe9'})") == strings{"aé"});
  CHECK(of(R"({\"stream\":\"a\"})") == strings{"a"});
  CHECK(of("Message(stream='a', data={})") == strings{"a"});
  CHECK(of(R"({"stream":"a","data":{"stream":"b"}})") == strings{"a", "b"});
  CHECK(of(R"({"upstream":"a"})").empty());
  CHECK(of(R"({"stream":7})").empty());
  CHECK(of(R"({"stream":"cut)") == strings{"cut"});
  CHECK(of("").empty());
  CHECK(
      guess_error_text(
          R"({"type":"TRACE","trace":{"type":"ERROR","error":{"message":"no \u00e9 page)")
          .text
      == "no é page");
  CHECK(guess_error_text(
            R"({"type":"TRACE","trace":{"type":"STREAM_STATUS","message":"x")")
            .text.empty());
}

TEST_CASE("a value of a broken line tells how it ends", "[guess]") {
  const std::string begin = R"({"type":"ERROR","message":")";
  const std::string longest(36u << 10, 'x');

  struct row {
    std::string rest;
    size_t size;
    bool cut;
    bool closed;
  };

  const row rows[] = {
      {"a\"", 1, false, true},
      {"a", 1, false, false},
      {longest, longest.size(), false, false},
      {longest + "y", longest.size(), true, false},
      {longest.substr(1) + "\"", longest.size() - 1, false, true},
  };
  for (const auto& [rest, size, cut, closed] : rows) {
    const auto value = guess_error_text(begin + rest);
    CHECK(value.text.size() == size);
    CHECK(value.cut == cut);
    CHECK(value.closed == closed);
  }
}
