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

TEST_CASE("a tree is read of all that is JSON", "[json_tree]") {
  struct row {
    const char* given;
    std::string read;
  };

  const auto half = std::string{"\"\uFFFD\""};
  const row table[] = {
      {R"({"a":[1,-0.5e3,"b",true,null]})",
       R"({"a":[1,-500.0,"b",true,null]})"},
      {R"("\ud83d\ude00")", "\"\U0001F600\""},
      {R"("\ud800")", half},
      {R"("\uDFFF")", half},
      {R"("a\ud83dx")", "\"a\uFFFDx\""},
      {R"("\ud83d\ud83d\ude00")", "\"\uFFFD\U0001F600\""},
      {R"("\ud83d\n")", "\"\uFFFD\\n\""},
      {R"("\ud83d\u0041")", "\"\uFFFDA\""},
      {R"(["\\ud800","\"\ud800",1e400])", R"(["\\ud800","\")"
                                          "\uFFFD"
                                          R"(",1.7976931348623157e+308])"},
      {R"({"\ud800":-1e400})", "{\"\uFFFD\":-1.7976931348623157e+308}"},
      {R"([1e-400,"1e400"])", R"([0.0,"1e400"])"},
      {" \t1E+999\n", "1.7976931348623157e+308"},
      {"{", ""},
      {"", ""},
      {"[1e400", ""},
      {R"("\x")", ""},
  };
  for (const auto& [given, read] : table) {
    INFO(given);
    const auto tree = read_tree(given);
    CHECK(tree.is_discarded() == read.empty());
    CHECK(read_ordered_tree(given).is_discarded() == read.empty());
    if (!read.empty()) {
      CHECK(write_json(tree) == read);
      CHECK(write_json(read_ordered_tree(given)) == read);
    }
  }
}

TEST_CASE("a tree with broken UTF-8 can be written", "[json_tree]") {
  CHECK(write_json(json{{"a", "b\xff"}})
        == R"({"a":"b)"
           "\uFFFD"
           R"("})");
  CHECK(write_json(nlohmann::ordered_json{{"b", 1}, {"a", "é"}})
        == R"({"b":1,"a":"é"})");
}
