#pragma once

// What differs between libpqxx 6.4 (Debian 12) and 7.10 (Debian 13), told apart
// by what each has, not by its number.

#include <pqxx/pqxx>

#include <string>
#include <string_view>
#include <vector>

#if __has_include(<pqxx/params>)
#define MOTORCADE_PQXX_HAS_PARAMS
#else
#include <pqxx/tablewriter>
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

/// Appends rows to a table by COPY. `end` must be called: before that no row is
/// there, and its error is the server's.
#ifdef MOTORCADE_PQXX_HAS_PARAMS
class row_copy {
public:
  /// @param table Quoted, as are the columns.
  template <class Transaction>
  row_copy(Transaction& transaction, const std::string& table,
           const std::vector<std::string>& columns)
      : stream_{pqxx::stream_to::raw_table(
          transaction, table, pqxx::separated_list(", ", columns))} {}

  /// Adds a row.
  /// @param texts One for each column: UTF-8 without NUL bytes.
  void add(const std::vector<std::string_view>& texts) {
    stream_.write_row(texts);
  }

  /// Has the rows stored.
  void end() { stream_.complete(); }

private:
  pqxx::stream_to stream_;
};
#else
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/// By `tablewriter`, since `stream_to` of libpqxx 6 makes several strings of
/// each text.
class row_copy {
public:
  /// @param table Quoted, as are the columns.
  template <class Transaction>
  row_copy(Transaction& transaction, const std::string& table,
           const std::vector<std::string>& columns)
      : writer_{transaction, table, columns.begin(), columns.end()} {}

  /// Adds a row.
  /// @param texts One for each column: UTF-8 without NUL bytes.
  void add(const std::vector<std::string_view>& texts) {
    constexpr size_t piece = 64u << 10;
    if (lines_.size() >= piece)
      send();
    if (!lines_.empty())
      lines_ += '\n';
    for (size_t i = 0; i < texts.size(); ++i) {
      if (i > 0)
        lines_ += '\t';
      append_escaped(texts[i]);
    }
  }

  /// Has the rows stored.
  void end() {
    if (!lines_.empty())
      send();
    writer_.complete();
  }

private:
  /// Sends the lines so far; libpqxx puts the last line's end behind them.
  void send() {
    writer_.write_raw_line(lines_);
    lines_.clear();
  }

  /// Appends a text as COPY reads it.
  void append_escaped(std::string_view text) {
    for (const auto c : text) {
      const auto letter = c == '\\' ? '\\'
                          : c == '\n' ? 'n'
                          : c == '\t' ? 't'
                          : c == '\r' ? 'r'
                                      : '\0';
      if (letter != '\0')
        lines_ += '\\';
      lines_ += letter != '\0' ? letter : c;
    }
  }

  pqxx::tablewriter writer_;
  std::string lines_;
};

#pragma GCC diagnostic pop
#endif

} // namespace motorcade
