#pragma once

#include "runtime/stream/slab.hpp"
#include "schema/lines/loose_message.hpp"
#include "schema/secrets/secret_mask.hpp"

#include <span>

namespace motorcade {

/// Cuts a byte stream into slabs of whole lines, wherever the reads end.
///
/// Bytes are put into `space()` and announced by `filled()`; `take()` hands
/// over the whole lines there are. A line longer than a slab makes its buffer
/// grow; one longer than `max_line_bytes` is dropped up to its end, and
/// reported by a slab with its beginning, its length and the kind of message
/// that it seems to hold. A byte order mark at the very start is dropped.
class slab_reader {
public:
  /// The bytes that are kept of a line that is too long, for its report: 4 KiB
  /// that may be shown, and enough behind them to know a secret that is cut.
  static constexpr size_t kept_of_long_line =
      4096 + secret_mask::longest_spelling;

  /// @param window The window in which slabs have shares; may be null.
  slab_reader(slab_pool_ptr pool, size_t max_line_bytes,
              byte_window_ptr window);
  ~slab_reader();
  slab_reader(const slab_reader&) = delete;
  slab_reader& operator=(const slab_reader&) = delete;

  /// @returns the space for the next bytes; never empty. Valid until the next
  /// call of a member.
  std::span<char> space();

  /// Takes the first `n` bytes of what `space` returned.
  void filled(size_t n);

  /// @returns whether the buffer is as full as it should get before `take`.
  bool full() const noexcept;

  /// @returns whether `take` would find a whole line.
  bool has_lines() const noexcept { return cut_ > 0 || long_line_ended_; }

  /// @returns the whole lines so far; null if there are none. To be called
  /// again until it returns null.
  slab_ptr take();

  /// Ends the stream.
  /// @returns the rest, with a last line that has no newline; null if there is
  /// none. To be called again until it returns null.
  slab_ptr take_rest();

  /// @returns the bytes taken so far.
  uint64_t bytes() const noexcept { return bytes_; }

private:
  /// @returns a slab with the beginning of a line that was too long; what
  /// stands in the buffer from `rest` on is kept.
  slab_ptr make_long_slab(size_t rest);

  /// Hands the buffer over as a slab and begins another one.
  /// @param size The bytes of the slab.
  /// @param rest Where the bytes begin that are moved to the new buffer.
  slab_ptr make_slab(size_t size, size_t rest, uint64_t long_line_bytes,
                     std::optional<message_kind> long_line_kind);

  /// Doubles the buffer, up to the longest line that is allowed. Throws
  /// std::bad_alloc.
  void grow();

  /// Notes that the line in the buffer is too long: its beginning is kept, and
  /// a buffer of ordinary size is enough for the rest.
  void start_dropping();

  /// Notes the time at which the bytes that follow were read. Once the buffer
  /// has as many marks as it may, they count as read with those before.
  void note_time();

  /// @returns the marks of the buffer, one at least, and forgets them.
  std::vector<read_mark> take_marks();

  slab_pool_ptr pool_;
  const size_t max_line_bytes_;
  byte_window_ptr window_;
  char* buffer_;
  size_t capacity_;
  /// The number of bytes in the buffer.
  size_t size_ = 0;
  /// The offset behind the last newline in the buffer.
  size_t cut_ = 0;
  /// The times at which the parts of the buffer were read.
  std::vector<read_mark> marks_;
  uint64_t number_ = 0;
  /// The place of the buffer's first byte in the stream.
  uint64_t offset_ = 0;
  uint64_t bytes_ = 0;
  /// The buffer holds the beginning of a line that is too long.
  bool dropping_ = false;
  bool long_line_ended_ = false;
  /// The bytes that are kept of that line's beginning.
  size_t head_bytes_ = 0;
  /// The length of that line so far.
  uint64_t long_line_bytes_ = 0;
  /// Looks for messages in the whole of that line.
  loose_message in_long_line_;
};

} // namespace motorcade
