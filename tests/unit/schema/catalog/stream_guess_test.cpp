#include "schema/catalog/stream_guess.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

stream_guess guess_stream(const stream_id& sent,
                          const std::vector<stream_id>& catalog) {
  return stream_guesses{catalog}.find(sent);
}

} // namespace

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

TEST_CASE("names that are too long are not guessed", "[guess]") {
  constexpr size_t longest = longest_stream_name;
  const std::string fits(longest, 'a');
  stream_guesses guesses{{{"", fits}, {fits, "users"}, {"", "users"}}};
  CHECK(guesses.find({"", std::string(longest, 'A')}).streams.size() == 1);
  CHECK(guesses.find({fits, "Users"}).streams.size() == 1);
  CHECK(guesses.find({"", fits + "_"}).streams.empty());
  CHECK(guesses.find({fits + "_", "users"}).streams.empty());
  CHECK(guesses.find({"", "USERS"}).streams == std::vector<size_t>{2});
}

TEST_CASE("a name that is too long has a short key", "[guess]") {
  const std::string fits(longest_stream_name, 'a');

  struct row {
    stream_id id;
    std::string key;
  };

  const row rows[] = {
      {{"", "users"}, "users"},
      {{"shop", "users"}, "shop.users"},
      {{"", fits}, fits},
      {{fits, fits}, fits + "." + fits},
      {{"", fits + "b"}, fits + "…"},
      {{fits + "b", "users"}, fits + "….users"},
      {{"", fits.substr(1) + "é"}, fits.substr(1) + "…"},
  };
  for (const auto& [id, key] : rows)
    CHECK(short_key(id) == key);
}

TEST_CASE("names are guessed for however many have come", "[guess]") {
  stream_guesses guesses{{{"", "users"}}};
  for (int i = 0; i < 3'000; ++i)
    CHECK(guesses.find({"", "name" + std::to_string(i)}).streams.empty());
  CHECK(guesses.find({"", "USERS"}).streams == std::vector<size_t>{0});
}
