#pragma once

#include "schema/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns whether a connector of `sidecar run` is not given the variable of
/// that name unasked: a setting of this project, a variable that database and
/// cloud libraries take their login from, or a name that speaks of a secret
/// (`…_TOKEN`, `…PASSWORD`, `…_API_KEY`).
bool is_kept_from_connectors(std::string_view name);

/// Makes the environment of a connector of `sidecar run`: this process's own,
/// without what is not for connectors.
/// @param ours This process's environment, ended by a null pointer.
/// @param secrets Of our settings: a variable whose value holds one of them is
/// kept back whatever its name is.
/// @param passed What the user adds (`--env`): `NAME` passes one of ours on,
/// `NAME=value` sets one. The last word on a name counts.
/// @returns `NAME=value` for each variable; invalid_argument, naming the word,
/// for a `NAME` that is not in `ours`, or that is empty.
result<std::vector<std::string>>
make_connector_environment(const char* const* ours,
                           const std::vector<std::string>& secrets,
                           const std::vector<std::string>& passed);

} // namespace motorcade
