#pragma once

#include "controller/api/controller_service.hpp"
#include "controller/syncs/sync_tasks.hpp"
#include "schema/catalog/destination_reach.hpp"

#include <string>
#include <utility>

namespace motorcade {

/// The tasks of a controller as syncs see them.
class started_tasks final : public sync_tasks {
public:
  /// @param service Outlives it.
  /// @param rows_folder Where relative paths of destinations begin; empty: they
  /// are refused.
  started_tasks(controller_service& service, std::string rows_folder)
      : service_{service}, rows_folder_{std::move(rows_folder)} {}

  result<void> start(const task_request& task) override {
    auto placed = task;
    placed.destination_config =
        place_destination(task.destination_config, rows_folder_);
    return service_.start(placed);
  }

  result<void> cancel(const task_key& which) override {
    return service_.cancel(which);
  }

  result<std::optional<task_record>> find(const std::string& id) override {
    return service_.find(id);
  }

private:
  controller_service& service_;
  const std::string rows_folder_;
};

} // namespace motorcade
