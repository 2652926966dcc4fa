#pragma once

#include "schema/base/result.hpp"

#include <cstdint>

namespace motorcade {

/// The two pipes of a connector.
enum class pipe_kind : uint8_t { out, err };

/// The end of reading a pipe.
struct pipe_end {
  pipe_kind pipe = pipe_kind::out;
  /// The number of slabs that were read in all.
  uint64_t slabs = 0;
  /// Whether the other end was ever opened.
  bool was_opened = false;
  /// Why reading stopped; none if the writer closed the pipe.
  failure error;
  /// The bytes that were in the pipe and were not read.
  uint64_t unread_bytes = 0;
};

} // namespace motorcade
