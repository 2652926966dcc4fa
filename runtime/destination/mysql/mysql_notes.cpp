#include "runtime/destination/mysql/mysql_notes.hpp"

#include "runtime/destination/warehouse/own_tables.hpp"

#include <string_view>

namespace motorcade {

namespace {

// https://mariadb.com/kb/en/mariadb-error-codes/
constexpr unsigned no_such_database = 1049;
constexpr unsigned no_such_table = 1146;

constexpr std::string_view is_old = "committed_at < NOW(6) - INTERVAL 30 DAY";

bool is_missing(const mysql_link& link) {
  return link.error() == no_such_table || link.error() == no_such_database;
}

/// @returns a key for texts of any length, of which no index can be made.
std::string key_of(const std::string& literals) {
  return "UNHEX(SHA2(CONCAT_WS(CHAR(0), " + literals + "), 256))";
}

/// @param columns Those besides the id and the time.
result<void> make_table(mysql_link& link, const table_name& table,
                        const std::string& columns) {
  auto made =
      link.run("CREATE TABLE IF NOT EXISTS " + quote(table)
               + " (id binary(32) NOT NULL PRIMARY KEY, " + columns
               + ", committed_at datetime(6) NOT NULL DEFAULT "
                 "CURRENT_TIMESTAMP(6)) ENGINE=InnoDB DEFAULT CHARACTER SET "
                 "utf8mb4 COLLATE "
               + link.server().collation);
  return made ? result<void>{} : made.error();
}

/// Deletes by id: a search would lock every row that it reads, those of other
/// syncs too.
result<void> delete_where(mysql_link& link, const table_name& table,
                          const std::string& condition) {
  auto found = link.run("SELECT HEX(id) FROM " + quote(table) + " WHERE "
                        + condition + " LIMIT 10000");
  if (!found)
    return is_missing(link) ? result<void>{} : found.error();
  std::string ids;
  for (const auto& row : *found)
    ids += (ids.empty() ? "x'" : ", x'") + row[0].value_or("") + "'";
  if (ids.empty())
    return {};
  auto gone =
      link.run("DELETE FROM " + quote(table) + " WHERE id IN (" + ids + ')');
  return gone ? result<void>{} : gone.error();
}

} // namespace

mysql_notes::mysql_notes(const upload_request& request,
                         const std::string& database)
    : table_{database, std::string{commits_table}},
      states_{database, std::string{noted_states_table}},
      is_first_{request.unit == 1},
      sync_{quote_literal(request.connection_id)},
      stream_{quote_literal(request.stream)},
      unit_{
          quote_literal(request.task_id + "/" + std::to_string(request.unit))},
      id_{key_of(sync_ + ", " + stream_ + ", " + unit_)} {}

result<bool> mysql_notes::has(mysql_link& link) const {
  auto found =
      link.run("SELECT 1 FROM " + quote(table_) + " WHERE id = " + id_);
  if (found)
    return !found->empty();
  if (!is_missing(link))
    return found.error();
  auto made = make_table(link, table_,
                         "sync_id text NOT NULL, stream text NOT NULL, unit "
                         "text NOT NULL");
  return made ? result<bool>{false} : made.error();
}

result<void> mysql_notes::forget_old(mysql_link& link) const {
  return is_first_ ? delete_where(
             link, table_, "sync_id = " + sync_ + " AND " + std::string{is_old})
                   : result<void>{};
}

result<void> mysql_notes::make_place_for_states(mysql_link& link) const {
  auto found = link.run("SELECT 1 FROM " + quote(states_) + " LIMIT 0");
  if (found || !is_missing(link))
    return found ? result<void>{} : found.error();
  return make_table(link, states_,
                    "sync_id text NOT NULL, stream text NOT NULL, links "
                    "mediumtext NOT NULL, state longtext NOT NULL");
}

result<void> mysql_notes::put(mysql_link& link) const {
  auto put = link.run("INSERT INTO " + quote(table_)
                      + " (id, sync_id, stream, unit) VALUES (" + id_ + ", "
                      + sync_ + ", " + stream_ + ", " + unit_ + ')');
  return put ? result<void>{} : put.error();
}

result<void> mysql_notes::commit(mysql_link& link,
                                 const state_notes& states) const {
  note_turn turn{states};
  if (auto ok = put_states(link, turn.due()); !ok)
    return ok;
  if (auto ok = link.run("COMMIT"); !ok)
    return ok.error();
  turn.committed();
  return {};
}

result<void> mysql_notes::put_states(mysql_link& link,
                                     std::span<const state_note> states) const {
  for (const auto& note : states) {
    const auto key = quote_literal(note.key);
    auto put =
        link.run("INSERT INTO " + quote(states_)
                 + " (id, sync_id, stream, links, state) VALUES ("
                 + key_of(sync_ + ", " + key) + ", " + sync_ + ", " + key + ", "
                 + quote_literal(join_links(note.links)) + ", "
                 + quote_literal(note.state)
                 + ") ON DUPLICATE KEY UPDATE links = VALUES(links), state = "
                   "VALUES(state), committed_at = NOW(6)");
    if (!put)
      return put.error();
  }
  return {};
}

std::string commit_lock_of(const table_name& target) {
  // The name of a lock has 64 characters at most.
  return "CONCAT('motorcade ', MD5(" + quote_literal(quote(target)) + "))";
}

result<std::vector<state_note>>
find_noted_states(mysql_link& link, const std::vector<table_name>& targets,
                  const std::string& sync) {
  for (const auto& target : targets) {
    const auto lock = commit_lock_of(target);
    auto free = link.run("SELECT GET_LOCK(" + lock
                         + ", @@SESSION.lock_wait_timeout), RELEASE_LOCK("
                         + lock + ')');
    if (!free)
      return free.error();
    if (free->front()[0] != "1")
      return failure{ec::destination_unavailable,
                     "another task is still at its commit to the table "
                         + quote(target)};
  }
  std::vector<state_note> out;
  for (const auto& database : schemas_of(targets)) {
    auto rows = link.run("SELECT stream, links, state FROM "
                         + quote({database, std::string{noted_states_table}})
                         + " WHERE sync_id = " + quote_literal(sync)
                         + " ORDER BY stream");
    if (!rows && is_missing(link))
      continue;
    if (!rows)
      return rows.error();
    for (const auto& row : *rows)
      out.push_back({row[0].value_or(""), row[2].value_or("null"),
                     split_links(row[1].value_or(""))});
  }
  return out;
}

result<void> forget_noted_states(mysql_link& link,
                                 const std::vector<table_name>& targets,
                                 const std::string& sync) {
  for (const auto& database : schemas_of(targets)) {
    const table_name states{database, std::string{noted_states_table}};
    const table_name commits{database, std::string{commits_table}};
    if (auto done = delete_where(link, states,
                                 "sync_id = " + quote_literal(sync) + " OR "
                                     + std::string{is_old});
        !done)
      return done;
    if (auto done = delete_where(link, commits, std::string{is_old}); !done)
      return done;
  }
  return {};
}

} // namespace motorcade
