#pragma once

#include "config/controller_settings.hpp"
#include "runtime/task/task_runner.hpp"

#include <chrono>
#include <memory>

namespace motorcade {

/// Runs tasks as Pods of Kubernetes. Belongs to one thread.
class pod_runner final : public task_runner {
public:
  /// The age from which on a Secret without a Pod is deleted.
  static constexpr std::chrono::seconds orphan_age = std::chrono::minutes{10};

  /// @param api Makes the calls, in this object's thread.
  pod_runner(std::shared_ptr<pod_api> api, controller_settings settings);

  result<pod_status> launch(const task_manifest& task) override;
  result<bool> remove(const std::string& name, const std::string& uid) override;
  result<std::string> last_lines(const std::string& name,
                                 std::string_view container,
                                 int lines) override;
  result<std::map<std::string, pod_usage>> usage() override;

  /// Deletes Secrets whose Pod is gone.
  result<uint64_t> sweep() override;

  /// Keeps each task in a Secret of its own, which `sweep` does not delete.
  result<void> put_aside(const delayed_task& task) override;
  result<std::vector<delayed_task>> list_aside() override;
  result<task_request> read_aside(const std::string& name) override;
  result<bool> drop_aside(const std::string& name) override;

private:
  /// Creates the Secret of a kept start, more than once if that may help.
  result<void> create_aside(const std::string& secret);

  const std::shared_ptr<pod_api> api_;
  const controller_settings settings_;
};

} // namespace motorcade
