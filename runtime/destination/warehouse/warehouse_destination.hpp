#pragma once

#include "runtime/destination/destination.hpp"
#include "runtime/destination/warehouse/load_queue.hpp"

namespace motorcade {

/// The differences between the kinds of warehouses.
struct warehouse_traits {
  /// @returns the place of the rows of a request, for a person.
  std::function<std::string(const upload_request&)> locate;
  /// @returns a command that shows some of these rows; empty: there is none.
  std::function<std::string(const upload_request&)> query_to_try;
  loader_factory make_loader;
  /// Drops the table of a request, if there is one; `stop` ends its waits.
  std::function<result<void>(const upload_request&, const interruption& stop)>
      drop_table;
  /// Read and drop the states that the warehouse kept for the sync of these
  /// requests, which are of one sync; empty: it keeps none.
  std::function<result<std::vector<state_note>>(std::span<const upload_request>,
                                                const interruption& stop)>
      find_notes = {};
  std::function<result<void>(std::span<const upload_request>,
                             const interruption& stop)>
      forget_notes = {};
  /// The most connections, and threads.
  size_t threads = 1;
  size_t max_row_bytes = 256u << 20;
  commit_pace pace = {};
};

/// @returns how many streams a task brings to a server at once, each through a
/// connection and a thread of its own: four at most, since a server has other
/// clients, too.
size_t warehouse_threads(const destination_settings& settings);

/// Brings rows into the tables of a warehouse of any kind. A request is visible
/// when it is committed and not before, and its rows are in the target at most
/// once.
class warehouse_destination final : public destination {
public:
  /// Throws std::system_error if the system gives no threads.
  explicit warehouse_destination(warehouse_traits traits);

  upload_ptr open(upload_request request,
                  std::function<void(upload_outcome)> done) override;

  std::string locate(const upload_request& request) const override;

  std::string query_to_try(const upload_request& request) const override;

  size_t max_row_bytes() const override { return traits_.max_row_bytes; }

  commit_pace pace() const override { return traits_.pace; }

  bool empties_tables() const override { return true; }

  bool drops_tables() const override { return true; }

  result<void> drop_table(const upload_request& request) override;

  bool notes_states() const override {
    return static_cast<bool>(traits_.find_notes);
  }

  result<std::vector<state_note>>
  noted_states(std::span<const upload_request> streams) override;

  result<void> forget_states(std::span<const upload_request> streams) override;

private:
  const warehouse_traits traits_;
  std::shared_ptr<load_queue> queue_;
};

/// @returns a warehouse_destination; system_failed if the system gives no
/// threads.
result<destination_ptr> make_warehouse(warehouse_traits traits);

} // namespace motorcade
