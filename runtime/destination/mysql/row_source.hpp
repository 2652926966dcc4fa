#pragma once

#include <string_view>

struct st_mysql;

namespace motorcade {

/// The file that a server may ask for: rows in memory while they are loaded, or
/// nothing.
struct row_source {
  std::string_view rest;
  bool armed = false;
};

/// Has the library answer each request of the server for a file from the
/// source.
/// @param source Must outlive the connection.
void give_rows_alone(st_mysql& connection, row_source& source);

} // namespace motorcade
