#include "schema/lines/loose_value.hpp"
#include "schema/lines/stream_guess.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("a name that is written a little otherwise is found", "[guess]") {
  const std::vector<stream_id> catalog = {
      {"", "users"},       {"public", "orders"}, {"", "Größen"},
      {"", "user groups"}, {"a", "events"},      {"b", "events"},
      {"", "パーティー"},  {"", "한국"}};

  struct row {
    stream_id sent;
    std::vector<size_t> found;
  };

  const row rows[] = {
      {{"", "Users"}, {0}},
      {{"", " users "}, {0}},
      {{"public", "users"}, {0}},
      {{"", "orders"}, {1}},
      {{"", "public.orders"}, {1}},
      {{"PUBLIC", "Orders"}, {1}},
      {{"other", "orders"}, {}},
      {{"", "Gro\u0308\u00dfen"}, {2}},
      {{"", "GRÖẞEN"}, {2}},
      {{"", "Gr\\u00f6\\u00dfen"}, {2}},
      {{"", "Gr%C3%B6%C3%9Fen"}, {2}},
      {{"", "Grossen"}, {}},
      {{"", "user_groups"}, {3}},
      {{"", "UserGroups"}, {3}},
      {{"", "user-groups"}, {3}},
      {{"", "ｕｓｅｒ　ｇｒｏｕｐｓ"}, {3}},
      {{"", "events"}, {4, 5}},
      {{"", "ハ\u309aーティー"}, {6}},
      {{"", "\u1112\u1161\u11ab\u1100\u116e\u11a8"}, {7}},
      {{"", "user"}, {}},
      {{"", "invoices"}, {}},
      {{"", ""}, {}},
  };
  for (const auto& [sent, found] : rows) {
    INFO(sent.key());
    auto guess = guess_stream(sent, catalog);
    CHECK(guess.streams == found);
    CHECK(guess.difference.empty() == found.empty());
  }
}

TEST_CASE("values are found in what is broken", "[guess]") {
  using strings = std::vector<std::string>;
  auto of = [](std::string_view text) {
    return find_loose_values(text, "stream");
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
      == "no é page");
  CHECK(guess_error_text(
            R"({"type":"TRACE","trace":{"type":"STREAM_STATUS","message":"x")")
            .empty());
}
