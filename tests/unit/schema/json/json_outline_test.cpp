#include "schema/json/json_outline.hpp"

#include <catch2/catch_all.hpp>

#include <string>

using namespace motorcade;

TEST_CASE("numbers and escapes beyond the parser's limits are valid") {
  for (const std::string json :
       {"1e400", "-1e400", "[-1E+99999]", "123456789012345678901234567890",
        R"("\ud83d")", R"("\udc00\ud83d")", R"("\ud83d\u0041")",
        R"(["\ud83d","\\ud83d"])"}) {
    INFO(json);
    CHECK(read_json(json));
  }
  const std::string digits(5000, '9');
  CHECK(read_json(digits));
  CHECK(read_json("[0." + digits + "," + digits + "." + digits + "e-7]"));
  for (const std::string json :
       {"1e400e", "1e", "1.e5", ".5e400", "01e400", "+1e400", "--1e400",
        "1e4 00", R"("\ud83d)", R"("\)", R"("\u12)", R"("\ud8gg")"}) {
    INFO(json);
    CHECK_FALSE(read_json(json));
  }
  CHECK(read_json(R"("\ud83d\ude00 \ud83d! \u0041")")->text
        == "😀 \xEF\xBF\xBD! A");
  CHECK(read_json(R"("\\ud83d")")->text == R"(\ud83d)");
}

TEST_CASE("members are found by name, the last of several, and null counts as "
          "absent") {
  const auto got =
      read_json(R"({"a":"1","a":"2","b":"x","b":null,"c":{"d":[{"e":1}]}})", 2);
  REQUIRE(got);
  REQUIRE(got->find("a") != nullptr);
  CHECK(got->find("a")->text == "2");
  CHECK(got->find("b") == nullptr);
  CHECK(got->find("z") == nullptr);
  REQUIRE(got->find("c") != nullptr);
  const auto* list = got->find("c")->find("d");
  REQUIRE(list != nullptr);
  CHECK(list->kind == json_kind::array);
  CHECK(list->children.empty());
  CHECK(got->find("a")->find("a") == nullptr);
}
