#pragma once

#include "runtime/base/byte_window.hpp"
#include "runtime/base/clock.hpp"
#include "schema/lines/message_kind.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

namespace motorcade {

/// Memory for slabs. Buffers of the standard size are used again, because
/// fresh pages cost more than the copy into them. Thread-safe.
class slab_pool : public std::enable_shared_from_this<slab_pool> {
public:
  /// @param slab_bytes The size of a standard buffer, without its padding.
  explicit slab_pool(size_t slab_bytes);
  ~slab_pool();
  slab_pool(const slab_pool&) = delete;
  slab_pool& operator=(const slab_pool&) = delete;

  /// @returns the bytes of a usual slab.
  size_t slab_bytes() const noexcept { return slab_bytes_; }

  /// @returns a buffer of `slab_bytes` and `line_parser::padding`.
  /// Throws std::bad_alloc.
  char* take();

  /// @param capacity Without the padding; decides whether it is used again.
  void give(char* buffer, size_t capacity) noexcept;

private:
  const size_t slab_bytes_;
  std::mutex mutex_;
  std::vector<char*> free_;
};

using slab_pool_ptr = std::shared_ptr<slab_pool>;

/// The time at which the bytes from `offset` on were read.
struct read_mark {
  size_t offset = 0;
  wall_time time = {};
};

/// A piece of a connector's output: whole lines, padded for the parser.
/// Immutable; the destructor gives back its memory and its share of the window.
class slab {
public:
  /// Takes the buffer over, which holds `size` bytes of lines and the padding
  /// behind them.
  /// @param capacity The size of the buffer, as the pool wants it back.
  /// @param marks In rising order; not empty. The others: see the getters.
  slab(slab_pool_ptr pool, char* buffer, size_t capacity, size_t size,
       uint64_t number, uint64_t offset, uint64_t long_line_bytes,
       window_share share, std::vector<read_mark> marks,
       std::optional<message_kind> long_line_kind)
      : pool_{std::move(pool)},
        buffer_{buffer},
        capacity_{capacity},
        size_{size},
        number_{number},
        offset_{offset},
        long_line_bytes_{long_line_bytes},
        share_{std::move(share)},
        marks_{std::move(marks)},
        long_line_kind_{long_line_kind} {}

  ~slab() { pool_->give(buffer_, capacity_); }

  slab(const slab&) = delete;
  slab& operator=(const slab&) = delete;

  /// @returns the whole lines.
  std::string_view text() const noexcept { return {buffer_, size_}; }

  /// @param line A line of the slab.
  /// @returns what stands behind the line, its newline left out.
  std::string_view behind(std::string_view line) const noexcept {
    auto end = static_cast<size_t>(line.data() - buffer_) + line.size() + 1;
    return text().substr(std::min(end, size_));
  }

  /// @returns the slab's number: those of one pipe are numbered from 0 without
  /// a gap.
  uint64_t number() const noexcept { return number_; }

  /// @returns the offset of the first byte from the start of the pipe's output.
  uint64_t offset() const noexcept { return offset_; }

  /// @returns 0 for a slab of whole lines. For the beginning of a single line
  /// that was too long: the bytes that the whole line had, without its newline.
  uint64_t long_line_bytes() const noexcept { return long_line_bytes_; }

  /// @returns the kind of message that a line which was too long seems to hold.
  std::optional<message_kind> long_line_kind() const noexcept {
    return long_line_kind_;
  }

  /// @returns when the byte at `offset` was read, by `next_time`: no two reads
  /// of this process, of any pipe, have the same time.
  wall_time read_at(size_t offset) const noexcept;

private:
  slab_pool_ptr pool_;
  char* buffer_;
  size_t capacity_;
  size_t size_;
  uint64_t number_;
  uint64_t offset_;
  uint64_t long_line_bytes_;
  window_share share_;
  /// In rising order; never empty.
  std::vector<read_mark> marks_;
  std::optional<message_kind> long_line_kind_;
};

using slab_ptr = std::shared_ptr<const slab>;

} // namespace motorcade
