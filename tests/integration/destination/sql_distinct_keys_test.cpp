// Rows of different keys stay different rows, whatever type the column of an
// undeclared key turns out to need.
#include "support/warehouses.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <vector>

using namespace motorcade;
using namespace motorcade::support;

using strings = std::vector<std::string>;

TEMPLATE_LIST_TEST_CASE("undeclared keys are merged if they are the same", "",
                        warehouses) {
  TestType world;
  size_t table = 0;
  for (const auto& keys : std::vector<strings>{
           {"9007199254740993", "9007199254740992", "1.5"},
           {"1.5", "9007199254740993", "9007199254740992"},
           {"1", "2.5", "9007199254740992"},
           {"0.1", "0.1000000000000000055", "0.30000000000000004", "0.3"},
           {"0.30000000000000004", "0.3", R"("x")"},
           {R"("2024-01-01T00:00:00Z")", R"("2024-01-01T00:00:00.000Z")",
            R"("x")"},
           {R"("2024-01-01T00:00:00Z")", R"("2024-01-01T01:00:00+01:00")"},
           {"true", "1", "2"},
       }) {
    CAPTURE(keys);
    const auto name = "t" + std::to_string(++table);
    strings rows;
    for (const auto& key : keys)
      rows.push_back("{\"k\":" + key + "}");
    // The same rows again change nothing.
    for (auto times = 0; times < 2; ++times) {
      commit(world.send(keyed(name, {"k"}), rows));
      CHECK(world.rows("SELECT count(*) FROM " + world.schema + '.' + name)
            == strings{std::to_string(keys.size())});
    }
  }
}
