#pragma once

#include "schema/base/result.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// Writes lines to a file descriptor in few, large system calls. Not
/// thread-safe.
class message_writer {
public:
  /// @param fd Stays the caller's.
  explicit message_writer(int fd);

  /// Appends the line and a newline; writes once enough has gathered.
  /// Fails like `flush`.
  result<void> line(std::string_view text);

  /// Writes all that has gathered.
  /// @returns cancelled if the reader has gone (EPIPE; SIGPIPE must be
  /// ignored), system_failed if the bytes cannot be written otherwise.
  result<void> flush();

private:
  int fd_;
  std::string gathered_;
};

/// @returns a LOG message of the Airbyte protocol, without a newline.
std::string log_message(std::string_view level, std::string_view text);

/// @returns a TRACE ERROR message, emitted now, without a newline. Its
/// failure_type is config_error if `why` says that an argument or an input
/// file is wrong, else system_error.
std::string error_message(const failure& why);

} // namespace motorcade
