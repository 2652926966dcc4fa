#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/sync_lock/sync_lock.hpp"

#include <string>

namespace motorcade {

/// The lock of a sync whose database is a file: `<database>.<hash>.lock` beside
/// it, which the kernel frees with the process. The file goes with the lock; a
/// killed holder leaves it behind, and the next one takes it over.
class file_sync_lock final : public sync_lock {
public:
  /// @param database The path of the SQLite file, which need not be there.
  /// @param holder What others read who are in our way.
  file_sync_lock(const std::string& database, const std::string& sync_id,
                 std::string holder);
  ~file_sync_lock() override;

  result<void> take() override;

  const std::string& path() const { return path_; }

private:
  std::string path_;
  std::string sync_id_;
  std::string holder_;
  file_handle file_;
};

} // namespace motorcade
