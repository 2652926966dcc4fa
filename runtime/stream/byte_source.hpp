#pragma once

#include "schema/base/result.hpp"

#include <chrono>
#include <cstddef>

namespace motorcade {

/// What a connector writes, as its reader sees it.
class byte_source {
public:
  /// What `wait` saw.
  enum class event { readable, quiet, ended };

  virtual ~byte_source() = default;

  /// Waits until there is something to read or nothing will come any more, for
  /// so long at most.
  virtual event wait(std::chrono::milliseconds longest) = 0;

  /// Reads what there is.
  /// @returns the bytes read; 0 where there are none now.
  virtual result<size_t> read(char* to, size_t size) = 0;

  /// @returns how many bytes fit before the writer must wait.
  virtual size_t capacity() const = 0;

  /// @returns whether there ever was a writer.
  virtual bool was_opened() const = 0;

  /// @returns whether nothing will come any more, as `read` saw it.
  virtual bool ended() const = 0;
};

} // namespace motorcade
