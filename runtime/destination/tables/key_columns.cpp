#include "runtime/destination/tables/key_columns.hpp"

#include "runtime/destination/tables/column_names.hpp"
#include "schema/base/excerpt.hpp"

#include <utility>

namespace motorcade {

key_columns::key_columns(std::vector<std::string> paths, table_dialect dialect,
                         bool same_case)
    : paths_{std::move(paths)}, dialect_{dialect} {
  for (const auto& path : paths_)
    names_.push_back(make_column_name(path, dialect_, same_case));
}

std::string key_columns::fault() const {
  for (size_t i = 0; i < names_.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (dialect_.fold(names_[i]) == dialect_.fold(names_[j]))
        return "the key's members " + excerpt(paths_[j]) + " and "
               + excerpt(paths_[i]) + " would both be the column "
               + excerpt(names_[i])
               + ", so that rows of different keys would become one; "
                 "DEDUPLICATE=false (options.deduplicate of a sync) takes "
                 "rows without a key";
  return {};
}

int key_columns::rank(const row_path& path) const {
  for (size_t i = 0; i < names_.size(); ++i)
    if (dialect_.fold(names_[i]) == dialect_.fold(path.name))
      return (path.path == paths_[i] ? 2 : 0) + (path.path == path.key ? 1 : 0);
  return 0;
}

} // namespace motorcade
