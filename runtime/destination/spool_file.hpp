#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/stream/block.hpp"
#include "schema/base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace motorcade {

/// Keeps blocks on disk, compressed, so that a request that is too large for
/// memory can be sent again. The file has no name: it goes away with this
/// object, however the process ends. Not thread-safe.
class spool_file {
public:
  ~spool_file();
  spool_file(const spool_file&) = delete;
  spool_file& operator=(const spool_file&) = delete;

  /// @param directory SPOOL_DIR.
  /// @returns system_failed if no file can be made there.
  static result<std::unique_ptr<spool_file>>
  create(const std::string& directory);

  /// Appends a block.
  /// @returns system_failed, e.g. if the disk is full; the blocks before can
  /// still be read, this one cannot.
  result<void> append(const block& rows);

  /// @returns the number of blocks.
  size_t size() const { return index_.size(); }

  /// Reads block `i`, counted from 0.
  /// @param window The window in which the block has a share.
  result<block_ptr> read(size_t i, const byte_window_ptr& window) const;

private:
  spool_file(file_handle file, std::string directory);

  struct entry {
    uint64_t offset;
    uint32_t stored_bytes;
    uint32_t bytes;
    uint64_t rows;
    std::vector<staged_file> files;
  };

  file_handle file_;
  std::string directory_;
  uint64_t end_ = 0;
  std::vector<entry> index_;
  std::vector<char> buffer_;
};

} // namespace motorcade
