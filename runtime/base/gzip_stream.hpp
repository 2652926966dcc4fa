#pragma once

#include "schema/base/result.hpp"

#include <functional>
#include <memory>
#include <string_view>

namespace motorcade {

/// Compresses bytes as they come into one member of gzip. Not thread-safe.
class gzip_stream {
public:
  /// Takes compressed bytes.
  using sink = std::function<result<void>(std::string_view)>;

  /// @param small Takes 33 KiB of memory in place of 264, for a little more
  /// output. Throws std::bad_alloc.
  explicit gzip_stream(bool small);
  ~gzip_stream();
  gzip_stream(const gzip_stream&) = delete;
  gzip_stream& operator=(const gzip_stream&) = delete;

  /// @returns the first failure of the sink.
  result<void> append(std::string_view bytes, const sink& to);

  /// Ends the member; nothing may be appended after it.
  result<void> finish(const sink& to);

private:
  struct stream;

  /// Compresses bytes and gives the sink what comes out.
  /// @param flush Z_NO_FLUSH, or Z_FINISH for the last ones.
  result<void> feed(std::string_view bytes, int flush, const sink& to);

  std::unique_ptr<stream> stream_;
};

} // namespace motorcade
