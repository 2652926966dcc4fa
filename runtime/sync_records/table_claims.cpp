#include "runtime/sync_records/table_claims.hpp"

#include "runtime/database/sql_builder.hpp"
#include "runtime/database/sql_run.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view claimed_tables = "sync_table";

/// The most rows of one statement, whose parameters are limited.
constexpr size_t most_claims = 1000;

result<std::vector<table_claim>> to_claims(result<std::vector<sql_row>> rows) {
  if (!rows)
    return rows.error();
  std::vector<table_claim> out;
  out.reserve(rows->size());
  for (auto& row : *rows)
    out.push_back({std::move(row[0]), std::move(row[1]), std::move(row[2])});
  return out;
}

std::string columns_of_claim(const sql_builder& builder) {
  return builder.read("table_id") + ", " + builder.read("sync_id") + ", "
         + builder.read("place");
}

} // namespace

result<std::vector<table_claim>>
table_claims::of_others(const std::string& sync_id,
                        const std::vector<std::string>& tables, bool given_up) {
  if (tables.empty())
    return std::vector<table_claim>{};
  return to_claims(
      run_built(*session_, claimed_tables, [&](sql_builder& builder) {
        return "SELECT " + columns_of_claim(builder) + " FROM "
               + builder.table() + " WHERE " + builder.any("table_id", tables)
               + " AND NOT (" + builder.equals({"sync_id", sync_id}) + ") AND "
               + (given_up ? "" : "NOT ") + "(" + builder.equals({"place", ""})
               + ")";
      }));
}

result<std::vector<table_claim>>
table_claims::of_sync(const std::string& sync_id) {
  return to_claims(
      run_built(*session_, claimed_tables, [&](sql_builder& builder) {
        return "SELECT " + columns_of_claim(builder) + " FROM "
               + builder.table() + " WHERE "
               + builder.equals({"sync_id", sync_id}) + " AND NOT ("
               + builder.equals({"place", ""}) + ")";
      }));
}

result<void> table_claims::replace(const std::string& sync_id,
                                   const std::string& place,
                                   const std::vector<std::string>& tables) {
  auto there = of_sync(sync_id);
  if (!there)
    return there.error();
  auto wanted = tables;
  std::sort(wanted.begin(), wanted.end());
  std::vector<std::string> kept;
  for (const auto& one : *there)
    if (one.place == place
        && std::binary_search(wanted.begin(), wanted.end(), one.table))
      kept.push_back(one.table);
  std::sort(kept.begin(), kept.end());
  if (kept.size() == there->size() && kept == wanted)
    return {};
  // What stays is never given away in between.
  if (auto gone = give_up_but(sync_id, kept); !gone)
    return gone;
  std::vector<std::string> lacking;
  std::set_difference(wanted.begin(), wanted.end(), kept.begin(), kept.end(),
                      std::back_inserter(lacking));
  for (size_t i = 0; i < lacking.size(); i += most_claims) {
    const auto first = lacking.begin() + static_cast<std::ptrdiff_t>(i);
    const auto last = lacking.begin()
                      + static_cast<std::ptrdiff_t>(
                          std::min(i + most_claims, lacking.size()));
    if (auto added = add(sync_id, place, {first, last}); !added)
      return added;
  }
  return {};
}

result<void> table_claims::add(const std::string& sync_id,
                               const std::string& place,
                               const std::vector<std::string>& tables) {
  auto rows = run_built(*session_, claimed_tables, [&](sql_builder& builder) {
    std::string names;
    std::string values;
    for (const auto& one : tables) {
      column_list columns{builder};
      columns.add({"table_id", one});
      columns.add({"sync_id", sync_id});
      columns.add({"place", place});
      columns.add_now("updated_at");
      names = columns.names();
      values += (values.empty() ? "(" : ", (") + columns.values() + ")";
    }
    return "INSERT INTO " + builder.table() + " (" + names + ") VALUES "
           + values
           + " ON CONFLICT (table_id) DO UPDATE SET "
             "sync_id = excluded.sync_id, place = excluded.place, "
             "updated_at = excluded.updated_at WHERE "
           + builder.table() + ".place = ''";
  });
  return rows ? result<void>{} : rows.error();
}

result<void> table_claims::give_up_but(const std::string& sync_id,
                                       const std::vector<std::string>& kept) {
  auto rows = run_built(*session_, claimed_tables, [&](sql_builder& builder) {
    return "UPDATE " + builder.table() + " SET place = '' WHERE "
           + builder.equals({"sync_id", sync_id}) + " AND NOT ("
           + builder.any("table_id", kept) + ")";
  });
  return rows ? result<void>{} : rows.error();
}

} // namespace motorcade
