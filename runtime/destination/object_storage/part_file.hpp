#pragma once

#include "runtime/base/digest.hpp"
#include "runtime/base/file_handle.hpp"
#include "runtime/http/client/api_client.hpp"
#include "schema/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace motorcade {

/// The bytes of a part of an object until it is sent: on disk, so that any
/// number of uploads takes little memory. Few bytes need no file. It has no
/// name, and goes away with this object, however the process ends. Not
/// thread-safe.
class part_file {
public:
  /// The most bytes for which no file is made.
  static constexpr size_t most_in_memory = 64u << 10;

  /// @param folder Where the file is made once it is needed.
  explicit part_file(std::string folder) : folder_{std::move(folder)} {}

  /// @returns system_failed, which names the folder.
  result<void> append(std::string_view bytes);

  /// @returns the number of bytes so far.
  uint64_t size() const { return size_; }

  /// @returns the bytes so far as the body of a request, to be read while
  /// nothing is appended.
  api_body body();

  /// Begins anew.
  void clear();

private:
  /// Appends bytes in memory while they are few, else to the file.
  result<void> keep(std::string_view bytes);

  const std::string folder_;
  /// All bytes as long as there is no file.
  std::string few_;
  file_handle file_;
  uint64_t size_ = 0;
  sha256_sum sum_;
  /// The sum of all bytes once it was asked for; empty: it was not.
  std::string digest_;
};

} // namespace motorcade
