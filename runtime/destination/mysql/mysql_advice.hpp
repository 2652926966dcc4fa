#pragma once

#include "schema/base/result.hpp"

#include <string>
#include <string_view>

// The meaning of errors of MySQL and MariaDB for a request, and advice for the
// owner of the warehouse, which follows the server's own message.
namespace motorcade {

/// @param error An error's number, of the server or of its client library.
/// @returns destination_unavailable if the same may pass later,
/// invalid_argument if login, database or certificate are wrong, or
/// destination_rejected.
ec classify_mysql_error(unsigned error, std::string_view message);

/// @returns `; …`; empty: the message says it.
std::string_view advice_on_mysql_error(unsigned error,
                                       std::string_view message);

/// @returns the message of an error without the values of rows that some show.
std::string without_row_values(unsigned error, std::string_view message);

} // namespace motorcade
