#pragma once

#include "schema/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace motorcade {

/// The output of a connector: a pipe, or a file that grows.
class byte_source {
public:
  /// The outcome of `wait`.
  enum class event { readable, quiet, ended };

  virtual ~byte_source() = default;

  /// Waits until there is something to read or the output has ended, for
  /// `longest` at most.
  virtual event wait(std::chrono::milliseconds longest) = 0;

  /// Reads the bytes that are there, without waiting.
  /// @returns the number of bytes read; 0 if there are none now.
  virtual result<size_t> read(char* to, size_t size) = 0;

  /// @returns the number of bytes that are there and were not read.
  virtual uint64_t unread() const = 0;

  /// @returns how many bytes fit before the writer must wait.
  virtual size_t capacity() const = 0;

  /// @returns whether there ever was a writer.
  virtual bool was_opened() const = 0;

  /// @returns whether the output has ended, as `read` saw it.
  virtual bool ended() const = 0;
};

} // namespace motorcade
