#pragma once

#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// Finds a connector's program: `<folder>/airbyte/source-x`, or
/// `<folder>/source-x`.
/// @param package E.g. `airbyte/source-x`.
/// @returns its path without symbolic links; not_found where there is none;
/// invalid_argument where it is no program, where it lies outside the folder,
/// by a symbolic link perhaps, or where the package's name leads there.
result<std::string> find_connector(const std::string& folder,
                                   const std::string& package);

} // namespace motorcade
