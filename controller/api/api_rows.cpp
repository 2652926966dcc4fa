#include "controller/api/api_rows.hpp"

#include "controller/api/api_cursor.hpp"
#include "controller/api/json_members.hpp"
#include "schema/json/json_view.hpp"

namespace motorcade {

std::string to_json(const task_record& row) {
  const auto started = to_iso8601_micros(row.started_at);
  const auto updated = to_iso8601_micros(row.updated_at);
  json_members out;
  out.text("syncId", row.sync_id)
      .text("taskId", row.task_id)
      .text("package", row.package)
      .text("version", row.version)
      .text("startedAt", started)
      .text("updatedAt", updated)
      .json("startedBy", row.started_by)
      .text("status", to_string(row.status))
      .json("description", row.description)
      .json("metrics", row.metrics)
      .text_or_null("error", row.error)
      .text("command", row.command)
      .text_or_null("storageKey", row.storage_key);
  // The names of earlier versions.
  out.text("sync_id", row.sync_id)
      .text("task_id", row.task_id)
      .text("started_at", started)
      .text("updated_at", updated)
      .json("started_by", row.started_by);
  return out.end();
}

std::string to_json(const log_row& row) {
  json_members out;
  out.text("id", row.id)
      .text("level", row.level)
      .text("logger", row.logger)
      .text("message", row.message)
      .text("timestamp", to_iso8601_micros(row.time))
      .text("cursor", cursor_of(row));
  return out.end();
}

std::string to_json(const state_record& row) {
  json_members out;
  out.text("stream", row.stream)
      .json("value", row.state)
      .text_or_null("state", row.state)
      .raw("omitted", row.omitted ? "true" : "false")
      .raw("timestamp", row.time == wall_time{}
                            ? "null"
                            : encode_json_string(to_iso8601_micros(row.time)));
  return out.end();
}

std::string cursor_of(const log_row& row) {
  return write_cursor('l', {row.time, row.id});
}

} // namespace motorcade
