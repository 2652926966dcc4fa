#pragma once

#include <string_view>

// Advice for whoever owns a warehouse, to be put behind Postgres' own words.
namespace motorcade {

/// @param state The SQLSTATE of a failed statement.
/// @param message Its message in English, from which the kind of object is
/// told.
/// @returns `; …`; empty: the message says it.
std::string_view advice_on_error(std::string_view state,
                                 std::string_view message);

/// @param message libpq's, of a connection that failed.
/// @returns `; …`; empty: the message says it.
std::string_view advice_on_refusal(std::string_view message);

} // namespace motorcade
