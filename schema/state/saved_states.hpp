#pragma once

#include "schema/lines/message.hpp"
#include "schema/state/connector_state.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <string_view>

namespace motorcade {

/// @returns the kind of a saved state.
/// @param key The stream's key, `_GLOBAL_STATE` or `_LEGACY_STATE`.
state_kind kind_of_state(std::string_view key);

/// Knows which streams the next read will go on with, as far as one task knows:
/// a state of one kind ends those of the other kinds.
class state_coverage {
public:
  /// @param whole_given Whether the connector was given one state for all
  /// streams (GLOBAL, LEGACY).
  explicit state_coverage(bool whole_given) : whole_{whole_given} {}

  /// Notes a saved state, which ends those of other kinds.
  /// @returns the number of streams whose state, saved by this task, it ended.
  size_t note_saved(std::string_view key);

  /// @returns whether states of single streams ended a state of all streams.
  bool was_split() const { return split_ && !whole_; }

  /// @returns whether the stream has a state. Meaningful once `was_split`.
  bool covers(const std::string& stream) const {
    return whole_ || streams_.contains(stream);
  }

  /// @returns whether a state that the task saved has replaced or ended what
  /// an earlier task had saved for the stream.
  bool renewed(const std::string& stream) const {
    return whole_saved_ || streams_.contains(stream);
  }

private:
  bool whole_;
  bool whole_saved_ = false;
  bool split_ = false;
  std::set<std::string> streams_;
};

} // namespace motorcade
