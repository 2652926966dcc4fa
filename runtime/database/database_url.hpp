#pragma once

#include "runtime/database/database_patience.hpp"
#include "schema/base/result.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A `postgres://` URL, taken apart.
struct postgres_url {
  /// The URL for libpq: without the search path, with time limits if it had
  /// none. Holds the password.
  std::string connect;
  /// The search path, in order; empty: the role's own.
  std::vector<std::string> schemas;
  /// `host:port/database`.
  std::string location;
  /// Texts that must never be shown.
  std::vector<std::string> secrets;
  /// The time limit of one call.
  std::chrono::seconds call_limit = database_patience{}.call;
};

/// @returns the options that a connection string of libpq sets; nothing if
/// libpq refuses it.
std::optional<std::map<std::string, std::string>>
parse_libpq_options(const std::string& text);

/// Takes `search_path` and `schema` out of the query. Both may name several
/// schemas, separated by commas. As in Postgres a name in `search_path` is
/// folded to lower case unless it stands in double quotes; `schema` is taken as
/// it is. Adds limits, so that a dead server is noticed within about 20 s, and
/// the application's name, unless the URL has its own.
/// @returns invalid_argument, without any part of the URL in the text.
result<postgres_url> parse_postgres_url(const std::string& url,
                                        const database_patience& patience = {});

/// Reads the URL of an SQLite file.
/// @param subject The URL's name in errors, which begin with it.
/// @returns the absolute path that `sqlite:///path` names, or
/// invalid_argument, without any part of the URL in the text.
result<std::string> parse_sqlite_url(const std::string& url,
                                     std::string_view subject = "DATABASE_URL");

/// @returns the text with every secret of four bytes or more replaced by `***`.
std::string mask(std::string text, const std::vector<std::string>& secrets);

} // namespace motorcade
