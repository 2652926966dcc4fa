#include "runtime/destination/mysql/row_source.hpp"

#include <mariadb/errmsg.h>
#include <mariadb/mysql.h>

#include <algorithm>
#include <cstring>

namespace motorcade {

namespace {

int begin_rows(void** out, const char*, void* source) {
  *out = source;
  return static_cast<row_source*>(source)->armed ? 0 : 1;
}

int read_rows(void* source, char* to, unsigned room) {
  auto& rest = static_cast<row_source*>(source)->rest;
  const auto now = rest.substr(0, room);
  std::memcpy(to, now.data(), now.size());
  rest.remove_prefix(now.size());
  return static_cast<int>(now.size());
}

void end_rows(void*) {}

int explain_rows(void*, char* to, unsigned room) {
  constexpr std::string_view what = "the server asked for a file";
  const auto size = std::min<size_t>(what.size(), room - 1);
  std::memcpy(to, what.data(), size);
  to[size] = '\0';
  return CR_UNKNOWN_ERROR;
}

} // namespace

void give_rows_alone(st_mysql& connection, row_source& source) {
  ::mysql_set_local_infile_handler(&connection, begin_rows, read_rows, end_rows,
                                   explain_rows, &source);
}

} // namespace motorcade
