#pragma once

#include "schema/lines/message.hpp"
#include "support/sidecar_world.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace motorcade::test {

/// A promise that a trial by chaos found broken.
struct broken_promise : std::runtime_error {
  using runtime_error::runtime_error;
};

/// Throws broken_promise unless it was kept.
void require(bool kept, const std::string& promise);

struct played_stream {
  stream_ref name;
  /// A full refresh: each run begins at its first row, and no state tells of
  /// it.
  bool full_refresh = false;
};

/// One sync of a few streams as its connector sees it: rows 1 to `goal` of each
/// stream, read in as many runs as it takes, each from the saved states of the
/// last.
class played_sync {
public:
  /// For each stream the last row up to which something holds.
  using positions = std::vector<uint64_t>;

  /// @param kind The shape in which the connector gives its states.
  /// @param rows_per_state After so many rows of a stream comes its state,
  /// always at the same rows.
  played_sync(std::vector<played_stream> streams, state_kind kind,
              uint64_t goal, uint64_t rows_per_state);

  const std::vector<played_stream>& streams() const { return streams_; }

  /// @returns the name of a stream in states and tables.
  std::string key(size_t stream) const;

  state_kind kind() const { return kind_; }

  uint64_t goal() const { return goal_; }

  /// The source has got more rows.
  void grow(uint64_t rows) { goal_ += rows; }

  /// @param states As they are saved, by stream.
  /// @returns up to which row they say that everything has arrived.
  positions saved(const std::map<std::string, std::string>& states) const;

  /// @returns whether that is all there is, but for full refreshes.
  bool is_all(const positions& at) const;

  /// @returns `state.json` for a run that goes on from there.
  std::string state_file(const positions& from) const;

  /// @returns how many rows a run from there brings.
  uint64_t rows_after(const positions& from) const;

  struct script {
    positions from;
    /// The order of the streams' rows.
    unsigned seed = 0;
    /// @returns the JSON of a stream's row of that number.
    std::function<std::string(size_t stream, uint64_t n)> row;
    /// Called before each row with the number of those that were written.
    /// @returns whether the connector lives on.
    std::function<bool(uint64_t written)> lives;
  };

  /// Prints what the connector prints.
  /// @returns false if it died, or if the sidecar has closed its pipe.
  bool print(pipe_writer& pipes, const script& how) const;

private:
  std::string state_of(size_t stream, const positions& at) const;
  nlohmann::json shared_state(const positions& at) const;

  const std::vector<played_stream> streams_;
  const state_kind kind_;
  uint64_t goal_;
  const uint64_t rows_per_state_;
};

} // namespace motorcade::test
