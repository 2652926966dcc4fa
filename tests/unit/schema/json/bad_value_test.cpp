#include "schema/json/bad_value.hpp"

#include "schema/json/json_check.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("values that cannot be kept exactly are found with their place") {
  struct row {
    const char* json;
    const char* place;
    const char* what;
  };

  const row rows[] = {
      {R"({"a":1e400})", "a", "beyond all"},
      {R"({"a":{"b":[1,2,-1e999]}})", "a.b[2]", "beyond all"},
      {R"({"a":{"f":0.1234567890123456789}})", "a.f", "would be rounded"},
      {R"([1,12345678901234567.25])", "[1]", "would be rounded"},
      {R"([0.12345678901234567])", "[0]", "would be rounded"},
      {R"([9007199254740993.0])", "[0]", "would be rounded"},
      {R"([-1.5E-400])", "[0]", "would be rounded"},
      {R"({"n":18446744073709551616})", "n", "beyond 64 bits"},
      {R"([0,-9223372036854775809])", "[1]", "beyond 64 bits"},
      {R"({"n": 123456789012345678901234567890 })", "n", "beyond 64 bits"},
      {R"({"a":"\ud800"})", "a", "surrogate"},
      {R"({"a":["x\uDC00y"]})", "a[0]", "surrogate"},
      {R"({"a":"\ud83dx\ude00"})", "a", "surrogate"},
      {R"({"x":{"\ud800":1}})", "x", "surrogate"},
      {R"("\ud83d\ud83d")", "", "surrogate"},
      {R"({"path":"a\u0000b"})", "path", "NUL"},
      {R"({"a":1,"b":{},"a":2})", "a", "is there twice"},
      {R"({"x":[{"k":1},{"k":{"k":1},"\u006b" : 2}]})", "x[1].k",
       "is there twice"},
  };
  for (const auto& one : rows) {
    INFO(one.json);
    REQUIRE_FALSE(check_json(one.json));
    const auto found = find_bad_value(one.json, true);
    REQUIRE(found);
    CHECK(found->place == one.place);
    CHECK_THAT(found->what, Catch::Matchers::ContainsSubstring(one.what));
  }
}

TEST_CASE("values that can be kept are not found") {
  for (const auto* json :
       {R"({"a":1e308,"b":-1.5E-300,"c":0.12345678901234568,"d":5e-324})",
        R"([0.0,-0.0,0e999,1.50,3.14000000000000000000,100.00,1e30])",
        R"([0.10000000000000001,9007199254740992.0,1.7976931348623157e308])",
        R"([18446744073709551615,-9223372036854775808,0,-0])",
        R"({"a":"\ud83d\ude00 \\ud800 \" 1e400","b":true,"c":null})",
        R"({"1e400":"18446744073709551616"})",
        R"({"a":{"a":["a","a"]},"b":[{"a":"b"},{"a":"b"}]})",
        R"({"a":"a\u0000b"})", "{}"}) {
    INFO(json);
    REQUIRE_FALSE(check_json(json));
    CHECK_FALSE(find_bad_value(json));
  }
  CHECK(find_bad_value(R"({"a":"a\u0000b"})", true));
}
