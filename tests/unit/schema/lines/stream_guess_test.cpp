#include "schema/lines/loose_value.hpp"
#include "schema/lines/stream_guess.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

TEST_CASE("a name in another spelling is found", "[guess]") {
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
      {{"", "user_groups"}, {3}},
      {{"", "UserGroups"}, {3}},
      {{"", "user-groups"}, {3}},
      {{"", "ｕｓｅｒ　ｇｒｏｕｐｓ"}, {3}},
      {{"", "events"}, {4, 5}},
      {{"", "ハ\u309aーティー"}, {6}},
      {{"", "\u1112\u1161\u11ab\u1100\u116e\u11a8"}, {7}},
      {{"", "GRÖSSEN"}, {2}},
      {{"", "invoices"}, {}},
      {{"", ""}, {}},
  };
  for (const auto& [sent, found] : rows) {
    INFO(sent.key());
    auto guess = guess_stream(sent, catalog);
    CHECK(guess.streams == found);
    CHECK(guess.difference.empty() == found.empty());
    CHECK_FALSE(guess.may_be_another);
  }
}

TEST_CASE("a near name is found, and may be another stream's", "[guess]") {
  struct row {
    stream_id sent;
    stream_id known;
    /// The words for the difference; empty: none is found.
    std::string_view difference;
    bool may_be_another = true;
  };

  constexpr std::string_view qualifier =
      "it differs only in what stands before the last dot";
  constexpr std::string_view number = "they differ like singular and plural";
  constexpr std::string_view letter = "they differ in one letter";
  constexpr std::string_view name_space = "it differs only in its namespace";
  constexpr std::string_view writing = "it differs only in how it is written";
  const row table[] = {
      // Namespace and name, together and apart.
      {{"", "public.users"}, {"", "users"}, qualifier},
      {{"", "users"}, {"", "public.users"}, qualifier},
      {{"", "PUBLIC.Users"}, {"", "users"}, qualifier},
      {{"", "public/users"}, {"", "users"}, qualifier},
      {{"db", "public.users"}, {"", "users"}, qualifier},
      {{"", "db.public.users"}, {"public", "users"}, qualifier},
      {{"db", "public.users"}, {"public", "users"}, qualifier},
      {{"public", "users"}, {"", "public.users"}, writing, false},
      {{"", "public.users"}, {"public", "users"}, writing, false},
      {{"", "public_users"}, {"public", "users"}, writing, false},
      {{"public", "users"}, {"", "users"}, name_space, false},
      {{"", "public.orders"}, {"", "users"}, ""},
      {{"archive", "users"}, {"public", "users"}, ""},
      {{"", "archive.users"}, {"public", "users"}, ""},
      {{"", "publicusers"}, {"", "users"}, ""},
      // Full case folding.
      {{"", "STRASSE"}, {"", "Straße"}, writing, false},
      {{"", "strasse"}, {"", "STRAẞE"}, writing, false},
      {{"", "ΣΊΣΥΦΟΣ"}, {"", "σίσυφος"}, writing, false},
      {{"", "ﬁles"}, {"", "FILES"}, writing, false},
      {{"", "ԲԱՐԵՒ"}, {"", "բարեւ"}, writing, false},
      {{"", "ꭰꮃꭹ"}, {"", "ᎠᎳᎩ"}, writing, false},
      // Singular and plural.
      {{"", "order"}, {"", "orders"}, number},
      {{"", "categories"}, {"", "category"}, number},
      {{"", "addresses"}, {"", "address"}, number},
      {{"", "boxes"}, {"", "boxs"}, number},
      {{"public", "order"}, {"public", "orders"}, number},
      {{"", "order"}, {"public", "orders"}, number},
      {{"other", "order"}, {"public", "orders"}, ""},
      // One letter.
      {{"", "costumers"}, {"", "customers"}, ""},
      {{"", "custommers"}, {"", "customers"}, letter},
      {{"", "custmers"}, {"", "customers"}, letter},
      {{"", "cusotmers"}, {"", "customers"}, letter},
      {{"", "kunden"}, {"", "künden"}, letter},
      {{"", "пользователь"}, {"", "пользователи"}, letter},
      // Too short, or numbered.
      {{"", "cat"}, {"", "cats"}, ""},
      {{"", "ab"}, {"", "ac"}, ""},
      {{"", "events_2023"}, {"", "events_2024"}, ""},
      {{"", "page1"}, {"", "page"}, ""},
      {{"", "report10"}, {"", "report1"}, ""},
      {{"", "..."}, {"", "___"}, ""},
  };
  for (const auto& [sent, known, difference, may_be_another] : table) {
    INFO(sent.key() << " for " << known.key());
    auto guess = guess_stream(sent, std::vector{known});
    CHECK(guess.difference == difference);
    CHECK(guess.streams.size() == (difference.empty() ? 0 : 1));
    CHECK(guess.may_be_another == (may_be_another && !difference.empty()));
  }
}

TEST_CASE("the nearest stream is guessed", "[guess]") {
  const std::vector<stream_id> catalog = {
      {"", "order"}, {"", "orders"}, {"", "Order"}, {"", "borders"}};
  CHECK(guess_stream({"", "ORDERS"}, catalog).streams
        == std::vector<size_t>{1});
  CHECK(guess_stream({"", "ORDER"}, catalog).streams
        == std::vector<size_t>{0, 2});
  CHECK(guess_stream({"", "border"}, catalog).streams
        == std::vector<size_t>{3});
}

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
