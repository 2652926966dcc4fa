#pragma once

#include "runtime/base/byte_window.hpp"
#include "runtime/files/staged_file.hpp"

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace motorcade {

/// Immutable bytes of a request body: whole NDJSON rows of one stream, each
/// ended by a newline.
class block {
public:
  /// @param bytes `size` bytes, owned by the block.
  /// @param rows The number of lines in it.
  /// @param files The files that those lines refer to, in their order.
  block(std::unique_ptr<char[]> bytes, size_t size, size_t rows,
        window_share share, std::vector<staged_file> files = {})
      : bytes_{std::move(bytes)},
        size_{size},
        rows_{rows},
        files_{std::move(files)},
        share_{std::move(share)} {}

  /// @returns all rows, each with its newline.
  std::string_view view() const noexcept { return {bytes_.get(), size_}; }

  /// @returns the bytes of all rows.
  size_t size() const noexcept { return size_; }

  /// @returns the number of rows.
  size_t rows() const noexcept { return rows_; }

  /// Files that are delivered with the rows; empty for nearly every block.
  const std::vector<staged_file>& files() const noexcept { return files_; }

private:
  std::unique_ptr<char[]> bytes_;
  size_t size_;
  size_t rows_;
  std::vector<staged_file> files_;
  window_share share_;
};

using block_ptr = std::shared_ptr<const block>;

/// @returns a block with a copy of `rows` lines.
block_ptr make_block(std::string_view ndjson, size_t rows,
                     const byte_window_ptr& window = nullptr);

} // namespace motorcade
