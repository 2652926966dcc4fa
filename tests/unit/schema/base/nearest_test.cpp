#include "schema/base/nearest.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

using namespace motorcade;

TEST_CASE("an edit distance counts typing errors", "[nearest]") {
  struct row {
    std::string a, b;
    size_t distance;
  };

  const row rows[] = {
      {"", "", 0},      {"abc", "abc", 0},        {"abc", "abd", 1},
      {"abc", "ab", 1}, {"ab", "abc", 1},         {"abc", "acb", 1},
      {"ca", "abc", 3}, {"kitten", "sitting", 3}, {"", "abc", 3},
  };
  for (const auto& [a, b, distance] : rows) {
    CAPTURE(a, b);
    CHECK(edit_distance(a, b, 10) == distance);
    CHECK(edit_distance(b, a, 10) == distance);
  }
  CHECK(edit_distance("kitten", "sitting", 2) == 3);
  CHECK(edit_distance("a", std::string(1000, 'x'), 2) == 3);
}

TEST_CASE("the nearest of some names is the one that was meant", "[nearest]") {
  const std::vector<std::string> known = {
      "syncId",      "taskId",    "fullSync", "public.users", "orders",
      "order_items", "customers", "continue", "über.straße",  "x"};

  struct row {
    std::string wanted;
    /// Empty: none.
    std::string meant;
  };

  const row rows[] = {
      {"sync_id", "syncId"},
      {"SYNCID", "syncId"},
      {"task-id", "taskId"},
      {"fullsync", "fullSync"},
      {"fulSync", "fullSync"},
      {"continu", "continue"},
      {"contineu", "continue"},
      {"users", "public.users"},
      {"shop.orders", "orders"},
      {"Orders", "orders"},
      {"order", "orders"},
      {"orderItems", "order_items"},
      {"straße", "über.straße"},
      {"costumers", "customers"},
      {"X", "x"},
      {"y", ""},
      {"products", ""},
      {"", ""},
      {"___", ""},
      // It is there.
      {"orders", ""},
  };
  for (const auto& [wanted, meant] : rows) {
    CAPTURE(wanted);
    auto found = find_nearest(wanted, known);
    CHECK((found ? known[*found] : std::string{}) == meant);
  }
  CHECK(!find_nearest("a", {}));
}

TEST_CASE("the nearest name is offered as a question", "[nearest]") {
  const std::vector<std::string> known = {"orders", "customers"};
  CHECK(did_you_mean("order", known) == ", did you mean \"orders\"?");
  CHECK(did_you_mean("products", known).empty());
}

TEST_CASE("names of any length are compared in a short time", "[nearest]") {
  const std::vector<std::string> known(50, std::string(1 << 20, 'a'));
  CHECK(find_nearest(std::string(1 << 20, 'a') + "b", known) == 0u);
}
