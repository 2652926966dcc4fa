#include "runtime/destination/sqlite/sqlite_target.hpp"

#include "runtime/destination/sqlite/sqlite_sql.hpp"
#include "runtime/destination/warehouse/own_tables.hpp"
#include "schema/base/ascii.hpp"

#include <algorithm>

namespace motorcade {

namespace {

std::vector<std::string> folded(std::vector<std::string> names) {
  for (auto& name : names)
    name = ascii_lower(name);
  std::sort(names.begin(), names.end());
  return names;
}

void read_columns(sqlite_handle& handle, const std::string& table,
                  sqlite_target& out) {
  // Hidden columns are 1, generated ones 2 and 3.
  sqlite_statement columns{handle.get(),
                           "SELECT name, type, pk, hidden FROM "
                           "pragma_table_xinfo(?1, 'main') ORDER BY cid"};
  columns.bind(1, table);
  std::vector<std::string> key;
  while (columns.step()) {
    auto shape = shape_of_sqlite_type(columns.column(1));
    shape.read_only = columns.column(3) != "0";
    if (columns.column(2) != "0")
      key.push_back(columns.column(0));
    out.columns.push_back({columns.column(0), std::move(shape)});
  }
  if (!key.empty())
    out.unique.push_back(std::move(key));
  // A strict table changes no value: its columns have types, or are of ANY.
  sqlite_statement strict{handle.get(),
                          "SELECT strict FROM pragma_table_list(?1) WHERE "
                          "schema = 'main'"};
  strict.bind(1, table);
  if (strict.step() && strict.column(0) != "0")
    for (auto& column : out.columns)
      column.shape.keeps_text = nullptr;
}

void read_indexes(sqlite_handle& handle, const std::string& table,
                  sqlite_target& out) {
  // An index of an expression has no column's name there.
  sqlite_statement indexes{
      handle.get(),
      "SELECT l.name, i.name FROM pragma_index_list(?1, 'main') l, "
      "pragma_index_info(l.name, 'main') i WHERE l.\"unique\" AND NOT "
      "l.partial ORDER BY l.seq, i.seqno"};
  indexes.bind(1, table);
  std::string index;
  while (indexes.step()) {
    if (indexes.column(0) != index) {
      index = indexes.column(0);
      out.unique.emplace_back();
    }
    out.unique.back().push_back(indexes.column(1));
    if (index.starts_with(own_key_prefix)) {
      out.key_index = index;
      out.key = out.unique.back();
    }
  }
}

} // namespace

const column_shape* sqlite_target::find(std::string_view column) const {
  for (const auto& one : columns)
    if (equal_ignoring_case(one.name, column))
      return &one.shape;
  return nullptr;
}

bool sqlite_target::is_unique(std::vector<std::string> wanted) const {
  const auto names = folded(std::move(wanted));
  return std::any_of(unique.begin(), unique.end(),
                     [&](const auto& index) { return folded(index) == names; });
}

sqlite_target look_at(sqlite_handle& handle, const std::string& table) {
  sqlite_target out;
  sqlite_statement found{handle.get(),
                         "SELECT type FROM main.sqlite_schema WHERE type IN "
                         "('table', 'view') AND name = ?1 COLLATE NOCASE"};
  found.bind(1, table);
  if (!found.step())
    return out;
  if (found.column(0) == "view")
    throw sqlite_error{ec::database_rejected,
                       table + " is a view, and rows go to tables alone"};
  out.exists = true;
  read_columns(handle, table, out);
  read_indexes(handle, table, out);
  return out;
}

} // namespace motorcade
