#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace motorcade {

/// Decodes a body in chunks (RFC 9112, section 7.1), piece by piece: each byte
/// is looked at once, however the chunks are cut. Stricter than the RFC: only
/// CR LF ends a line, and an extension begins directly behind the size.
class http_chunks {
public:
  enum class state : uint8_t {
    /// The body has not ended.
    more,
    /// The body and its trailers, which are thrown away, have ended.
    done,
    malformed,
    /// The body is larger than it may be.
    too_large,
  };

  /// @param limit The most bytes of the body.
  explicit http_chunks(size_t limit) : limit_{limit} {}

  /// Takes bytes off the front of `bytes` until they or the body end, and
  /// appends the bytes of the body. Once the state is not `more`, it takes
  /// nothing.
  state take(std::string_view& bytes, std::string& body);

private:
  enum class place : uint8_t {
    size_begin,
    size,
    extension,
    size_end,
    data,
    data_cr,
    data_lf,
    trailer,
    trailer_lf,
  };

  /// Takes a byte that is none of a chunk's data.
  state take_byte(char c);

  /// Takes a byte of a chunk's size, or the one behind it. More digits than a
  /// number has, and a size beyond the limit, are `too_large`.
  state take_digit(char c);

  /// Takes the end of a trailer's line; an empty line ends the body.
  state take_trailer_end();

  const size_t limit_;
  place place_ = place::size_begin;
  state state_ = state::more;
  /// The bytes to come of the current chunk.
  size_t left_ = 0;
  size_t body_ = 0;
  size_t digits_ = 0;
  /// The bytes of all extensions together.
  size_t extensions_ = 0;
  /// An extension or a trailer, as far as it came.
  std::string line_;
  size_t trailers_ = 0;
};

} // namespace motorcade
