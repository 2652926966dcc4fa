#include "runtime/database/sql_text.hpp"

#include "schema/base/ascii.hpp"
#include "schema/task/tables.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace motorcade {

namespace {

constexpr std::string_view replacement = "\xef\xbf\xbd";

/// @returns the bytes of the UTF-8 sequence at `at`; 0 if none begins there, or
/// a NUL does.
size_t sequence_length(std::string_view text, size_t at) {
  auto byte = [&](size_t i) {
    return static_cast<unsigned char>(text[i]);
  };
  auto follows = [&](size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return i < text.size() && byte(i) >= low && byte(i) <= high;
  };
  auto first = byte(at);
  if (first < 0x80)
    return first == 0 ? 0 : 1;
  if (first >= 0xc2 && first <= 0xdf)
    return follows(at + 1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    // Overlong forms begin below, surrogates above these bounds.
    auto low = first == 0xe0 ? 0xa0u : 0x80u;
    auto high = first == 0xed ? 0x9fu : 0xbfu;
    return follows(at + 1, low, high) && follows(at + 2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    auto low = first == 0xf0 ? 0x90u : 0x80u;
    auto high = first == 0xf4 ? 0x8fu : 0xbfu;
    return follows(at + 1, low, high) && follows(at + 2) && follows(at + 3) ? 4
                                                                            : 0;
  }
  return 0;
}

/// @returns the UTF-16 unit of the escape `\uXXXX` at `at`, or -1 if there is
/// none.
int escaped_unit(std::string_view json, size_t at) {
  if (at + 6 > json.size() || json[at] != '\\' || json[at + 1] != 'u')
    return -1;
  int unit = 0;
  for (size_t i = at + 2; i < at + 6; ++i) {
    auto c = json[i];
    int digit = c >= '0' && c <= '9'   ? c - '0'
                : c >= 'a' && c <= 'f' ? c - 'a' + 10
                : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                       : -1;
    if (digit < 0)
      return -1;
    unit = unit * 16 + digit;
  }
  return unit;
}

std::optional<std::string> or_null(const std::string& text) {
  if (text.empty())
    return std::nullopt;
  return repair_text(text);
}

} // namespace

bool is_storable_text(std::string_view text) {
  for (auto at = printable_ascii_length(text); at < text.size();) {
    auto length = sequence_length(text, at);
    if (length == 0)
      return false;
    at += length;
    // Behind a line end, say, there is plain text again.
    if (length == 1)
      at += printable_ascii_length(text.substr(at));
  }
  return true;
}

std::string repair_text(std::string_view text) {
  if (is_storable_text(text))
    return std::string{text};
  std::string repaired;
  repaired.reserve(text.size() + 16);
  for (size_t at = 0; at < text.size();) {
    auto length = sequence_length(text, at);
    repaired += length == 0 ? replacement : text.substr(at, length);
    at += std::max<size_t>(length, 1);
  }
  return repaired;
}

std::string json_or_string(std::string_view text) {
  if (nlohmann::json::accept(text))
    return std::string{text};
  return nlohmann::json(repair_text(text)).dump();
}

std::string repair_json(std::string_view json) {
  std::string repaired;
  repaired.reserve(json.size());
  for (size_t at = 0; at < json.size();) {
    if (json[at] != '\\') {
      repaired += json[at++];
      continue;
    }
    auto unit = escaped_unit(json, at);
    if (unit < 0) {
      // The escaped character is copied, too, or `\\u0000` would be taken for
      // an escape.
      repaired += json.substr(at, 2);
      at += 2;
      continue;
    }
    bool high = unit >= 0xd800 && unit <= 0xdbff;
    bool low = unit >= 0xdc00 && unit <= 0xdfff;
    if (high) {
      auto next = escaped_unit(json, at + 6);
      if (next >= 0xdc00 && next <= 0xdfff) {
        repaired += json.substr(at, 12);
        at += 12;
        continue;
      }
    }
    repaired += unit == 0 || high || low ? "\\ufffd" : json.substr(at, 6);
    at += 6;
  }
  return repaired;
}

std::string fit_text(std::string_view type, std::string_view text) {
  auto repaired = repair_text(text);
  return type == "jsonb" || type == "json"
             ? json_or_string(repair_json(repaired))
             : repaired;
}

std::string now_as(std::string_view type) {
  return type == "timestamp without time zone" ? "(now() AT TIME ZONE 'UTC')"
                                               : "now()";
}

void append_array_item(std::string& array, std::string_view item) {
  array += array.empty() ? "{\"" : ",\"";
  for (size_t at = 0; at < item.size();) {
    auto special = std::min(item.find_first_of("\"\\", at), item.size());
    array += item.substr(at, special - at);
    if (special < item.size()) {
      array += '\\';
      array += item[special];
    }
    at = special + 1;
  }
  array += '"';
}

std::string one_line(std::string_view text) {
  std::string line;
  bool blank = false;
  for (auto c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') {
      blank = true;
      continue;
    }
    if (blank && !line.empty())
      line += ' ';
    blank = false;
    line += c;
  }
  return line;
}

