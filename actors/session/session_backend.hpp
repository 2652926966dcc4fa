#pragma once

#include "runtime/destination/destination.hpp"
#include "runtime/stream/block.hpp"
#include "schema/log/log_level.hpp"
#include "schema/state/checkpoint_ledger.hpp"
#include "schema/state/joint_commit.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace motorcade {

/// Carries out the decisions of the read session. No member may call back into
/// the session.
class session_backend {
public:
  virtual ~session_backend() = default;

  /// Begins a request with the next rows of the stream.
  virtual void open_request(size_t stream, uint64_t number,
                            write_mode mode) = 0;

  /// Adds rows to the stream's open request.
  virtual void write(size_t stream, block_ptr rows) = 0;

  /// Gives the stream's open request the states that its commit makes true, for
  /// the destination to keep beside the rows, and its part in a joint commit.
  /// Comes right before `finish_request`, if there are any.
  virtual void note(size_t stream, commit_terms terms) = 0;

  /// Ends the request: its body is complete, and the destination commits it.
  /// Answered by `on_commit` or `on_failure`.
  virtual void finish_request(size_t stream) = 0;

  /// Drops the open request. Answered by `on_aborted`, once the earlier
  /// requests, which go on, have their answers.
  virtual void abort(size_t stream) = 0;

  /// Saves states; answered by `on_states_saved` or `on_states_refused`.
  virtual void save_states(std::vector<saveable_state> states) = 0;

  /// Keeps the config that the connector changed to, a secret; answered by
  /// `on_config_saved` or `on_config_refused`.
  virtual void save_config(std::string config) = 0;

  /// Adds a line of the sidecar's own to the task's log.
  virtual void log(log_level level, std::string text) = 0;
};

} // namespace motorcade
