#pragma once

#include "chaos/played_sync.hpp"
#include "support/postgres_proxy.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace motorcade::test {

/// The fate of a run whose rows go straight into Postgres.
enum class warehouse_blow {
  none,
  stop_sidecar,
  kill_sidecar,
  kill_before_commit,
  kill_after_commit,
  lose_commit,
  lose_answer,
  cut_warehouse,
  cut_database,
  restart_postgres,
  kill_connector,
};

constexpr std::array warehouse_blow_names = {
    "none",
    "SIGTERM to the sidecar",
    "SIGKILL to the sidecar",
    "SIGKILL before a commit",
    "SIGKILL between a commit and its state",
    "a COMMIT that is lost",
    "a commit whose answer is lost",
    "connections to the warehouse cut",
    "connections to the database cut",
    "Postgres restarts",
    "the connector is killed",
};

/// The trials, and the faults that they found.
struct warehouse_totals {
  uint64_t runs = 0;
  uint64_t syncs = 0;
  /// Rows of all tables at the end.
  uint64_t rows = 0;
  /// Blows that fell, by their kind.
  std::array<uint64_t, warehouse_blow_names.size()> blows = {};
  std::map<std::string, uint64_t> statuses;

  /// Rows of a SUCCESS that are not in their table.
  uint64_t lost = 0;
  /// Rows that a saved state covers and that are not in their table.
  uint64_t ahead = 0;
  /// Appended rows that are there more than once, each time but the first.
  uint64_t doubled = 0;
  /// Such rows of tables with a key.
  uint64_t doubled_keys = 0;
  /// Full refreshes of which readers see a part, or parts of two.
  uint64_t torn = 0;
  /// Tables of requests that are over.
  uint64_t left_over = 0;
};

/// One sync into a Postgres from its first row to its last: one stream that is
/// appended, one that is merged by a key and one that is replaced, through as
/// many interrupted runs as it takes, and a last one that nothing interrupts.
class warehouse_life {
public:
  explicit warehouse_life(unsigned seed);
  ~warehouse_life();

  warehouse_life(const warehouse_life&) = delete;
  warehouse_life& operator=(const warehouse_life&) = delete;

  /// Throws broken_promise where a run does not end as it should. What is
  /// wrong with tables and states is counted.
  void run_to_the_end(warehouse_totals& all);

private:
  using positions = played_sync::positions;

  warehouse_blow choose_blow(int run);
  std::string run_once(warehouse_blow strike, int run, warehouse_totals& all);
  /// Lets the blow fall that is due between two rows.
  /// @returns whether the connector lives on.
  bool strike_now(warehouse_blow strike);
  void arm(warehouse_blow strike);
  std::string row(size_t stream, uint64_t n) const;
  std::string table(size_t stream) const;
  bool exists(size_t stream);
  std::vector<uint64_t> numbers(const std::string& sql);
  void wait_for_dead_connections();

  void check(const std::string& status, warehouse_totals& all);
  void check_appended(uint64_t claimed, bool whole, warehouse_totals& all);
  void check_merged(uint64_t claimed, bool whole, warehouse_totals& all);
  void check_replaced(bool whole, warehouse_totals& all);
  void count_what_is_left(warehouse_totals& all);

  std::mt19937 random_;
  const std::string schema_;
  sidecar_world world_;
  postgres_proxy proxy_;
  played_sync sync_;
  std::string padding_;
  int run_ = 0;
};

} // namespace motorcade::test
