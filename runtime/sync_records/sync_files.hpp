#pragma once

#include "runtime/database/sql_session.hpp"
#include "schema/base/result.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A row of `sync_file`: a sync that a file defines.
struct file_row {
  std::string sync_id;
  /// A digest of what was applied of the file last, sealed; empty: nothing was,
  /// or an earlier version did not keep it once the file was gone.
  std::string applied;
  /// Whether the file was gone at the last look.
  bool gone = false;
};

/// Whether a file defines a sync.
enum class file_standing : uint8_t {
  none,
  defines,
  /// One did, and was gone at the last look.
  gone,
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
  result<file_standing> standing(const std::string& sync_id);

  /// @returns those of `sync_ids` that files define, or did until they were
  /// gone.
  result<std::map<std::string, file_standing>>
  among(const std::vector<std::string>& sync_ids);

  /// Notes that a file defines the sync, which content of it was applied, and
  /// whether it is gone.
  result<void> put(const file_row& row);

  /// Forgets that a file defines the sync.
  result<void> erase(const std::string& sync_id);

private:
  std::shared_ptr<sql_session> session_;
};

} // namespace motorcade
