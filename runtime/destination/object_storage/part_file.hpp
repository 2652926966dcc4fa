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
/// number of uploads takes no memory. The file has no name, and goes away with
/// this object, however the process ends. Not thread-safe.
class part_file {
public:
  /// @param folder Where the file is made, with the first byte.
  explicit part_file(std::string folder) : folder_{std::move(folder)} {}

  /// @returns system_failed, which names the folder.
  result<void> append(std::string_view bytes);

  uint64_t size() const { return size_; }

  /// @returns the bytes so far as the body of a request, to be read while
  /// nothing is appended.
  api_body body();

  /// Begins anew.
  void clear();

private:
  const std::string folder_;
  file_handle file_;
  uint64_t size_ = 0;
  sha256_sum sum_;
  /// The sum of all bytes once it was asked for; empty: it was not.
  std::string digest_;
};

} // namespace motorcade
