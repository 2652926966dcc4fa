#include "schema/json/json_tree.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using namespace motorcade;
using nlohmann::json;

TEST_CASE("a member of an unexpected type counts as none", "[json_tree]") {
  const json tree = {{"text", "a"},          {"number", 7},
                     {"object", {{"b", 1}}}, {"array", {1, 2}},
                     {"half", 0.5},          {"flag", true},
                     {"none", nullptr},      {"large", 1L << 40}};
  CHECK(text_at(tree, "text") == "a");
  CHECK(integer_at(tree, "number") == 7);
  CHECK(integer_at(tree, "large") == 1L << 40);
  CHECK(object_at(tree, "object") == json{{"b", 1}});
  CHECK(array_at(tree, "array") == json{1, 2});
  for (const auto* name : {"number", "object", "array", "flag", "none", "x"})
    CHECK(text_at(tree, name).empty());
  for (const auto* name : {"text", "half", "flag", "none", "x"})
    CHECK(integer_at(tree, name) == 0);
  for (const auto* name : {"text", "array", "none", "x"})
    CHECK(object_at(tree, name) == json::object());
  for (const auto* name : {"text", "object", "none", "x"})
    CHECK(array_at(tree, name) == json::array());
  CHECK(member_at(tree, "flag") == true);
  CHECK(member_at(tree, "x").is_null());
}

TEST_CASE("a value that is no object has no members", "[json_tree]") {
  const json tree = GENERATE(json{}, json("a"), json(1), json::array({1}),
                             json(json::value_t::discarded));
  CHECK(member_at(tree, "a").is_null());
  CHECK(text_at(tree, "a").empty());
  CHECK(object_at(tree, "a").empty());
  CHECK(array_at(tree, "a").empty());
  CHECK(texts_of(tree).empty());
}

TEST_CASE("only strings count as members with text", "[json_tree]") {
  CHECK(texts_of(json{{"a", "b"}, {"c", 1}, {"d", nullptr}})
        == std::map<std::string, std::string>{{"a", "b"}});
}

TEST_CASE("a tree with broken UTF-8 can be written", "[json_tree]") {
  CHECK(write_json(json{{"a", "b\xff"}})
        == R"({"a":"b)"
           "\uFFFD"
           R"("})");
  CHECK(write_json(nlohmann::ordered_json{{"b", 1}, {"a", "é"}})
        == R"({"b":1,"a":"é"})");
}
