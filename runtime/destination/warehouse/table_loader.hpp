#pragma once

#include "runtime/destination/destination.hpp"
#include "runtime/destination/warehouse/interruption.hpp"
#include "runtime/stream/block.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>

namespace motorcade {

class table_loader;

/// The end of a joint commit.
struct joint_outcome {
  result<void> how = {};
  /// If it failed: the place of the request whose attempt has failed. The
  /// others' rows still lie in their own tables.
  size_t failed = 0;
  /// If it failed: these requests cannot be committed together.
  bool apart = false;
};

/// One attempt to bring the rows of a request to a table of a warehouse. One
/// thread at a time calls it, which may be another for each call.
class table_loader {
public:
  virtual ~table_loader() = default;

  /// Takes rows to the request's own table. Blocks.
  virtual result<void> add(const block& rows) = 0;

  /// Notes that there are no rows for the moment: gives back what other uploads
  /// may need meanwhile, e.g. a connection.
  virtual result<void> pause() = 0;

  /// Keeps states in the transaction of the commit, if the warehouse can do
  /// that. Called right before `commit`, at each attempt with the same states.
  virtual void note(const state_notes&) {}

  /// Makes the rows visible, all at once. Blocks.
  /// Precondition: the last `add` or `pause` did not fail.
  virtual result<void> commit() = 0;

  /// Makes the rows of several requests visible, all in one transaction, and
  /// keeps the states of all in it. Blocks. An attempt whose rows an earlier
  /// transaction has brought, though its answer was lost, brings none.
  /// Precondition: as of `commit` for each; all are of the same warehouse, each
  /// has a number, and all but the first have paused.
  /// @param all This one first.
  virtual joint_outcome commit_together(std::span<table_loader* const> all) {
    static_cast<void>(all);
    return {failure{ec::destination_unavailable,
                    "no two requests can be committed together here"},
            0, true};
  }

  /// @returns what the commit did, but for the times, as far as there is a
  /// table.
  /// Precondition: it has succeeded.
  virtual load_summary summary() const { return {}; }

  /// @returns the wait that the server asked for when the last call failed
  /// (Retry-After); nothing: it did not.
  virtual std::optional<std::chrono::milliseconds> retry_after() const {
    return std::nullopt;
  }

  /// Drops the remains of the request. Called once, at the end, also after
  /// failures.
  virtual void clean_up() noexcept = 0;
};

/// Makes loaders; thread-safe.
/// @param stop Ends the waits of the loader; outlives it.
using loader_factory = std::function<std::unique_ptr<table_loader>(
    const upload_request& request, const interruption& stop)>;

} // namespace motorcade
