#include "runtime/database/postgres/postgres_connection.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/database/postgres/socket_watchdog.hpp"
#include "runtime/database/sql_text.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <span>

#include <poll.h>

namespace motorcade {

namespace {

constexpr std::chrono::seconds lock_limit{15};

/// The tables of a read, which must have their columns before it starts.
constexpr std::array<std::string_view, 3> written_tables = {
    "source_state", "source_task", "task_log"};

pqxx::connection connect(const postgres_url& url) {
  try {
    return pqxx::connection{url.connect};
  } catch (const pqxx::failure& e) {
    throw connect_error{e.what()};
  }
}

/// @returns the number of a subject's advisory lock.
long long lock_key(std::string_view subject) {
  // So many digits make a positive bigint.
  constexpr size_t digits = 15;
  constexpr int base = 16;
  return std::stoll(sha256_hex(subject).substr(0, digits), nullptr, base);
}

/// @returns the tables that every task needs.
std::vector<const table*> needed_tables() {
  std::vector<const table*> out;
  for (const auto& t : tables())
    if (!t.on_demand)
      out.push_back(&t);
  return out;
}

/// @returns those of the wanted tables that were not found.
std::vector<const table*>
missing_tables(const std::map<std::string, sql_table, std::less<>>& found,
               std::span<const table* const> wanted) {
  std::vector<const table*> missing;
  std::copy_if(wanted.begin(), wanted.end(), std::back_inserter(missing),
               [&](const auto* t) { return !found.contains(t->name); });
  return missing;
}

/// @returns those of the wanted tables that the search path leads to, each with
/// its columns.
std::map<std::string, sql_table, std::less<>>
find_tables(pqxx::transaction_base& transaction,
            std::span<const table* const> wanted) {
  std::string names;
  for (const auto* t : wanted)
    append_array_item(names, t->name);
  const auto rows = execute(
      transaction,
      "SELECT t.name, quote_ident(n.nspname) || '.' || quote_ident(c.relname), "
      "a.attname, format_type(a.atttypid, NULL) "
      "FROM unnest($1::text[]) AS t(name) "
      "JOIN pg_class c ON c.oid = to_regclass(quote_ident(t.name))::oid "
      "JOIN pg_namespace n ON n.oid = c.relnamespace "
      "LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
      "AND NOT a.attisdropped",
      {names + '}'});
  std::map<std::string, sql_table, std::less<>> out;
  for (const auto& row : rows) {
    auto& found = out[row[0].as<std::string>()];
    found.name = row[1].as<std::string>();
    if (!row[2].is_null())
      found.types[row[2].as<std::string>()] = row[3].as<std::string>();
  }
  return out;
}

/// @returns whether a program that does not take our lock has created the same
/// object.
bool created_meanwhile(const pqxx::sql_error& e) {
  constexpr std::array<std::string_view, 4> states = {"23505", "42P06", "42P07",
                                                      "42710"};
  return std::find(states.begin(), states.end(), e.sqlstate()) != states.end();
}

bool contains_any(std::string_view text,
                  std::span<const std::string_view> needles) {
  return std::any_of(needles.begin(), needles.end(), [&](auto needle) {
    return text.find(needle) != std::string_view::npos;
  });
}

} // namespace

postgres_connection::postgres_connection(const postgres_url& url)
    : connection_{connect(url)},
      quiet_{connection_},
      socket_{same_socket(connection_.sock())},
      call_limit_{url.call_limit} {
  // Without the watchdog's descriptor a call could wait for ever.
  if (!socket_)
    throw connect_error{"out of file descriptors"};
  // A connection that libpqxx renewed by itself would have lost its search
  // path.
  stay_lost(connection_);
  // The details that Postgres adds by default quote the rows.
  speak_tersely(connection_);
}

bool postgres_connection::closed_by_server() const noexcept {
  pollfd look{socket_.get(), POLLRDHUP, 0};
  return poll(&look, 1, 0) > 0;
}

void postgres_connection::prepare(const std::vector<std::string>& schemas) {
  schemas_ = schemas;
  set_up();
  auto found = make_tables(needed_tables());
  for (auto name : written_tables)
    keep(table_named(name), found);
}

pqxx::result
postgres_connection::run(const std::string& statement,
                         const std::vector<std::string>& parameters) {
  pqxx::nontransaction transaction{connection_};
  return execute(transaction, statement, parameters);
}

void postgres_connection::copy(
    const sql_table& into, const std::vector<std::string>& columns,
    const std::function<bool(std::vector<std::string_view>&)>& next) {
  std::vector<std::string> quoted;
  quoted.reserve(columns.size());
  for (const auto& column : columns)
    quoted.push_back(quote_identifier(column));
  pqxx::nontransaction transaction{connection_};
  row_copy rows{transaction, into.name, quoted};
  std::vector<std::string_view> texts(columns.size());
  while (next(texts))
    rows.add(texts);
  rows.end();
}

std::vector<pqxx::result>
postgres_connection::run_together(std::span<const std::string> subjects,
                                  std::span<const sql_statement> statements,
                                  bool& sent) {
  // All processes take their locks in one order, so that no two of them wait
  // for each other.
  std::set<long long> keys;
  for (const auto& subject : subjects)
    keys.insert(lock_key(subject));
  pqxx::work transaction{connection_};
  // At another level a statement would see the rows as they were before the
  // locks.
  std::string locks = "SET TRANSACTION ISOLATION LEVEL READ COMMITTED";
  for (auto key : keys)
    locks += "; SELECT pg_advisory_xact_lock(" + std::to_string(key) + ")";
  transaction.exec(locks);
  sent = true;
  std::vector<pqxx::result> out;
  out.reserve(statements.size());
  for (const auto& one : statements)
    out.push_back(execute(transaction, one.text, one.parameters));
  transaction.commit();
  return out;
}

const sql_table& postgres_connection::table_of(std::string_view name) {
  auto known = tables_.find(name);
  if (known == tables_.end()) {
    const std::array wanted = {&table_named(name)};
    auto found = wanted[0]->on_demand ? make_tables(wanted) : look_for(wanted);
    keep(*wanted[0], found);
    known = tables_.find(name);
  }
  return known->second;
}

void postgres_connection::set_up() {
  std::string statements = "SET client_encoding TO 'UTF8';"
                           "SET client_min_messages TO warning;";
  if (!schemas_.empty()) {
    statements += "SET search_path TO ";
    for (size_t i = 0; i < schemas_.size(); ++i)
      statements += (i > 0 ? ", " : "") + quote_identifier(schemas_[i]);
    statements += ';';
  }
  // A lock of another program must not stop a task for ever; a limit that the
  // role or the URL has set is kept.
  auto set = [&statements](std::string_view name, std::chrono::seconds time) {
    auto quoted = '\'' + std::string{name} + '\'';
    statements += "SELECT set_config(" + quoted + ", '"
                  + std::to_string(time.count())
                  + "s', false) WHERE current_setting(" + quoted + ") = '0';";
  };
  set("lock_timeout", lock_limit);
  set("statement_timeout", call_limit_);
  pqxx::nontransaction transaction{connection_};
  transaction.exec(statements);
}

postgres_connection::found_tables
postgres_connection::look_for(std::span<const table* const> wanted) {
  pqxx::nontransaction look{connection_};
  return find_tables(look, wanted);
}

postgres_connection::found_tables
postgres_connection::make_tables(std::span<const table* const> wanted) {
  for (int tries = 1;; ++tries) {
    auto found = look_for(wanted);
    if (missing_tables(found, wanted).empty())
      return found;
    try {
      create(wanted);
    } catch (const pqxx::sql_error& e) {
      if (tries == 3 || !created_meanwhile(e))
        throw;
    }
  }
}

void postgres_connection::create(std::span<const table* const> wanted) {
  pqxx::work transaction{connection_};
  // Sidecars that start at once would otherwise meet in Postgres's catalogs,
  // where the second one fails even with IF NOT EXISTS. The number is the
  // first eight bytes of the SHA-256 of "motorcade".
  transaction.exec("SELECT pg_advisory_xact_lock(2434393572212259762)");
  auto first = std::find_if(schemas_.begin(), schemas_.end(),
                            [](const auto& s) { return s != "$user"; });
  if (first != schemas_.end()) {
    // CREATE SCHEMA IF NOT EXISTS needs the right to create even if the
    // schema exists.
    auto quoted = quote_identifier(*first);
    auto found = execute(transaction, "SELECT to_regnamespace($1) IS NOT NULL",
                         {quoted});
    if (!found.at(0)[0].as<bool>())
      transaction.exec("CREATE SCHEMA " + quoted);
  }
  for (const auto* t : missing_tables(find_tables(transaction, wanted), wanted))
    for (const auto& statement : create_statements(*t, sql_dialect::postgres))
      transaction.exec(statement);
  transaction.commit();
}

void postgres_connection::keep(const table& wanted, found_tables& found) {
  auto at = found.find(wanted.name);
  auto one = at == found.end() ? sql_table{} : std::move(at->second);
  std::vector<std::string> present;
  for (const auto& [column, type] : one.types)
    present.push_back(column);
  auto missing = missing_column(wanted, present);
  if (!missing.empty())
    throw postgres_refusal{"table " + std::string{wanted.name}
                           + " exists without the column "
                           + std::string{missing}};
  tables_[std::string{wanted.name}] = std::move(one);
}

ec classify_connect(std::string_view text) {
  // libpq gives no SQLSTATE for a connection that never came about.
  constexpr std::array<std::string_view, 6> server = {
      "authentication failed", "no pg_hba.conf entry",
      "does not exist",        "is not permitted to log in",
      "permission denied",     "pg_hba.conf rejects"};
  constexpr std::array<std::string_view, 8> client = {
      "no password supplied",        "SSL was required",
      "root certificate file",       "certificate verify failed",
      "invalid port number",         "invalid integer value",
      "invalid value for parameter", "unrecognized configuration parameter"};
  constexpr std::array<std::string_view, 2> pooler = {"no such database",
                                                      "no such user"};
  bool fatal = text.find("FATAL:") != std::string_view::npos;
  if ((fatal && (contains_any(text, server) || contains_any(text, pooler)))
      || contains_any(text, client)
      || (text.find("invalid ") != std::string_view::npos
          && text.find(" value: ") != std::string_view::npos))
    return ec::database_rejected;
  return ec::database_unavailable;
}

ec classify_sqlstate(std::string_view state) {
  // The classes of connections, rollbacks, resources and operator intervention.
  constexpr std::array<std::string_view, 4> classes = {"08", "40", "53", "57"};
  if (std::find(classes.begin(), classes.end(), state.substr(0, 2))
      != classes.end())
    return ec::database_unavailable;
  // 55P03: a lock was not available; 25006: a failover made the server
  // read-only.
  if (state == "55P03" || state == "25006")
    return ec::database_unavailable;
  return ec::database_rejected;
}

bool may_pass(const pqxx::sql_error& refusal) {
  // libpqxx keeps no state for some classes, such as a missing privilege;
  // those that may pass have a state or a class of their own.
  return dynamic_cast<const pqxx::insufficient_resources*>(&refusal) != nullptr
         || classify_sqlstate(refusal.sqlstate()) == ec::database_unavailable;
}

failure no_answer(const postgres_url& url) {
  return {ec::database_unavailable,
          "database " + url.location + ": no answer within "
              + std::to_string(url.call_limit.count()) + " s"};
}

failure explain(const postgres_url& url, bool open, std::string_view subject) {
  ec code = ec::database_unavailable;
  bool connected = true;
  std::string text;
  try {
    throw;
  } catch (const connect_error& e) {
    connected = false;
    code = classify_connect(e.what());
    text = e.what();
  } catch (const postgres_refusal& e) {
    code = ec::database_rejected;
    text = e.what();
  } catch (const pqxx::sql_error& e) {
    if (open && !may_pass(e))
      code = ec::database_rejected;
    text = e.what();
    if (!e.sqlstate().empty())
      text += " (SQLSTATE " + e.sqlstate() + ")";
  } catch (const pqxx::failure& e) {
    // Lost, rolled back or in doubt: the failures of libpqxx that are
    // no sql_error.
    text = e.what();
  } catch (const std::bad_alloc&) {
    text = "out of memory";
  } catch (const std::exception& e) {
    code = ec::database_rejected;
    text = e.what();
  }
  // libpqxx says no more than "not connected" if a connection breaks.
  if (!open && code == ec::database_unavailable && connected)
    text = "the connection was lost: " + text;
  auto where = "database " + url.location + ": ";
  if (!subject.empty())
    where += std::string{subject} + ": ";
  return {code, where + mask(one_line(repair_text(text)), url.secrets)};
}

} // namespace motorcade
