#include "runtime/destination/warehouse/own_tables.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/destination/warehouse/staging_names.hpp"
#include "schema/base/ascii.hpp"
#include "schema/task/tables.hpp"

#include <algorithm>

namespace motorcade {

namespace {

bool is_sync_table(std::string_view name,
                   std::span<const target_column> columns) {
  const auto has = [&](std::string_view key) {
    return std::any_of(columns.begin(), columns.end(), [&](const auto& one) {
      return equal_ignoring_case(one.name, key);
    });
  };
  return std::any_of(tables().begin(), tables().end(), [&](const table& one) {
    return equal_ignoring_case(one.name, name)
           && std::all_of(one.key.begin(), one.key.end(), has);
  });
}

} // namespace

std::string make_key_name() {
  auto id = make_uuid();
  std::erase(id, '-');
  return std::string{own_key_prefix} + id;
}

std::string join_links(std::span<const std::string> links) {
  std::string out;
  for (const auto& link : links)
    out += (out.empty() ? "" : " ") + link;
  return out;
}

std::vector<std::string> split_links(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto end = text.find(' ');
    out.emplace_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return out;
}

result<void> check_not_ours(std::string_view table,
                            std::span<const target_column> columns) {
  if (staging_names::is_like_one(table))
    return failure{ec::destination_rejected,
                   "the table " + std::string{table}
                       + " has the name of one that a request fills, which is "
                         "dropped a day later; give the stream another "
                         "table_name in the catalog, or set TABLE_NAME_PREFIX "
                         "(options.tableNamePrefix of a sync)"};
  if (!equal_ignoring_case(table, commits_table)
      && !equal_ignoring_case(table, noted_states_table)
      && !is_sync_table(table, columns))
    return {};
  return failure{ec::destination_rejected,
                 "the table " + std::string{table}
                     + " holds what motorcade itself keeps there; give the "
                       "stream another table_name in the catalog, set "
                       "TABLE_NAME_PREFIX (options.tableNamePrefix of a sync), "
                       "or send rows to another database"};
}

} // namespace motorcade
