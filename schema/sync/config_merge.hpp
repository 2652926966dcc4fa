#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A config with the changes of two sides.
struct merged_config {
  /// JSON. Secret.
  std::string config;
  /// The dotted paths of members that both sides changed, each to another
  /// value: they are as the client wants them.
  std::vector<std::string> kept;
};

/// Applies what a connector changed in its config (CONTROL) to the config that
/// its sync has by now, which a client may have changed during the run.
/// Members are compared one by one, also those of objects within; a list is
/// one value.
/// @param given The config that the run was given.
/// @param changed The config that the connector sent.
/// @param current The config of the sync. If it is `given` still, the merged
/// one is `changed`, byte for byte.
/// @returns `current` as it is, and `the whole of it` as its path, if one of
/// them is no JSON object.
merged_config merge_config(std::string_view given, std::string_view changed,
                           std::string_view current);

/// @returns whether two configs are the same JSON, however they are written.
bool are_same_config(std::string_view one, std::string_view other);

} // namespace motorcade
