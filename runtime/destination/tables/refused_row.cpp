#include "runtime/destination/tables/refused_row.hpp"

#include "runtime/destination/tables/column_names.hpp"
#include "schema/base/excerpt.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

failure refuse_key(uint64_t number, const key_columns& key,
                   const unmapped_values& strays, const table_layout& layout) {
  const auto row = "row " + std::to_string(number) + " of the request ";
  const auto& all = strays.entries();
  std::string names;
  std::string other;
  for (const auto& name : key.names()) {
    names += (names.empty() ? "" : ", ") + name;
    const auto column = layout.find(name);
    const auto unfit =
        std::any_of(all.begin(), all.end(), [&](const auto& one) {
          return column && one.column == *column;
        });
    if (unfit)
      return {ec::destination_rejected,
              row + "has a value of its key (" + name
                  + ") that the column does not take as it is: "
                  + layout[*column].shape().sql
                  + "; DEDUPLICATE=false (options.deduplicate of a sync) takes "
                    "it without a key"};
    const auto& dialect = layout.dialect();
    for (const auto& one : all)
      if (other.empty() && dialect.fold(one.path->name) == dialect.fold(name))
        other = "; its member " + excerpt(one.name)
                + " would be that column, but the key names "
                + excerpt(key.member_of(name)->to_text());
  }
  return {ec::destination_rejected,
          row + "lacks a value of its key (" + names + ')' + other
              + "; DEDUPLICATE=false (options.deduplicate of a sync) takes "
                "rows without a key"};
}

failure refuse_unmapped(uint64_t number, const unmapped_values& strays,
                        const table_layout& layout) {
  const auto& dialect = layout.dialect();
  const auto& first = strays.entries().front();
  auto what =
      "row " + std::to_string(number) + " of the request has a value ("
      + excerpt(first.name) + ") that "
      + (first.reason == unmapped_values::no_fit ? "does not fit its column"
                                                 : "has no column")
      + ", and ";
  const std::string name{unmapped_column};
  const auto column = layout.find(name);
  const auto wanted = dialect.shape_of(column_type::json).sql;
  if (column)
    what += name + ", where it would go, does not take it: that column is "
            + layout[*column].shape().sql + "; make it " + wanted
            + ", or rename it";
  else if (layout.target_has(name))
    what += name
            + ", where it would go, cannot be written: the table has a "
              "generated column of that name; drop or rename that column";
  else
    what += "the table has no room for " + name
            + ", where it would go, since it has "
            + std::to_string(dialect.max_columns)
            + " columns or more; drop some, or add " + name + " (" + wanted
            + ") by hand";
  return {ec::destination_rejected, std::move(what)};
}

} // namespace motorcade
