#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace motorcade {

/// The longest id of a sync, in bytes.
inline constexpr size_t longest_sync_id = 200;

/// Checks the id of a sync that is to be kept. It has 1 to `longest_sync_id`
/// letters and digits of ASCII, `_`, `.`, `:` and `-`, and is neither `.` nor
/// `..`: it stands in paths of the API, in names of files, and towards Bulker.
/// Ids of Jitsu's consoles are of this kind.
/// @returns what is wrong with it, for a message behind its place; empty:
/// nothing.
std::string fault_of_sync_id(std::string_view id);

} // namespace motorcade
