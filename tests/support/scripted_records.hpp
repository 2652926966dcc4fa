#pragma once

#include "runtime/records/task_records.hpp"

#include <limits>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace motorcade::test {

/// Records that fail when they are told to.
struct scripted_records final : task_records {
  result<void> done(const std::string& what) {
    away = away || deeds.size() >= goes_after;
    if (away)
      return failure{ec::database_unavailable, "away"};
    deeds.push_back(what);
    if (rejects)
      return failure{ec::database_rejected, "no"};
    return {};
  }

  result<void> prepare() override {
    if (away)
      return failure{ec::database_unavailable, "away"};
    if (unfit)
      return failure{ec::database_rejected, "a column is missing"};
    return {};
  }

  result<bool> begin_task(const task_row& row) override {
    if (auto fine = done("begin " + row.task_id); !fine)
      return fine.error();
    return true;
  }

  std::vector<result<bool>>
  begin_tasks(std::span<const task_row* const> rows) override {
    begun_together.push_back(rows.size());
    std::vector<result<bool>> out;
    for (const auto* row : rows)
      out.push_back(begin_task(*row));
    return out;
  }

  result<task_status> end_task(const std::string& id, task_status,
                               const std::string&) override {
    if (auto fine = done("end " + id); !fine)
      return fine.error();
    return task_status::success;
  }

  result<void> explain_stop(const std::string& id,
                            const std::string& why) override {
    return done("explain " + id + ": " + why);
  }

  result<void> touch_tasks(std::span<const std::string> ids) override {
    return done("touch " + std::to_string(ids.size()));
  }

  result<std::vector<std::string>>
  close_stale_tasks(std::chrono::seconds age, const std::string&) override {
    if (auto fine = done("sweep " + std::to_string(age.count())); !fine)
      return fine.error();
    return std::vector<std::string>{"old"};
  }

  result<void> begin_result(const result_row&) override {
    return done("begin result");
  }

  result<size_t> close_stale_results(std::chrono::seconds age,
                                     const std::string&) override {
    auto did = done("sweep discovers " + std::to_string(age.count()));
    return did ? result<size_t>{size_t{0}} : did.error();
  }

  result<bool> store_failure(const result_row&, wall_time) override {
    if (auto fine = done("end result"); !fine)
      return fine.error();
    return !told;
  }

  result<std::vector<task_record>> list(const task_filter&) override {
    return std::vector<task_record>{};
  }

  result<std::vector<task_record>> list_inquiries(const task_filter&) override {
    return std::vector<task_record>{};
  }

  result<std::optional<task_record>> find_inquiry(const std::string&) override {
    return std::optional<task_record>{};
  }

  result<std::optional<task_record>> find(const std::string&) override {
    if (away)
      return failure{ec::database_unavailable, "away"};
    if (!told)
      return std::optional<task_record>{};
    task_record row;
    row.status = task_status::failed;
    return std::optional{row};
  }

  result<std::vector<log_row>> logs(const std::string&, const log_position&,
                                    size_t) override {
    return std::vector<log_row>{};
  }

  result<found_lines> find_lines(const log_search&) override {
    return found_lines{};
  }

  result<std::map<task_status, uint64_t>>
  count(const task_filter&, std::span<const std::string>) override {
    return std::map<task_status, uint64_t>{};
  }

  result<std::optional<inquiry_answer>> answer(const inquiry_key&,
                                               uint64_t) override {
    return std::optional<inquiry_answer>{};
  }

  result<std::vector<connector_usage>>
  connectors(std::chrono::seconds) override {
    return std::vector<connector_usage>{};
  }

  result<std::vector<state_record>> states(const state_filter&) override {
    return std::vector<state_record>{};
  }

  result<saved_whole> saved_states(const std::string& sync_id,
                                   uint64_t most) override {
    if (auto fine = done("states of " + sync_id); !fine)
      return fine.error();
    if (sync_id == "large")
      return saved_whole{{}, most + 1};
    return saved_whole{{{"users", "{}"}}, 7};
  }

  result<void> put_logs(const std::string&, const std::string& id,
                        std::span<const log_row>) override {
    return done("log " + id);
  }

  result<void> ping() override {
    if (away || std::exchange(broken, false))
      return failure{ec::database_unavailable, "away"};
    return {};
  }

  bool away = false;
  /// The connection is broken, which the next call notices.
  bool broken = false;
  /// The database goes away after so many deeds.
  size_t goes_after = std::numeric_limits<size_t>::max();
  bool rejects = false;
  /// The sidecar has stored an end for everything that is closed.
  bool told = false;
  /// The tables cannot be used.
  bool unfit = false;
  std::vector<std::string> deeds;
  /// The number of tasks of each call of `begin_tasks`.
  std::vector<size_t> begun_together;
};

} // namespace motorcade::test
