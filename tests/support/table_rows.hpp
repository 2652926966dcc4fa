#pragma once

#include "runtime/destination/tables/column_names.hpp"
#include "runtime/destination/tables/copy_text.hpp"
#include "runtime/destination/tables/table_builder.hpp"

#include <map>
#include <string>
#include <vector>

namespace motorcade {

/// The types of Postgres, as the tests name them.
inline table_dialect test_dialect() {
  table_dialect out;
  out.sql_types = {"bool", "int", "float", "text", "time", "json"};
  return out;
}

/// Reads COPY text back, and brings the parts of a column together.
class table_rows final : public table_sink {
public:
  using row = std::map<std::string, std::string>;

  result<void> on_layout(const table_layout& layout) override {
    columns_.clear();
    for (const auto& column : layout.columns())
      columns_.insert(columns_.end(), column.parts.size(), column.name);
    ++layouts;
    return {};
  }

  result<void> on_rows(std::string_view wire) override {
    while (!wire.empty()) {
      const auto end = wire.find('\n');
      rows.push_back(read(wire.substr(0, end)));
      wire.remove_prefix(end + 1);
    }
    return {};
  }

  /// Without nulls.
  std::vector<row> rows;
  size_t layouts = 0;

private:
  row read(std::string_view line) const {
    row out;
    size_t column = 0;
    for (bool more = true; more; ++column) {
      const auto end = std::min(line.find('\t'), line.size());
      if (line.substr(0, end) != "\\N")
        out[columns_.at(column)] = unescape(line.substr(0, end));
      more = end < line.size();
      line.remove_prefix(more ? end + 1 : end);
    }
    return out;
  }

  static std::string unescape(std::string_view text) {
    std::string out;
    for (size_t i = 0; i < text.size(); ++i) {
      auto c = text[i];
      if (c == '\\') {
        c = text[++i];
        c = c == 't' ? '\t' : c == 'n' ? '\n' : c == 'r' ? '\r' : c;
      }
      out += c;
    }
    return out;
  }

  std::vector<std::string> columns_;
};

/// What a table becomes of rows: column → type, and the rows as text.
struct built_table {
  std::map<std::string, std::string> types;
  std::vector<table_rows::row> rows;
  /// The first failure; empty: none.
  std::string error;
  uint64_t unmapped = 0;
};

/// Adds the rows one by one, also after a failure.
/// @param rules Without a dialect that of the tests is taken.
inline built_table build_table(const std::vector<std::string>& lines,
                               table_rules rules = {}) {
  if (rules.dialect.sql_types[0].empty())
    rules.dialect = test_dialect();
  copy_text wire;
  table_builder builder{std::move(rules), wire};
  table_rows sink;
  built_table out;
  for (const auto& line : lines)
    if (auto ok = builder.add(line + "\n", sink); !ok && out.error.empty())
      out.error = ok.error().what;
  for (const auto& column : builder.layout().columns())
    out.types[column.name] = column.shape().sql;
  out.rows = sink.rows;
  out.unmapped = builder.unmapped();
  return out;
}

} // namespace motorcade
