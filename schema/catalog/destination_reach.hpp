#pragma once

#include "schema/base/result.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// Checks what the destinationConfig of an API client reaches on the machine
/// of a local task, whose processes run as the operator: it may bring its own
/// credentials and its own certificates as text, and write below one folder. It
/// may not use the operator's: sockets, files of passwords, keys and services,
/// which authenticate as the operator, and folders elsewhere.
/// @param config A valid destinationConfig; empty: there is none.
/// @param folder Where files and SQLite files may lie; an absolute path.
/// @returns invalid_argument, which names the member and what to do.
result<void> check_destination_reach(std::string_view config,
                                     std::string_view folder);

/// @returns the destinationConfig with a relative path of an SQLite file or of
/// a folder of files placed in `folder`; any other as it is.
/// @param config A valid destinationConfig; empty: there is none.
/// @param folder An absolute path; empty: nothing is placed.
std::string place_destination(std::string_view config, std::string_view folder);

} // namespace motorcade
