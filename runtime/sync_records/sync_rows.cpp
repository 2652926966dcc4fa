#include "runtime/sync_records/sync_rows.hpp"

#include <array>
#include <charconv>

namespace motorcade {

namespace {

constexpr std::array<std::string_view, 7> stage_names{
    "WAITING", "DISCOVERING", "READING",  "SUCCESS",
    "PARTIAL", "FAILED",      "CANCELLED"};

constexpr std::array<std::string_view, 4> follow_up_names{"", "COUNT", "RETRY",
                                                          "RETRY_ANEW"};

/// Takes a whole number.
/// @returns false if the text is none.
template <class Number>
bool take(const std::string& text, Number& number) {
  const auto* last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, number);
  return error == std::errc{} && end == last;
}

/// Takes a time that may be NULL.
/// @returns false if the text is none.
bool take(const std::string& text, std::optional<wall_time>& time) {
  if (text.empty())
    return true;
  time = from_iso8601_micros(text);
  return time.has_value();
}

/// Takes a whole number that may be NULL.
/// @returns false if the text is none.
bool take(const std::string& text, std::optional<uint64_t>& number) {
  return text.empty() || take(text, number.emplace());
}

} // namespace

std::string_view to_string(run_stage stage) {
  return stage_names.at(static_cast<size_t>(stage));
}

std::string_view to_string(follow_up next) {
  return follow_up_names.at(static_cast<size_t>(next));
}

std::optional<run_stage> stage_of(std::string_view name) {
  for (size_t i = 0; i < stage_names.size(); ++i)
    if (stage_names[i] == name)
      return static_cast<run_stage>(i);
  return {};
}

std::optional<std::string> or_null(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional{text};
}

std::optional<std::string> or_null(const std::optional<wall_time>& time) {
  return time ? std::optional{to_iso8601_micros(*time)} : std::nullopt;
}

std::optional<std::string> or_null(const std::optional<uint64_t>& number) {
  return number ? std::optional{std::to_string(*number)} : std::nullopt;
}

std::string columns_of_sync(const sql_builder& builder,
                            size_t longest_secrets) {
  const auto all = longest_secrets == 0;
  const std::string none = "NULL";
  const auto secrets = all ? builder.read("secrets")
                           : "CASE WHEN " + builder.bytes("secrets")
                                 + " <= " + std::to_string(longest_secrets)
                                 + " THEN " + builder.read("secrets") + " END";
  return builder.read("sync_id") + ", " + builder.read("definition") + ", "
         + secrets + ", " + (all ? builder.read("earlier_secrets") : none)
         + ", " + builder.read("version") + ", " + builder.read("paused") + ", "
         + builder.read_time("next_run_at") + ", "
         + builder.read_time("created_at") + ", "
         + builder.read_time("updated_at") + ", " + builder.read("last_status")
         + ", " + builder.read_time("last_success_at") + ", "
         + (all ? builder.read("given_secrets") : none);
}

std::string columns_of_run(const sql_builder& builder, size_t longest_error) {
  auto error = builder.read("error");
  if (longest_error > 0)
    error = "substr(" + error + ", 1, " + std::to_string(longest_error) + ")";
  return builder.read("run_id") + ", " + builder.read("sync_id") + ", "
         + builder.read("trigger") + ", " + builder.read_time("due_at") + ", "
         + builder.read("attempt") + ", " + builder.read("status") + ", "
         + error + ", " + builder.read_time("created_at") + ", "
         + builder.read_time("updated_at") + ", " + builder.read("follow_up")
         + ", " + builder.read_time("started_at") + ", " + builder.read("rows")
         + ", " + builder.read("bytes");
}

std::optional<stored_sync> to_sync(sql_row& row) {
  stored_sync out;
  out.id = std::move(row[0]);
  out.open = std::move(row[1]);
  out.secrets = std::move(row[2]);
  out.earlier_secrets = std::move(row[3]);
  out.version = std::move(row[4]);
  out.paused = std::move(row[5]);
  const auto created = from_iso8601_micros(row[7]);
  const auto updated = from_iso8601_micros(row[8]);
  if (!take(row[6], out.next_run_at) || !created || !updated
      || !take(row[10], out.last_success_at))
    return {};
  out.created_at = *created;
  out.updated_at = *updated;
  out.last_stage = stage_of(row[9]);
  out.given_secrets = std::move(row[11]);
  return out;
}

std::optional<sync_run> to_run(sql_row& row) {
  sync_run out;
  out.id = std::move(row[0]);
  out.sync_id = std::move(row[1]);
  out.trigger = std::move(row[2]);
  const auto due = from_iso8601_micros(row[3]);
  const auto stage = stage_of(row[5]);
  const auto created = from_iso8601_micros(row[7]);
  const auto updated = from_iso8601_micros(row[8]);
  if (!due || !take(row[4], out.attempt) || !stage || !created || !updated
      || !take(row[10], out.started_at) || !take(row[11], out.figures.rows)
      || !take(row[12], out.figures.bytes))
    return {};
  out.due_at = *due;
  out.stage = *stage;
  out.error = std::move(row[6]);
  out.created_at = *created;
  out.updated_at = *updated;
  for (size_t i = 0; i < follow_up_names.size(); ++i)
    if (row[9] == follow_up_names[i])
      out.next = static_cast<follow_up>(i);
  return out;
}

result<bool> has_row(const result<std::vector<sql_row>>& rows) {
  return rows ? result<bool>{!rows->empty()} : rows.error();
}

} // namespace motorcade
