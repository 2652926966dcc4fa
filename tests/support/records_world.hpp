#pragma once

#include "runtime/records/task_records.hpp"
#include "support/database_world.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>

namespace motorcade::test {

/// @returns what the outcome holds; throws what its failure says.
template <class T>
T get(result<T> outcome) {
  if (!outcome)
    throw std::runtime_error{outcome.error().what};
  return std::move(*outcome);
}

inline void get(const result<void>& outcome) {
  if (!outcome)
    throw std::runtime_error{outcome.error().what};
}

inline task_records_ptr prepared_records(const std::string& url) {
  auto made = get(make_task_records(url));
  get(made->prepare());
  return made;
}

/// The records of one database, the sidecar's way into it, and a third one past
/// both.
struct records_world {
  explicit records_world(world_ptr empty)
      : world{std::move(empty)},
        records{prepared_records(world->url())},
        sidecar{prepared(world->url())} {}

  /// @returns the only row of a query; NULL as `-`.
  std::vector<std::string> row(const std::string& query) {
    auto rows = world->query(query);
    if (rows.size() != 1)
      throw std::runtime_error{std::to_string(rows.size()) + " rows"};
    std::vector<std::string> out;
    for (const auto& cell : rows[0])
      out.push_back(cell.value_or("-"));
    return out;
  }

  /// Sets a column of times to so many seconds before now.
  void age(const std::string& table, const std::string& column, int seconds,
           const std::string& where) {
    auto time =
        world->is_postgres()
            ? "now() - interval '" + std::to_string(seconds) + " seconds'"
            : "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now', '-"
                  + std::to_string(seconds) + " seconds')";
    world->query("UPDATE " + table + " SET " + column + " = " + time + " WHERE "
                 + where);
  }

  /// @returns the statuses of all tasks, by task_id.
  std::string statuses() {
    std::string all;
    for (const auto& row : world->query("SELECT task_id, status FROM "
                                        "source_task ORDER BY task_id"))
      all += *row[0] + ":" + *row[1] + " ";
    return all;
  }

  world_ptr world;
  task_records_ptr records;
  database_ptr sidecar;
};

inline wall_time moment(int seconds) {
  return wall_time{std::chrono::seconds{1'700'000'000 + seconds}
                   + std::chrono::microseconds{123'456}};
}

inline task_row some_task(const std::string& task_id, int seconds = 0) {
  task_row row;
  row.sync_id = "sync";
  row.task_id = task_id;
  row.package = "airbyte/source-x";
  row.version = "1.2";
  row.started_at = moment(seconds);
  row.started_by = R"({"trigger": "manual"})";
  row.description = R"({"users": {"events": 1}})";
  return row;
}

/// A text of all that could break out of a statement or an array.
inline const std::string hostile =
    "o'x\"; DROP TABLE source_task; -- {a,b} \\ $1 ?1 NULL zażółć";

inline std::string some_uuid(int number) {
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "00000000-0000-4000-8000-%012d",
                number);
  return text.data();
}

} // namespace motorcade::test
