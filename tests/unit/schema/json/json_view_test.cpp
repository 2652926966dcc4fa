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
