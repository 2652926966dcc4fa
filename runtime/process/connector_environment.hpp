#pragma once

#include "schema/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns whether the variable is kept from connectors of `sidecar run`
/// unless the user passes it: a setting of this project that may lead to a
/// login, a variable that database and cloud libraries take their login from, a
/// name that suggests a secret (`…_TOKEN`, `…PASSWORD`, `…_API_KEY`), or a
/// value that shows one: a URL with a password, JSON with a secret, a private
/// key. A proxy's URL
/// (`HTTPS_PROXY`) is given with its password: without it a connector reaches
/// nothing.
bool is_kept_from_connectors(std::string_view name, std::string_view value);

/// Makes the environment of a connector of `sidecar run`: this process's own,
/// without the variables that are kept from connectors.
/// @param ours This process's environment, ended by a null pointer.
/// @param secrets The secrets of our settings: a variable of any name is kept
/// back if its value holds one of them.
/// @param passed The values of `--env`: `NAME` passes one of our variables on,
/// `NAME=value` sets one. For each name the last one counts.
/// @returns `NAME=value` for each variable; invalid_argument, naming the word,
/// for a `NAME` that is not in `ours`, or that is empty.
result<std::vector<std::string>>
make_connector_environment(const char* const* ours,
                           const std::vector<std::string>& secrets,
                           const std::vector<std::string>& passed);

} // namespace motorcade
