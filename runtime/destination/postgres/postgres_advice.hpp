#pragma once

#include <string_view>

// Advice for the owner of a warehouse about an error of Postgres: text that is
// appended to the server's message.
namespace motorcade {

/// Advice on a failed statement.
/// @param state The SQLSTATE.
/// @param message The message, in English: it names the kind of object.
/// @returns `; …`; empty: there is nothing to add.
std::string_view advice_on_error(std::string_view state,
                                 std::string_view message);

/// Advice on a failed connection.
/// @param message The message of libpq, in English.
/// @returns `; …`; empty: there is nothing to add.
std::string_view advice_on_refusal(std::string_view message);

} // namespace motorcade
