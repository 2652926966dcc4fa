#pragma once

#include "controller/records/sync_store.hpp"
#include "controller/syncs/run_place.hpp"
#include "controller/syncs/sync_service.hpp"
#include "controller/syncs/sync_specs.hpp"
#include "controller/syncs/sync_tasks.hpp"
#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/webhook/webhook_sender.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// Syncs in a database, whose secrets are sealed.
class kept_syncs final : public sync_service {
public:
  /// @param store, tasks, webhooks Outlive it.
  /// @param poke Called after a run was added, so that it begins at once; any
  /// thread.
  kept_syncs(sync_store& store, sealing_keys keys, sync_tasks& tasks,
             const webhook_sender& webhooks, std::function<void()> poke);

  result<sync_list> list(const sync_filter& filter, size_t runs,
                         bool counted) override;

  result<shown_sync> find(const std::string& id) override;

  result<bool> has(const std::string& id) override;

  result<put_outcome> put(const std::string& id, const std::string& body,
                          const sync_precondition& when) override;

  result<sync_change> erase(const std::string& id,
                            const sync_precondition& when) override;

  result<std::string> run(const std::string& id) override;

  result<sync_run> find_run(const std::string& run_id) override;

  result<std::string> cancel(const std::string& id) override;

  result<void> pause(const std::string& id, const std::string& reason) override;
  result<void> resume(const std::string& id) override;

  result<std::vector<std::string>> reset(const std::string& id,
                                         const std::string& stream) override;

  result<std::vector<sync_run>> runs(const run_filter& filter) override;

  result<std::vector<change_row>> changes(const std::string& id,
                                          size_t limit) override;

  result<std::vector<result<void>>>
  test_notifications(const std::string& id) override;

  std::vector<file_fault> file_faults() const override;

  /// Sets what defines syncs besides requests: `files` or `repository`. Until
  /// then it is `files`.
  void know_manager(std::string name);

  /// Sets the check that definitions have to pass; any thread.
  void know_check(sync_check check);

  /// Sets what tells where runs bring rows; any thread.
  void know_places(place_finder places);

  /// Sets the current faults of the files that define syncs.
  void know_files(std::vector<file_fault> faults);

  const run_counts& counts() const override { return counts_; }

  /// @returns the counts, for the thread that runs syncs.
  run_counts& counts() { return counts_; }

private:
  /// A sync with its secrets, and all else that is shown of it.
  struct opened_sync {
    /// All but what is made of `sync`.
    shown_sync shown;
    /// Nothing: it cannot be opened, or is cut.
    std::optional<sync_definition> sync;
    /// Null without a `sync`.
    std::shared_ptr<const known_spec> spec;
  };

  /// Reads all that is shown of rows.
  /// @param runs The most runs to show of each.
  /// @param is_list Whether rows lack secrets that are large.
  result<std::vector<opened_sync>> open_all(std::vector<stored_sync> rows,
                                            sync_tables& tables, size_t runs,
                                            bool is_list) const;

  /// @returns a sync as a person is shown it. It is made without the store, for
  /// which other calls wait: a large config takes long.
  shown_sync show(opened_sync opened) const;

  /// Adds a run by hand, or hastens a further try that waits.
  /// @param active Becomes the run that keeps it from being added.
  /// @returns its id.
  result<std::string> add_run(const std::string& id,
                              std::optional<sync_run>& active);

  /// @returns the id of the sync's run whose task reads, by the task's row;
  /// empty: there is none.
  result<std::string> find_reading(const std::string& id);

  /// Waits for some seconds for a sidecar whose task is over.
  /// @returns already_exists while a read of the sync may save states.
  result<void> expect_no_states_to_come(const std::string& id);

  /// @returns what defines syncs besides requests.
  std::string manager() const;

  /// @returns the outcome of the check; success if none was set.
  result<void> check(const sync_definition& sync) const;

  /// @returns what tells where runs bring rows; empty: nothing does.
  place_finder places() const;

  sync_store& store_;
  const sealing_keys keys_;
  sync_tasks& tasks_;
  const webhook_sender& webhooks_;
  const std::function<void()> poke_;
  run_counts counts_;
  mutable std::mutex files_mutex_;
  std::vector<file_fault> file_faults_;
  std::string manager_ = "files";
  sync_check check_;
  place_finder places_;
};

} // namespace motorcade
