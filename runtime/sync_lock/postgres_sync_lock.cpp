#include "runtime/sync_lock/postgres_sync_lock.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/database/postgres/postgres_connection.hpp"
#include "runtime/database/postgres/pqxx_port.hpp"
#include "runtime/sync_lock/blocking_call.hpp"
#include "schema/base/excerpt.hpp"

#include <pqxx/pqxx>

#include <sys/socket.h>

#include <algorithm>
#include <optional>

namespace motorcade {

namespace {

/// The beginning of statements that name the holder of a lock.
constexpr std::string_view mark = "SELECT 'motorcade runs ";

/// Keeps the transaction from being ended for its idleness, and has the server
/// notice within half a minute that this machine is gone.
/// `transaction_timeout` came with Postgres 17.
constexpr auto limits =
    "SELECT set_config('idle_in_transaction_session_timeout', '0', true), "
    "set_config('tcp_keepalives_idle', '10', true), "
    "set_config('tcp_keepalives_interval', '5', true), "
    "set_config('tcp_keepalives_count', '4', true); "
    "SELECT set_config('transaction_timeout', '0', true) "
    "WHERE current_setting('transaction_timeout', true) IS NOT NULL; ";

/// The longest time that the server may take to report the end of a wait.
constexpr std::chrono::milliseconds server_delay{5'000};

/// @returns the key of a lock: an advisory lock is a number, and so many digits
/// make a positive bigint.
std::string key_of(const std::string& schema, const std::string& sync_id) {
  constexpr size_t digits = 15;
  constexpr int base = 16;
  const auto hash =
      sha256_hex("motorcade run " + sha256_hex(schema) + ' ' + sync_id);
  return std::to_string(std::stoll(hash.substr(0, digits), nullptr, base));
}

/// @returns the schema in which the task's tables are made.
std::string named_schema(const postgres_url& url) {
  for (const auto& schema : url.schemas)
    if (schema != "$user")
      return schema;
  return {};
}

} // namespace

/// A connection and its transaction, which holds the lock or nothing. Members
/// throw what libpqxx throws.
class postgres_sync_lock::connection {
public:
  explicit connection(const postgres_url& url)
      : connection_{open(url)}, quiet_{connection_} {
    // A connection that libpqxx renewed by itself would hold no lock.
    stay_lost(connection_);
    speak_tersely(connection_);
  }

  bool is_open() const { return connection_.is_open(); }

  bool holds() const { return transaction_.has_value(); }

  /// @returns whether the lock is held now.
  bool try_lock(const postgres_url& url, const std::string& sync_id,
                const std::string& holder) {
    const auto key = begin(url, sync_id);
    const auto taken = transaction_
                           ->exec(statement_of(holder)
                                  + ", pg_try_advisory_xact_lock(" + key + ")")
                           .at(0)[1]
                           .as<bool>();
    if (taken)
      return true;
    found_ = ask_for_holder(key);
    transaction_.reset();
    return false;
  }

  /// Waits for the lock, and holds it then; @returns whether it does.
  bool lock(const postgres_url& url, const std::string& sync_id,
            std::chrono::milliseconds longest) {
    const auto key = begin(url, sync_id);
    transaction_->exec(
        "SELECT set_config('lock_timeout', '"
        + std::to_string(
            std::max<std::chrono::milliseconds::rep>(1, longest.count()))
        + "', true), set_config('statement_timeout', '0', true)");
    try {
      transaction_->exec("SELECT pg_advisory_xact_lock(" + key + ")");
      return true;
    } catch (const pqxx::sql_error&) {
      // The time limit of the wait is over.
      transaction_.reset();
      return false;
    }
  }

  /// Ends calls that wait for the server; may be called from another thread.
  void shut_down() { ::shutdown(connection_.sock(), SHUT_RDWR); }

  /// Names the holder of the lock to others, which also shows whether the
  /// connection stands.
  void say(const std::string& holder) {
    transaction_->exec(statement_of(holder));
  }

  /// @returns the holder that kept `try_lock` from taking the lock.
  const std::string& found() const { return found_; }

private:
  static std::string statement_of(const std::string& holder) {
    // The name has no quotes and no backslashes.
    return std::string{mark} + holder + "'";
  }

  static pqxx::connection open(const postgres_url& url) {
    try {
      return pqxx::connection{url.connect};
    } catch (const pqxx::failure& e) {
      throw connect_error{e.what()};
    }
  }

  /// Begins the transaction that shall hold the lock.
  /// @returns the key of the lock.
  std::string begin(const postgres_url& url, const std::string& sync_id) {
    transaction_.emplace(connection_);
    const auto last =
        transaction_->exec(limits
                           + std::string{"SELECT coalesce(current_schema(), "
                                         "'')"});
    auto schema = named_schema(url);
    if (schema.empty())
      schema = last.at(0)[0].c_str();
    return key_of(schema, sync_id);
  }

  std::string ask_for_holder(const std::string& key) {
    const auto rows = transaction_->exec(
        "SELECT a.query FROM pg_locks l JOIN pg_stat_activity a ON a.pid = "
        "l.pid WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 "
        "AND l.database = (SELECT oid FROM pg_database WHERE datname = "
        "current_database()) AND ((l.classid::bigint << 32) | "
        "l.objid::bigint) = "
        + key);
    for (const auto& row : rows) {
      std::string_view query = row[0].is_null() ? "" : row[0].c_str();
      if (query.starts_with(mark)) {
        query.remove_prefix(mark.size());
        return std::string{query.substr(0, query.find('\''))};
      }
    }
    return "another process";
  }

  pqxx::connection connection_;
  no_notices<pqxx::connection> quiet_;
  std::optional<pqxx::work> transaction_;
  std::string found_;
};

postgres_sync_lock::postgres_sync_lock(postgres_url url, std::string sync_id,
                                       std::string holder)
    : url_{std::move(url)},
      sync_id_{std::move(sync_id)},
      holder_{std::move(holder)} {}

postgres_sync_lock::~postgres_sync_lock() = default;

void postgres_sync_lock::await(std::chrono::milliseconds longest, int stop) {
  if (!connection_)
    return;
  auto broken = false;
  make_blocking_call(
      [&] {
        try {
          connection_->lock(url_, sync_id_, longest);
        } catch (...) {
          broken = true;
        }
      },
      // The server may be waiting for its own lock, or hang.
      [&](pthread_t) { connection_->shut_down(); }, longest + server_delay,
      stop);
  // `take` connects anew, and tells what is wrong.
  if (broken)
    connection_.reset();
}

result<void> postgres_sync_lock::take() {
  try {
    if (connection_ && connection_->holds()) {
      connection_->say(holder_);
      return {};
    }
    if (!connection_)
      connection_ = std::make_unique<connection>(url_);
    if (connection_->try_lock(url_, sync_id_, holder_))
      return {};
    return failure{ec::already_exists, "sync " + excerpt(sync_id_)
                                           + " runs already, as "
                                           + connection_->found()};
  } catch (...) {
    auto why = explain(url_, connection_ && connection_->is_open(),
                       "the lock of sync " + excerpt(sync_id_));
    connection_.reset();
    return why;
  }
}

} // namespace motorcade
