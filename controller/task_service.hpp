#pragma once

#include "actors/supervision/controller_actors.hpp"
#include "controller/api/controller_service.hpp"
#include "controller/records/database_probe.hpp"
#include "controller/records/record_pool.hpp"
#include "runtime/kubernetes/kube_client.hpp"
#include "runtime/leadership/leadership.hpp"

#include <memory>
#include <string>

namespace motorcade {

/// Carries out the operations of the HTTP API: asks the TASK REGISTRY, and
/// looks into the records.
class task_service final : public controller_service {
public:
  /// Throws std::invalid_argument if the database's URL cannot be used.
  /// @param rows_folder Where relative paths of destinations begin; empty: they
  /// are refused.
  task_service(caf::actor_system& system, task_registry_actor registry,
               const std::string& database_url, kube_counts_ptr counts,
               system_facts facts, std::string rows_folder,
               leadership_ptr lead);

  result<void> start(const task_request& task) override;
  result<void> cancel(const task_key& which) override;
  result<std::string> find_saving(const std::string& sync_id) override;
  result<void> health() override;
  result<void> ready() override;
  bool leads() const override;
  result<std::vector<task_record>> list(const task_filter& filter) override;
  result<std::optional<task_record>> find(const std::string& task_id) override;
  result<std::vector<log_row>> logs(const std::string& task_id,
                                    const log_position& after,
                                    size_t limit) override;
  result<found_lines> find_lines(const log_search& search) override;
  result<std::map<task_status, uint64_t>>
  count(const task_filter& filter) override;
  result<std::vector<state_record>> states(const state_filter& filter) override;
  result<saved_whole> saved_states(const std::string& sync_id,
                                   uint64_t most) override;
  result<std::vector<connector_usage>>
  connectors(std::chrono::seconds age) override;
  result<inquiry_answer> answer(const inquiry_key& of, uint64_t most) override;
  result<std::vector<listed_connector>> list_connectors() override;
  system_report report() override;
  std::string metrics() override;

private:
  /// @returns the numbers of the registry; timed_out if it does not answer.
  result<registry_state_ptr> count_tasks();

  /// @returns the specs, checks and discovers that run, without documents.
  result<task_requests_ptr> running_inquiries();

  caf::actor_system& system_;
  const task_registry_actor registry_;
  const kube_counts_ptr counts_;
  const system_facts facts_;
  const std::string rows_folder_;
  const leadership_ptr lead_;
  record_pool records_;
  database_probe probe_;
};

} // namespace motorcade
