#pragma once

#include "schema/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct ZSTD_DCtx_s;

namespace motorcade {

/// Reads a text file line by line, without ever holding more of it than its
/// longest line. A file whose name ends in `.zst` is decompressed on the way;
/// it may consist of several zstd frames, and a line may span them. Not
/// thread-safe.
class line_file {
public:
  /// The default limit of a line, in bytes.
  static constexpr size_t default_max_line_bytes = 64u << 20;

  /// Opens without reading: that a `.zst` file is not one is found by `next`.
  /// @param max_line_bytes The longest line allowed, its newline not counted.
  /// @returns invalid_argument if there is no such file, system_failed if
  /// it cannot be opened.
  static result<line_file> open(const std::string& path,
                                size_t max_line_bytes = default_max_line_bytes);

  line_file(line_file&&) noexcept;
  line_file& operator=(line_file&&) noexcept;
  ~line_file();

  /// @returns the next line without its newline, valid until the next call;
  /// nothing at the end. Bytes after the last newline are a line too. A
  /// carriage return is part of the line. Fails with invalid_argument if the
  /// file is not zstd, is damaged, ends within a frame or holds too long a
  /// line, and with system_failed if it cannot be read. The lines before
  /// such a place are returned first, as far as they could be decoded; after it
  /// every call fails alike.
  result<std::optional<std::string_view>> next();

  /// @returns how many lines `next` has returned: the number of the line last
  /// returned, counted from 1.
  uint64_t line_number() const noexcept { return line_number_; }

private:
  struct decoder_deleter {
    void operator()(ZSTD_DCtx_s* decoder) const noexcept;
  };

  line_file(std::string path, int fd, size_t max_line_bytes);

  /// Reads more text behind `end_`; sets `at_end_` if there is no more.
  result<void> fill();

  /// Does what `fill` does for a file that is not compressed.
  result<void> fill_plain();

  /// Does what `fill` does for zstd: decodes what was read, and reads more only
  /// if the decoder has given out all of it.
  result<void> fill_compressed();

  /// @returns the number of bytes read; 0 at the end of the file.
  result<size_t> read_some(char* to, size_t size);

  /// Moves the text that was not returned to the front; doubles the buffer if
  /// that is not enough.
  void make_room();

  /// @returns invalid_argument that names the file.
  failure broken(const std::string& why) const;

  std::string path_;
  int fd_ = -1;
  size_t max_line_bytes_;
  std::unique_ptr<ZSTD_DCtx_s, decoder_deleter> decoder_;
  // Compressed bytes not yet decoded are [packed_begin_, packed_end_).
  std::vector<char> packed_;
  size_t packed_begin_ = 0;
  size_t packed_end_ = 0;
  // Text not yet returned is [begin_, end_); up to scanned_ it is known to hold
  // no newline.
  std::vector<char> text_;
  size_t begin_ = 0;
  size_t scanned_ = 0;
  size_t end_ = 0;
  uint64_t packed_bytes_ = 0;
  uint64_t line_number_ = 0;
  bool within_frame_ = false;
  bool output_full_ = false;
  bool at_end_ = false;
  std::optional<failure> failed_;
};

} // namespace motorcade
