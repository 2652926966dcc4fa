#pragma once

#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// @returns the id in `folder`/instance_id, which is made at the first call and
/// kept for the next start.
/// @param folder Made if it is missing, for its owner alone.
/// @returns system_failed if it can neither be read nor kept, naming the path.
result<std::string> keep_instance_id(const std::string& folder);

} // namespace motorcade
