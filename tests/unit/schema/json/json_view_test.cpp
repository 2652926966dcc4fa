#include "schema/json/json_view.hpp"

#include "schema/json/json_check.hpp"

#include <catch2/catch_all.hpp>

#include <string>

using namespace motorcade;

TEST_CASE("a string ends at its first quote that is not escaped") {
  for (const std::string inside :
       {R"()", R"(a)", R"(\")", R"(\\)", R"(\\\")", R"(\"\")", R"(a\"b\\)",
        R"(\u0022)", R"({"a":1)", R"(a\nb)", R"(\\\\\\\"x)"}) {
    // Only what is valid in quotes counts.
    const auto text = "\"" + inside + "\"";
    if (check_json(text))
      continue;
    for (const auto* behind : {"", ",", "\"", R"("x\")", R"(\)", R"(:"b"})"}) {
      INFO(text << behind);
      CHECK(json_value_length(text + behind) == text.size());
    }
  }
  // What is cut ends with the text.
  for (const std::string cut : {R"(")", R"("a)", R"("a\)", R"("a\")"}) {
    INFO(cut);
    CHECK(json_value_length(cut) == cut.size());
  }
}

TEST_CASE("the text of a member is empty if it is no string") {
  const json_view object{R"({"a":"b\n","c":1,"d":{"a":"x"},"e":null})"};
  CHECK(object.text_at("a") == "b\n");
  for (const auto* name : {"c", "d", "e", "x"}) {
    INFO(name);
    CHECK(object.text_at(name).empty());
  }
  CHECK(json_view{R"(["a"])"}.text_at("a").empty());
}

TEST_CASE("a text is written as a string of JSON") {
  const std::string text = "ö😀/\"\\\x01\x7f\xff";
  CHECK(encode_json_string(text) == "\"ö😀/\\\"\\\\\\u0001\x7f\uFFFD\"");
  CHECK(encode_json_string(text, true)
        == R"("\u00f6\ud83d\ude00/\"\\\u0001\u007f\ufffd")");
}

TEST_CASE("a long string with many escapes is read in one pass") {
  // Read anew at each escape, this would take hours.
  std::string text = "\"";
  constexpr size_t escapes = 1'000'000;
  for (size_t i = 0; i < escapes; ++i)
    text += "\\n.";
  text += '"';
  CHECK(json_value_length(text) == text.size());
  CHECK(json_value_length(text + ",\"b\"") == text.size());
}
