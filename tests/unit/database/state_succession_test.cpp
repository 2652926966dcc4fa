#include "runtime/database/state_succession.hpp"

#include "schema/state/saved_states.hpp"

#include <catch2/catch_all.hpp>

#include <map>
#include <random>

using namespace motorcade;

namespace {

using table = std::map<std::string, std::string>;

/// Saves one state alone.
void save(table& into, const state_row& row) {
  if (kind_of_state(row.stream) != state_kind::stream) {
    into.clear();
  } else if (row.supersedes) {
    into.erase(std::string{global_state_key});
    into.erase(std::string{legacy_state_key});
  }
  into[row.stream] = row.state;
}

/// Saves them together.
void save(table& into, std::span<const state_row> rows) {
  const auto next = succeed(rows);
  if (next.ends_all_others)
    into.clear();
  for (const auto& key : next.ended)
    into.erase(key);
  for (const auto* row : next.written)
    into[row->stream] = row->state;
}

} // namespace

TEST_CASE("states saved together have the same effect as one by one") {
  const std::vector<std::string> keys = {"a", "b", "c",
                                         std::string{global_state_key},
                                         std::string{legacy_state_key}};
  const auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  for (int round = 0; round < 20000; ++round) {
    std::vector<state_row> rows(1 + random() % 6);
    table before;
    for (const auto& key : keys)
      if (random() % 2 == 0)
        before[key] = "old";
    auto alone = before;
    std::string told;
    for (size_t i = 0; i < rows.size(); ++i) {
      auto& row = rows[i];
      row.stream = keys[random() % keys.size()];
      row.state = std::to_string(i);
      // Of a stream that is read in full.
      row.supersedes = row.stream != "c";
      told += row.stream + "=" + row.state + " ";
      save(alone, row);
    }
    INFO(told);
    auto together = before;
    save(together, rows);
    REQUIRE(together == alone);
  }
}
