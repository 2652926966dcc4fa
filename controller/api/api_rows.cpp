#include "controller/api/api_rows.hpp"

#include "controller/api/api_cursor.hpp"
#include "controller/api/api_documents.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"

namespace motorcade {

namespace {

/// Puts the members of a JSON object together.
class object_writer {
public:
  object_writer& raw(std::string_view name, std::string_view json) {
    out_ += out_.empty() ? '{' : ',';
    out_ += '"';
    out_ += name;
    out_ += "\":";
    out_ += json;
    return *this;
  }

  object_writer& text(std::string_view name, std::string_view value) {
    return raw(name, encode_json_string(value));
  }

  /// An empty text is NULL.
  object_writer& json(std::string_view name, const std::string& value) {
    if (value.empty())
      return raw(name, "null");
    // The answer is readable JSON, even if the column is not.
    if (nests_deeper(value, max_body_depth) || check_json(value))
      return text(name, value);
    return raw(name, value);
  }

  std::string end() { return std::move(out_) + "}"; }

private:
  std::string out_;
};

} // namespace

std::string to_json(const task_record& row) {
  object_writer out;
  out.text("sync_id", row.sync_id)
      .text("task_id", row.task_id)
      .text("package", row.package)
      .text("version", row.version)
      .text("started_at", to_iso8601_micros(row.started_at))
      .text("updated_at", to_iso8601_micros(row.updated_at))
      .json("started_by", row.started_by)
      .text("status", to_string(row.status))
      .json("description", row.description)
      .json("metrics", row.metrics)
      .raw("error", row.error.empty() ? "null" : encode_json_string(row.error))
      .text("command", row.command)
      .raw("storageKey", row.storage_key.empty()
                             ? "null"
                             : encode_json_string(row.storage_key));
  return out.end();
}

std::string to_json(const log_row& row) {
  object_writer out;
  out.text("id", row.id)
      .text("level", row.level)
      .text("logger", row.logger)
      .text("message", row.message)
      .text("timestamp", to_iso8601_micros(row.time))
      .text("cursor", cursor_of(row));
  return out.end();
}

std::string to_json(const state_record& row) {
  object_writer out;
  out.text("stream", row.stream)
      .raw("state", row.state.empty() ? "null" : encode_json_string(row.state))
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
