#pragma once

#include "runtime/destination/destination.hpp"

#include <functional>
#include <string>

namespace motorcade {

/// The request of a trial.
struct trial_request {
  /// SYNC_ID: Bulker knows its destinations by it, and tables their owners.
  std::string connection_id;
  std::string task_id;
  /// NAMESPACE; empty: the destination's own.
  std::string target_namespace;
};

/// Finds out whether a read could use a destination, by doing what a read does:
/// makes a table of a name that no other has, brings a row with a value of
/// every type to it, and drops it. If tables cannot be dropped (Bulker) it
/// sends an empty request, which changes nothing there, but needs the server,
/// the token and the destination. Blocks until the destination has answered or
/// given up.
/// @param stopped Asked ten times a second: true breaks the trial off.
/// @returns what is missing, in words for the owner of the destination;
/// cancelled if it was broken off. A table that could not be dropped is named.
result<void> try_destination(destination& where, const trial_request& trial,
                             const std::function<bool()>& stopped);

} // namespace motorcade