std::string name_for_message(std::string_view name) {
  constexpr size_t longest = 200;
  auto line = one_line(repair_text(name.substr(0, longest)));
  if (name.size() > longest)
    line += "...";
  return "'" + line + "'";
}

std::vector<column_value> task_values(const task_row& row) {
  auto started_by = or_null(row.started_by);
  if (started_by)
    started_by = json_or_string(*started_by);
  return {{"sync_id", repair_text(row.sync_id)},
          {"task_id", repair_text(row.task_id)},
          {"package", repair_text(row.package)},
          {"version", repair_text(row.version)},
          {"started_at", to_iso8601_micros(row.started_at)},
          {"started_by", std::move(started_by)},
          {"status", std::string{to_string(row.status)}},
          {"description", or_null(row.description)},
          {"metrics", or_null(row.metrics)},
          {"error", or_null(row.error)}};
}

namespace {

void only_where(row_write& write, std::string_view column,
                const std::string& condition) {
  write.condition_column = column;
  write.condition = quote_identifier(column) + " " + condition;
}

std::string written_before(wall_time when) {
  return quote_identifier("timestamp") + " < '" + to_iso8601_micros(when) + "'";
}

} // namespace

row_write result_values(const result_row& row) {
  column_value package{"package", repair_text(row.package)};
  column_value version{"version", repair_text(row.version)};
  column_value key{"key", repair_text(row.key)};
  column_value status{"status", std::string{to_string(row.status)}};
  column_value description{"description", or_null(row.description)};
  row_write out;
  switch (row.command) {
  case inquiry::spec:
    out = {"source_spec", {package, version}, {{"error", description.text}}};
    if (row.document.empty()) {
      only_where(out, "specs", "IS NULL");
      // The row must hold no spec, and no failure that was stored since this
      // run began.
      if (row.yields_since)
        out.condition += " AND (" + quote_identifier("error") + " IS NULL OR "
                         + written_before(*row.yields_since) + ")";
    } else {
      out.values.push_back({"specs", row.document});
    }
    break;
  case inquiry::check:
    out = {"source_check", {key}, {package, version, status, description}};
    if (row.yields_since) {
      out.condition_column = "timestamp";
      out.condition = written_before(*row.yields_since);
    }
    break;
  case inquiry::discover:
    out = {"source_catalog", {package, version, key}, {status, description}};
    if (!row.document.empty())
      out.values.push_back({"catalog", row.document});
    if (row.yields_since)
      only_where(out, "status", "= 'RUNNING'");
    break;
  }
  return out;
}

row_write config_values(const config_row& row) {
  return {"source_config_update",
          {{"package", row.package},
           {"version", row.version},
           {"sync_id", row.sync_id},
           {"key", row.key}},
          {{"config", row.config}}};
}

} // namespace motorcade
