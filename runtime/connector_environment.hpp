#pragma once

#include "schema/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns whether a connector of `sidecar run` is given the variable of that
/// name without being asked: one by which programs find their files, speak the
/// user's language and reach the network. None of these is a setting of the
/// sidecar, and none holds a key of the user's.
bool is_for_every_program(std::string_view name);

/// Makes the environment of a connector of `sidecar run`.
/// @param ours This process's environment, ended by a null pointer.
/// @param passed What the user adds (`--env`): `NAME` passes one of ours on,
/// `NAME=value` sets one. The last word on a name counts.
/// @returns `NAME=value` for each variable; invalid_argument, naming the word,
/// for a `NAME` that is not in `ours`, or that is empty.
result<std::vector<std::string>>
make_connector_environment(const char* const* ours,
                           const std::vector<std::string>& passed);

} // namespace motorcade
