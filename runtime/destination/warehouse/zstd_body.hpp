#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace motorcade {

/// Text that is compressed by zstd as it comes. Not thread-safe.
class zstd_body {
public:
  /// Throws std::bad_alloc.
  zstd_body();
  ~zstd_body();
  zstd_body(const zstd_body&) = delete;
  zstd_body& operator=(const zstd_body&) = delete;

  /// Throws std::runtime_error if zstd fails, which it does for lack of
  /// memory alone.
  void append(std::string_view text);

  /// @returns how many bytes came since the last `take`.
  size_t raw_bytes() const { return raw_; }

  /// @returns one whole frame of all that came, and begins anew.
  std::string take();

private:
  struct stream;

  std::unique_ptr<stream> stream_;
  std::string out_;
  size_t raw_ = 0;
};

} // namespace motorcade
