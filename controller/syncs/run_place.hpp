#pragma once

#include "schema/base/result.hpp"
#include "schema/sync/sync_definition.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace motorcade {

/// Where a sync brings rows, without secrets.
struct run_place {
  /// A digest of the destination and of what names tables there: another one
  /// says that the rows of earlier runs are elsewhere.
  std::string digest;
  /// For people, e.g. `postgres://db:5432/app, schema public`.
  std::string shown;
};

/// Tells where a sync brings rows. Fails with invalid_argument, without a
/// secret, if its destination cannot be used.
using place_finder =
    std::function<result<run_place>(const sync_definition& sync)>;

} // namespace motorcade
