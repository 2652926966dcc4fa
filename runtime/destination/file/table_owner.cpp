#include "runtime/destination/file/table_owner.hpp"

#include "runtime/base/found_file.hpp"
#include "runtime/base/log.hpp"
#include "runtime/files/file_steps.hpp"
#include "runtime/files/private_file.hpp"
#include "schema/base/excerpt.hpp"

#include <sys/stat.h>

#include <optional>
#include <utility>

namespace motorcade {

namespace {

bool is_there(const std::string& path) {
  struct stat status = {};
  return ::lstat(path.c_str(), &status) == 0;
}

/// @returns nothing if none is noted.
result<std::optional<std::string>> read_owner(const std::string& path) {
  constexpr size_t most_bytes = 1 << 20;
  auto text = read_found_file(path, most_bytes, links::followed);
  if (!text && text.error().code == ec::not_found)
    return std::optional<std::string>{};
  if (!text)
    return file_failure(text.error());
  return std::optional{std::move(*text)};
}

bool has_content(const table_place& table) {
  return is_there(table.rows) || is_there(table.files);
}

failure refusal(const table_place& table, const std::string& owner,
                const std::string& sync_id) {
  return {ec::destination_rejected,
          "the table " + table.rows + " belongs to the sync " + excerpt(owner)
              + ", so the sync " + excerpt(sync_id)
              + " does not write to it: give one of them a TABLE_NAME_PREFIX "
                "or a NAMESPACE of its own (options.tableNamePrefix or "
                "options.namespace of a sync)"};
}

} // namespace

result<void> check_owner(const table_place& table, const std::string& sync_id) {
  auto owner = read_owner(table.owner);
  if (!owner)
    return owner.error();
  if (*owner && **owner != sync_id && has_content(table))
    return refusal(table, **owner, sync_id);
  return {};
}

result<void> claim_table(const table_place& table, const std::string& sync_id) {
  auto owner = read_owner(table.owner);
  if (!owner)
    return owner.error();
  if (*owner && **owner == sync_id)
    return {};
  auto there = has_content(table);
  if (*owner && there)
    return refusal(table, **owner, sync_id);
  if (auto put = write_file(table.owner, sync_id, table_mode); !put)
    return failure{ec::destination_rejected, put.error().what};
  if (there)
    log::warn("the table {} belonged to no sync so far; from now on it "
              "belongs to the sync {}, and no other may write to it",
              table.rows, excerpt(sync_id));
  return {};
}

} // namespace motorcade
