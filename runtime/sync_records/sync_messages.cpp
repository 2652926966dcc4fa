#include "runtime/sync_records/sync_messages.hpp"

#include "runtime/database/sql_builder.hpp"
#include "runtime/database/sql_run.hpp"
#include "runtime/sync_records/sync_rows.hpp"

#include <charconv>
#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view messages = "sync_notification";

template <class T>
bool read_number(const std::string& text, T& out) {
  const auto* end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && at == end;
}

std::optional<message_row> to_message(sql_row& row) {
  message_row out;
  out.id = std::move(row[0]);
  out.sync_id = std::move(row[1]);
  out.body = std::move(row[3]);
  const auto due = from_iso8601_micros(row[5]);
  const auto created = from_iso8601_micros(row[6]);
  if (!read_number(row[2], out.channel) || !read_number(row[4], out.attempts)
      || !due || !created)
    return {};
  out.due_at = *due;
  out.created_at = *created;
  return out;
}

} // namespace

result<void> sync_messages::add(const message_row& note) {
  auto stored = run_built(*session_, messages, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"notification_id", note.id});
    columns.add({"sync_id", note.sync_id});
    columns.add({"channel", std::to_string(note.channel)});
    columns.add({"body", note.body});
    columns.add({"attempts", "0"});
    columns.add({"status", "WAITING"});
    columns.add({"due_at", to_iso8601_micros(note.due_at)});
    columns.add_now("created_at");
    columns.add_now("updated_at");
    return "INSERT INTO " + builder.table() + " (" + columns.names()
           + ") VALUES (" + columns.values()
           + ") ON CONFLICT (notification_id) DO NOTHING";
  });
  return stored ? result<void>{} : stored.error();
}

result<std::vector<message_row>> sync_messages::due(wall_time now,
                                                    size_t limit) {
  auto rows = run_built(*session_, messages, [&](sql_builder& builder) {
    const auto due = builder.as_time("due_at");
    return "SELECT " + builder.read("notification_id") + ", "
           + builder.read("sync_id") + ", " + builder.read("channel") + ", "
           + builder.read("body") + ", " + builder.read("attempts") + ", "
           + builder.read_time("due_at") + ", "
           + builder.read_time("created_at") + " FROM " + builder.table()
           + " WHERE \"status\" = 'WAITING' AND " + due
           + " <= " + builder.time(now) + " ORDER BY " + due + " LIMIT "
           + builder.number(limit);
  });
  if (!rows)
    return rows.error();
  std::vector<message_row> out;
  for (auto& row : *rows) {
    auto one = to_message(row);
    if (!one)
      return unreadable_row(*session_, messages);
    out.push_back(std::move(*one));
  }
  return out;
}

result<bool> sync_messages::has_any(std::span<const std::string> ids) {
  if (ids.empty())
    return false;
  auto rows = run_built(*session_, messages, [&](sql_builder& builder) {
    return "SELECT 1 FROM " + builder.table() + " WHERE "
           + builder.any("notification_id", ids) + " LIMIT 1";
  });
  return rows ? result<bool>{!rows->empty()} : rows.error();
}

result<void> sync_messages::postpone(const message_row& note, wall_time due,
                                     const std::string& error) {
  auto stored = run_built(*session_, messages, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"attempts", std::to_string(note.attempts + 1)});
    columns.add({"due_at", to_iso8601_micros(due)});
    columns.add({"error", or_null(error)});
    columns.add_now("updated_at");
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE " + builder.equals({"notification_id", note.id});
  });
  return stored ? result<void>{} : stored.error();
}

result<void> sync_messages::put_off(std::span<const std::string> ids,
                                    wall_time due) {
  if (ids.empty())
    return {};
  auto stored = run_built(*session_, messages, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"due_at", to_iso8601_micros(due)});
    columns.add_now("updated_at");
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE \"status\" = 'WAITING' AND "
           + builder.any("notification_id", ids);
  });
  return stored ? result<void>{} : stored.error();
}

result<void> sync_messages::close(const message_row& note,
                                  const std::string& error) {
  auto stored = run_built(*session_, messages, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"attempts", std::to_string(note.attempts + 1)});
    columns.add({"status", error.empty() ? "SENT" : "GIVEN_UP"});
    columns.add({"error", or_null(error)});
    columns.add_now("updated_at");
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE " + builder.equals({"notification_id", note.id});
  });
  return stored ? result<void>{} : stored.error();
}

result<void> sync_messages::give_up(const std::string& sync_id, size_t channel,
                                    const std::string& why) {
  auto stored = run_built(*session_, messages, [&](sql_builder& builder) {
    column_list columns{builder};
    columns.add({"status", "GIVEN_UP"});
    columns.add({"error", or_null(why)});
    columns.add_now("updated_at");
    return "UPDATE " + builder.table() + " SET " + columns.assignments()
           + " WHERE \"status\" = 'WAITING' AND "
           + builder.equals({"sync_id", sync_id}) + " AND "
           + builder.equals({"channel", std::to_string(channel)});
  });
  return stored ? result<void>{} : stored.error();
}

result<void> sync_messages::prune() {
  auto gone = run_built(*session_, messages, [&](sql_builder& builder) {
    return "DELETE FROM " + builder.table()
           + " WHERE \"status\" <> 'WAITING' AND "
           + builder.as_time("updated_at") + " < " + builder.ago(kept);
  });
  return gone ? result<void>{} : gone.error();
}

} // namespace motorcade
