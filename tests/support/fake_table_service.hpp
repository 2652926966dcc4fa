#pragma once

#include "controller/tables/table_service.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace motorcade::test {

/// Tables of which one has rows, and one cannot be read. Answers what the test
/// says. Thread-safe.
class fake_table_service : public table_service {
public:
  result<shown_tables> tables(const std::string&) override {
    std::lock_guard lock{mutex_};
    if (!outcome_)
      return outcome_.error();
    return shown_tables{
        {{"users", "users", "rows.db, users", ""},
         {"orders", "orders", "ClickHouse, orders", "not here"}},
        ""};
  }

  result<table_page> rows(const std::string&, const std::string& name,
                          const table_look& look) override {
    std::lock_guard lock{mutex_};
    looks_.push_back(look);
    if (!outcome_)
      return outcome_.error();
    if (name == "orders")
      return failure{ec::destination_rejected, "not here"};
    if (name != "users" && name != "known")
      return failure{ec::not_found, "there is no such table"};
    return table_page{
        {"id", "name"}, {{"2", std::nullopt}, {"1", "one"}}, true, "inserted"};
  }

  /// What all calls answer from now on.
  void answer(result<void> outcome) {
    std::lock_guard lock{mutex_};
    outcome_ = std::move(outcome);
  }

  std::vector<table_look> looks() {
    std::lock_guard lock{mutex_};
    return looks_;
  }

private:
  std::mutex mutex_;
  result<void> outcome_;
  std::vector<table_look> looks_;
};

} // namespace motorcade::test
