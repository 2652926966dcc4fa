#include "runtime/destination/mysql/mysql_notes.hpp"

#include "runtime/destination/mysql/mysql_target.hpp"
#include "runtime/destination/warehouse/own_tables.hpp"

namespace motorcade {

mysql_notes::mysql_notes(const upload_request& request,
                         const std::string& database)
    : table_{database, std::string{commits_table}},
      is_first_{request.unit == 1},
      sync_{quote_literal(request.connection_id)},
      stream_{quote_literal(request.stream)},
      unit_{
          quote_literal(request.task_id + "/" + std::to_string(request.unit))},
      // No index takes texts of any length.
      id_{"UNHEX(SHA2(CONCAT_WS(CHAR(0), " + sync_ + ", " + stream_ + ", "
          + unit_ + "), 256))"} {}

result<bool> mysql_notes::has(mysql_link& link) const {
  auto there = look_at(link, table_);
  if (!there)
    return there.error();
  if (!there->exists) {
    auto made = link.run(
        "CREATE TABLE IF NOT EXISTS " + quote(table_)
        + " (id binary(32) NOT NULL PRIMARY KEY, sync_id text NOT NULL, stream "
          "text NOT NULL, unit text NOT NULL, committed_at datetime(6) NOT "
          "NULL DEFAULT CURRENT_TIMESTAMP(6)) ENGINE=InnoDB DEFAULT CHARACTER "
          "SET utf8mb4 COLLATE "
        + link.server().collation);
    if (!made)
      return made.error();
  }
  auto found =
      link.run("SELECT 1 FROM " + quote(table_) + " WHERE id = " + id_);
  if (!found)
    return found.error();
  return !found->empty();
}

result<void> mysql_notes::put(mysql_link& link) const {
  auto put = link.run("INSERT INTO " + quote(table_)
                      + " (id, sync_id, stream, unit) VALUES (" + id_ + ", "
                      + sync_ + ", " + stream_ + ", " + unit_ + ')');
  if (put && is_first_)
    put = link.run("DELETE FROM " + quote(table_) + " WHERE sync_id = " + sync_
                   + " AND committed_at < NOW(6) - INTERVAL 30 DAY");
  return put ? result<void>{} : put.error();
}

} // namespace motorcade
