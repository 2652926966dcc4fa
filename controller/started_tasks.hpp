#pragma once

#include "controller/api/controller_service.hpp"
#include "controller/syncs/sync_tasks.hpp"

#include <string>

namespace motorcade {

/// The tasks of a controller as syncs see them.
class started_tasks final : public sync_tasks {
public:
  /// @param service Outlives it.
  explicit started_tasks(controller_service& service) : service_{service} {}

  result<void> start(const task_request& task) override {
    return service_.start(task);
  }

  result<void> cancel(const task_key& which) override {
    return service_.cancel(which);
  }

  result<std::string> find_saving(const std::string& sync_id) override {
    return service_.find_saving(sync_id);
  }

  result<std::optional<task_record>> find(const std::string& id) override {
    return service_.find(id);
  }

private:
  controller_service& service_;
};

} // namespace motorcade
