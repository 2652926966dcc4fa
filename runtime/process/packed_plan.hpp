#pragma once

#include "runtime/process/task_keeper.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// @returns a keeper's plan as bytes, for a program of the same version.
std::string pack_plan(const keeper_plan& plan);

/// @returns the plan of `pack_plan`; nothing if the bytes are none.
std::optional<keeper_plan> unpack_plan(std::string_view bytes);

} // namespace motorcade
