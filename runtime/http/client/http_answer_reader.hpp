#pragma once

#include "runtime/http/client/http_engine.hpp"

#include <string_view>

namespace motorcade {

/// Puts an answer together from the lines of its head and the pieces of its
/// body.
class http_answer_reader {
public:
  /// Takes a line of the head, line end included. Lines after the head's end,
  /// trailers, are ignored, and so are answers 1xx.
  void take_line(std::string_view line);

  /// Takes a piece of the body and keeps the first 64 KiB, or, of an object of
  /// JSON that comes with 2xx, the first 1 MiB: it may say at its end that it
  /// is no success.
  /// @returns false if more than 1 MiB came: the rest is then not read.
  bool take_body(std::string_view bytes);

  /// Takes raw bytes of the connection. Without a whole head in them nothing
  /// happens.
  void take_raw(std::string_view bytes);

  /// @returns whether the head is complete.
  bool answered() const noexcept { return answered_; }

  /// Precondition: answered.
  bool success() const noexcept {
    return answer_.status >= 200 && answer_.status < 300;
  }

  /// @returns whether the body was too long to be read to its end.
  bool too_long() const noexcept;

  /// @returns the status of the final answer; 0: none came yet.
  long status() const noexcept { return answered_ ? answer_.status : 0; }

  /// @returns the number of bytes taken.
  uint64_t received() const noexcept { return received_; }

  /// Takes the answer out; status 0 if there is none.
  http_answer release();

private:
  http_answer answer_;
  bool answered_ = false;
  uint64_t received_ = 0;
  uint64_t body_size_ = 0;
};

} // namespace motorcade
