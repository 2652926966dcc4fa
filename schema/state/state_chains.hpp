#pragma once

#include "schema/catalog/catalog.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Names states by short texts: the same for a state as the connector sent it,
/// as a database gives it back and as a user passes it on.
class state_fingerprints {
public:
  /// @param digest A hash of a text, as letters and digits.
  state_fingerprints(catalog streams,
                     std::function<std::string(std::string_view)> digest);

  /// @returns the short text of a state, for its key.
  /// @param key The stream's key, `_GLOBAL_STATE` or `_LEGACY_STATE`.
  /// @param state Valid JSON.
  std::string of(std::string_view key, std::string_view state) const;

  /// @returns the short text of a start without a state, for streams whose rows
  /// join earlier ones even then (generations); nothing where such a start
  /// replaces the tables, so that there is nothing to go on with.
  std::optional<std::string> of_none(std::string_view key) const;

private:
  catalog streams_;
  std::function<std::string(std::string_view)> digest_;
};

using state_fingerprints_ptr = std::shared_ptr<const state_fingerprints>;

/// Knows, of each key whose states are noted beside rows, which states the
/// sidecar's database may hold: the last one that it is known to hold, and
/// those that were noted or handed to it since.
class state_chains {
public:
  /// Keeps nothing.
  state_chains() = default;

  /// Keeps the states of the keys that `keep` is called with.
  explicit state_chains(state_fingerprints_ptr prints)
      : prints_{std::move(prints)} {}

  /// Has the states of that key noted.
  /// @param given The fingerprint of the state from which the run starts;
  /// nothing: it starts anew.
  void keep(std::string key, std::optional<std::string> given);

  /// @returns whether states of that key are noted.
  bool keeps(const std::string& key) const { return links_.contains(key); }

  /// @returns whether no state is noted.
  bool empty() const { return links_.empty(); }

  /// @returns the fingerprint of a state.
  std::string fingerprint(std::string_view key, std::string_view state) const {
    return prints_->of(key, state);
  }

  /// @returns the states that the database may hold, the oldest first.
  /// Precondition: `keeps`.
  const std::vector<std::string>& links(const std::string& key) const {
    return links_.at(key);
  }

  /// Notes that the database may hold that state from now on. Ignored if states
  /// of that key are not noted.
  void pass(const std::string& key, const std::string& print);

  /// Notes that the database holds that state, or a newer one. Ignored if it
  /// was not passed.
  void note_saved(const std::string& key, const std::string& print);

private:
  state_fingerprints_ptr prints_;
  std::map<std::string, std::vector<std::string>> links_;
};

} // namespace motorcade
