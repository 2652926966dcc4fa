#pragma once

#include "runtime/records/task_records.hpp"
#include "runtime/task/task_request.hpp"
#include "schema/base/result.hpp"

#include <string>
#include <vector>

namespace motorcade {

/// The operations of the HTTP API, without HTTP. Thread-safe; calls block until
/// they are done, for some seconds at most. `list` and `find` know specs,
/// checks and discovers, too: stored ones as `task_records::list_inquiries`,
/// and those that run.
///
/// Failures and their HTTP statuses: invalid_argument 400, not_found 404,
/// already_exists 409, too_busy 429, service_unavailable 502 (Kubernetes said
/// no), database_unavailable and timed_out 503, anything else 500.
class controller_service : public task_reader {
public:
  /// Starts a task. Returns once its Pod is accepted, or once it is noted,
  /// if it is to start later.
  virtual result<void> start(const task_request& task) = 0;

  /// Ends a task. A task that runs no more is a success, too.
  virtual result<void> cancel(const task_key& which) = 0;

  /// @returns why the controller is of no use now: Pods were not listed yet,
  /// the database does not answer.
  virtual result<void> health() = 0;

  /// @returns why the controller should be given no requests.
  virtual result<void> ready() = 0;

  /// @returns whether it is the one of several that supervises tasks.
  virtual bool leads() const = 0;

  /// @returns all metrics in the text format of Prometheus, version 0.0.4.
  virtual std::string metrics() = 0;
};

} // namespace motorcade
