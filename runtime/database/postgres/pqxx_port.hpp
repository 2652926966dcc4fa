#pragma once

// What differs between libpqxx 6.4 (Debian 12) and 7.10 (Debian 13), told apart
// by what each has, not by its number.

#include <pqxx/pqxx>

#include <string>
#include <vector>

#if __has_include(<pqxx/params>)
#define MOTORCADE_PQXX_HAS_PARAMS
#endif

namespace motorcade {

/// Keeps a lost connection lost: libpqxx 6 would connect anew by itself, 7
/// never does.
template <class Connection>
void stay_lost(Connection& connection) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  if constexpr (requires { connection.inhibit_reactivation(true); })
    connection.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

/// A connection of a libpqxx that takes a function for notices.
template <class Connection>
concept takes_notice_handler = requires(Connection& connection) {
  connection.set_notice_handler([](const auto&) {});
};

/// Drops the server's notices, which libpqxx would print, for as long as it
/// lives. Must end before the connection.
template <class Connection>
class no_notices {
public:
  /// @param connection Outlives this.
  explicit no_notices(Connection& connection) : handler_{connection} {}

private:
  pqxx::quiet_errorhandler handler_;
};

/// The same if error handlers are deprecated.
template <takes_notice_handler Connection>
class no_notices<Connection> {
public:
  /// @param connection Drops its notices for good.
  explicit no_notices(Connection& connection) {
    connection.set_notice_handler([](const auto&) {});
  }
};

/// Has the server's errors come without details, which quote rows.
template <class Connection>
void speak_tersely(Connection& connection) {
#ifdef MOTORCADE_PQXX_HAS_PARAMS
  connection.set_verbosity(pqxx::error_verbosity::terse);
#else
  connection.set_verbosity(Connection::terse);
#endif
}

/// Runs a statement whose parameters `$1`, `$2` … are given as text.
template <class Transaction>
pqxx::result execute(Transaction& transaction, const std::string& statement,
                     const std::vector<std::string>& parameters) {
#ifdef MOTORCADE_PQXX_HAS_PARAMS
  pqxx::params given;
  given.append_multi(parameters);
  // `exec_params` is deprecated if `exec` takes parameters.
  if constexpr (requires { transaction.exec(statement, given); })
    return transaction.exec(statement, given);
  else
    return transaction.exec_params(statement, given);
#else
  return transaction.exec_params(
      statement, pqxx::prepare::make_dynamic_params(parameters));
#endif
}

} // namespace motorcade
