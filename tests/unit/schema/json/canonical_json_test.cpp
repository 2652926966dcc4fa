#include "schema/json/canonical_json.hpp"

#include <catch2/catch_all.hpp>

#include <vector>

using namespace motorcade;

TEST_CASE("documents of one content have one spelling") {
  struct row {
    std::string one;
    std::string other;
  };

  for (const auto& [one, other] : {
           row{R"({"a":1,"b":[true,null]})",
               R"( { "b" : [true , null], "a":1 })"},
           // As jsonb keeps numbers, texts and equal names.
           row{R"({"n":1e2})", R"({"n":100})"},
           row{R"({"n":-1.50E-3})", R"({"n":-0.0015})"},
           row{R"([0,-0,0.00,0e9])", "[0,0,0,0]"},
           row{R"([12345678901234567890123])", "[12345678901234567890123.0]"},
           row{R"({"\u0061":"\u00e9\/"})", R"({"a":"é/"})"},
           row{R"({"a":1,"a":2})", R"({"a":2})"},
       }) {
    INFO(one << " and " << other);
    CHECK(canonical_json(one) == canonical_json(other));
  }
}

TEST_CASE("documents of different content have different spellings") {
  const std::vector<std::string> all = {
      "null",
      "true",
      "0",
      "1",
      "-1",
      "10",
      "0.1",
      "12345678901234567890123",
      "12345678901234567890124",
      R"("1")",
      R"("")",
      "[]",
      "{}",
      "[1,2]",
      "[2,1]",
      "[[1],2]",
      R"({"a":1})",
      R"({"a":"1"})",
      R"({"a":{"b":1}})",
      R"({"a":1,"b":1})",
      R"({"a,\"b\"":1})",
  };
  for (size_t i = 0; i < all.size(); ++i)
    for (size_t k = 0; k < i; ++k) {
      INFO(all[i] << " and " << all[k]);
      CHECK(canonical_json(all[i]) != canonical_json(all[k]));
    }
}
