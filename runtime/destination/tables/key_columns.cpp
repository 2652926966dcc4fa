#include "runtime/destination/tables/key_columns.hpp"

#include "runtime/destination/tables/column_names.hpp"
#include "schema/base/excerpt.hpp"

#include <utility>

namespace motorcade {

key_columns::key_columns(std::vector<key_path> paths, table_dialect dialect,
                         bool same_case)
    : paths_{std::move(paths)}, dialect_{dialect} {
  for (const auto& path : paths_)
    names_.push_back(make_column_name(path.joined(), dialect_, same_case));
}

std::string key_columns::fault() const {
  for (size_t i = 0; i < names_.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (dialect_.fold(names_[i]) == dialect_.fold(names_[j]))
        return "the key's members " + excerpt(paths_[j].to_text()) + " and "
               + excerpt(paths_[i].to_text()) + " would both be the column "
               + excerpt(names_[i])
               + ", so that rows of different keys would become one; "
                 "DEDUPLICATE=false (options.deduplicate of a sync) takes "
                 "rows without a key";
  return {};
}

const key_path* key_columns::member_of(std::string_view column) const {
  for (size_t i = 0; i < names_.size(); ++i)
    if (dialect_.fold(names_[i]) == dialect_.fold(column))
      return &paths_[i];
  return nullptr;
}

} // namespace motorcade
