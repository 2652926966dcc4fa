#pragma once

#include "schema/base/result.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// An answer of an object storage that reports a failure.
struct object_refusal {
  /// `s3://bucket`, for messages.
  std::string place;
  /// Host and port.
  std::string host;
  long status = 0;
  /// The answer's body, in which an `Error` may be.
  std::string_view body;
};

/// @returns the code of the `Error` in an answer, e.g. `NoSuchBucket`; empty if
/// there is none.
std::string code_of_refusal(std::string_view body);

/// @returns destination_unavailable for what may pass later, and
/// destination_rejected for what will not; the text has the server's words and
/// code, and what to do.
failure to_failure(const object_refusal& refusal);

} // namespace motorcade
