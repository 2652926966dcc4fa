#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/sync_lock/sync_lock.hpp"

#include <string>

namespace motorcade {

/// The lock of a sync whose database is a file: `<database>.<hash>.lock` beside
/// it, which the kernel frees with the process. The file is removed with the
/// lock. A killed holder leaves it behind, and the next holder takes it over.
class file_sync_lock final : public sync_lock {
public:
  /// @param database The path of the SQLite file, which need not exist.
  /// @param holder The text by which other processes name this holder.
  file_sync_lock(const std::string& database, const std::string& sync_id,
                 std::string holder);
  ~file_sync_lock() override;

  result<void> take() override;

  void await(std::chrono::milliseconds longest, int stop) override;

private:
  std::string path_;
  std::string sync_id_;
  std::string holder_;
  file_handle file_;
};

} // namespace motorcade
