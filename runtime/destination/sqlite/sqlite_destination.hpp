#pragma once

#include "runtime/destination/destination.hpp"

#include <string>

namespace motorcade {

/// Opens an SQLite file that rows go to as tables. Does not touch the file.
/// @param path Absolute.
/// @returns system_failed if there is no thread.
result<destination_ptr> make_sqlite_destination(const std::string& path);

} // namespace motorcade
