#pragma once

#include "schema/base/result.hpp"
#include "schema/base/stream_id.hpp"
#include "schema/catalog/catalog.hpp"

#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

namespace motorcade {

/// The keys of saved states that are not of one stream.
constexpr std::string_view global_state_key = "_GLOBAL_STATE";
constexpr std::string_view legacy_state_key = "_LEGACY_STATE";

/// Which streams the state that a connector is given covers.
class connector_state {
public:
  /// Notes a state that covers every stream.
  void give_all() { all_ = true; }

  /// Notes the state of one stream.
  void give(stream_id id) { streams_.insert(std::move(id)); }

  /// @returns whether the connector goes on with this stream where it stopped.
  /// A stream without a state among others that have one starts afresh.
  bool given_for(const stream_id& id) const {
    return all_ || streams_.contains(id);
  }

  /// @returns whether a state of this very stream was given.
  bool given_alone(const stream_id& id) const { return streams_.contains(id); }

  /// @returns whether the connector starts every stream afresh.
  bool empty() const { return !all_ && streams_.empty(); }

  /// Notes that the state names this stream, alone or within a GLOBAL state.
  void name(stream_id id) { named_.push_back(std::move(id)); }

  /// @returns the streams that the state names, in its order.
  const std::vector<stream_id>& named() const { return named_; }

  /// Notes a place where a state should stand and none does, for a person.
  void note_gap(std::string words) { gaps_.push_back(std::move(words)); }

  /// @returns those places, each with what follows from it; the streams there
  /// start afresh.
  const std::vector<std::string>& gaps() const { return gaps_; }

private:
  bool all_ = false;
  std::vector<std::string> gaps_;
  std::vector<stream_id> named_;
  std::unordered_set<stream_id> streams_;
};

/// Reads the state that a connector is given: an array of the protocol's
/// AirbyteStateMessage, one such message, or an object of the connector's own
/// (LEGACY). Nothing, `{}`, `[]` and `null` are no state. A document that looks
/// like a state and has another shape is refused, see `find_foreign_state`; so
/// are messages of several kinds, two that cover all streams, and a stream that
/// is named twice.
/// @returns invalid_argument, naming the place (`state[2].type: …`).
result<connector_state> parse_state(std::string_view json);

/// A state that was saved by an earlier sync.
struct saved_state {
  /// The stream's key, `_GLOBAL_STATE` or `_LEGACY_STATE`.
  std::string key;
  /// Valid JSON: the stream's `stream_state`, the message's `global`, or its
  /// `data`.
  std::string json;
};

/// Makes the state file for a connector, the inverse of saving: an array of
/// STREAM messages in the catalog's order, or of one GLOBAL message, or the
/// legacy object itself; `{}` if nothing remains. The saved bytes are
/// embedded unchanged. Null states and those of streams that the catalog does
/// not hold are left out, and so are those of full refreshes: connectors heed
/// them, and what they then leave out would be gone from the table, which is
/// replaced. Of a GLOBAL message the states of such streams are taken out; a
/// LEGACY one cannot be told apart, and is given if any stream is
/// incremental.
///
/// A kind that is saved ends the others, so rows of several kinds come from an
/// older version of this program, or from streams that were read in full beside
/// a GLOBAL state. GLOBAL wins, as the only one that keeps what the streams
/// share, such as the position in a change log; then STREAM, the kind that came
/// after LEGACY.
std::string make_state_file(std::span<const saved_state> saved,
                            const catalog& configured);

/// @returns the GLOBAL state without the states of streams that are read in
/// full, as a connector is given it; every other byte as it was.
/// @param global Valid JSON: the member `global` of the message.
std::string without_full_refreshes(std::string_view global,
                                   const catalog& configured);

/// Takes a state apart into what was saved of it, the inverse of
/// `make_state_file`. States that are null are left out.
/// @param json A state that `parse_state` takes.
std::vector<saved_state> split_state(std::string_view json);

} // namespace motorcade
