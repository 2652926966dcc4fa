#pragma once

#include "runtime/destination/destination.hpp"
#include "runtime/destination/tables/table_builder.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

namespace motorcade {

/// @returns the rules for the table that is made of a request's rows.
inline table_rules rules_of(const upload_request& request,
                            table_dialect dialect,
                            std::vector<target_column> target) {
  table_rules out;
  out.dialect = dialect;
  out.to_same_case = request.to_same_case;
  out.fields = request.fields;
  out.key = request.primary_key;
  out.target = std::move(target);
  out.changes_column = request.changes_column;
  return out;
}

/// @returns whether the commit of a request leaves the warehouse as it is:
/// there are no rows, and no table that they would have replaced.
/// @param table_exists Whether the stream's table did before the commit.
inline bool changes_nothing(const upload_request& request,
                            const table_builder& builder, bool table_exists) {
  return builder.rows() == 0
         && (!table_exists || request.mode == write_mode::batch);
}

/// @returns what a committed request did, by the table that was made of it.
/// @param builder Nothing: rows went out as they came.
/// @param table_exists As the loader last saw it.
inline load_summary summarize(const upload_request& request,
                              const std::optional<table_builder>& builder,
                              bool table_exists) {
  load_summary out;
  if (!builder || changes_nothing(request, *builder, table_exists))
    return out;
  const auto& columns = builder->layout().columns();
  out.columns_added = static_cast<uint64_t>(
      std::count_if(columns.begin(), columns.end(),
                    [](const table_column& one) { return !one.in_target; }));
  out.values_unmapped = builder->unmapped();
  if (request.mode == write_mode::batch && !builder->key().empty())
    out.rows_merged = builder->rows();
  return out;
}

} // namespace motorcade
