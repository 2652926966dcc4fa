#include "runtime/database/postgres/postgres_log_rows.hpp"

#include "runtime/database/sql_text.hpp"

#include <array>
#include <string_view>
#include <vector>

namespace motorcade {

namespace {

/// The columns of a line, in the order of `line_texts`.
std::vector<std::string> columns_of(const sql_table& into) {
  std::vector<std::string> out = {"sync_id", "task_id", "id",
                                  "level",   "logger",  "message"};
  if (into.has("timestamp"))
    out.emplace_back("timestamp");
  return out;
}

/// The texts of one line after the other, as Postgres takes them.
class line_texts {
public:
  line_texts(const std::string& sync_id, const std::string& task_id)
      : sync_id_{repair_text(sync_id)}, task_id_{repair_text(task_id)} {}

  /// Sets the texts of a line, as many as there are columns; valid until the
  /// next call.
  void set(std::vector<std::string_view>& texts, const log_row& row) {
    texts[0] = sync_id_;
    texts[1] = task_id_;
    size_t at = 2;
    for (const auto* text : {&row.id, &row.level, &row.logger, &row.message}) {
      texts[at] = *text;
      if (!is_storable_text(*text)) {
        repaired_[at - 2] = repair_text(*text);
        texts[at] = repaired_[at - 2];
      }
      ++at;
    }
    if (at == texts.size())
      return;
    time_ = to_iso8601_micros(row.time);
    texts[at] = time_;
  }

private:
  std::string sync_id_;
  std::string task_id_;
  std::array<std::string, 4> repaired_;
  std::string time_;
};

} // namespace

void copy_logs(postgres_connection& connection, const std::string& sync_id,
               const std::string& task_id, std::span<const log_row> rows) {
  const auto& into = connection.table_of("task_log");
  line_texts lines{sync_id, task_id};
  auto next = rows.begin();
  connection.copy(into, columns_of(into),
                  [&](std::vector<std::string_view>& texts) {
                    if (next == rows.end())
                      return false;
                    lines.set(texts, *next++);
                    return true;
                  });
}

void insert_logs(postgres_connection& connection, const std::string& sync_id,
                 const std::string& task_id, std::span<const log_row> rows) {
  const auto& into = connection.table_of("task_log");
  const auto columns = columns_of(into);
  line_texts lines{sync_id, task_id};
  std::vector<std::string> arrays(columns.size());
  std::vector<std::string_view> texts(columns.size());
  for (const auto& row : rows) {
    lines.set(texts, row);
    for (size_t i = 0; i < texts.size(); ++i)
      append_array_item(arrays[i], texts[i]);
  }
  std::string names;
  std::string given;
  for (size_t i = 0; i < columns.size(); ++i) {
    const auto* comma = i > 0 ? ", " : "";
    names += comma + quote_identifier(columns[i]);
    given += comma + ("$" + std::to_string(i + 1))
             + "::" + into.types.find(columns[i])->second + "[]";
    arrays[i] += '}';
  }
  connection.run("INSERT INTO " + into.name + " (" + names
                     + ") SELECT * FROM unnest(" + given
                     + ") ON CONFLICT DO NOTHING",
                 arrays);
}

} // namespace motorcade
