#pragma once

#include "runtime/database/sql_session.hpp"
#include "schema/base/result.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

namespace motorcade {

/// A row of `sync_file`: a sync that a file defines.
struct file_row {
  std::string sync_id;
  /// A digest of what was applied of the file last, sealed.
  std::string applied;
};

/// Which syncs are defined by files. Fails as `sync_records`. Not thread-safe.
class sync_files {
public:
  /// @param session May serve other records, too; lives as long as this.
  explicit sync_files(std::shared_ptr<sql_session> session)
      : session_{std::move(session)} {}

  /// @returns all of them, by their ids in byte order.
  result<std::vector<file_row>> all();

  /// @returns whether a file defines the sync.
  result<bool> has(const std::string& sync_id);

  /// @returns those of `sync_ids` that files define.
  result<std::set<std::string>> among(const std::vector<std::string>& sync_ids);

  /// Notes that a file defines the sync, and what of it was applied.
  result<void> put(const file_row& row);

  /// Forgets that a file defines the sync.
  result<void> erase(const std::string& sync_id);

private:
  std::shared_ptr<sql_session> session_;
};

} // namespace motorcade
