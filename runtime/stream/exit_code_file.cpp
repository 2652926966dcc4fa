#include "runtime/stream/exit_code_file.hpp"

#include "runtime/base/found_file.hpp"
#include "runtime/files/private_file.hpp"
#include "schema/base/trim.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <system_error>

namespace motorcade {

namespace {

/// Enough for the digits, and for the white space that any shell adds.
constexpr size_t most_bytes = 64;

/// @returns the first packet of a socket, which stays there.
result<std::string> peek(const std::string& path, std::string_view number) {
  int fd = -1;
  auto [end, error] =
      std::from_chars(number.data(), number.data() + number.size(), fd);
  if (error != std::errc{} || end != number.data() + number.size() || fd < 0)
    return failure{ec::invalid_argument, path + " is no descriptor"};
  std::string out(most_bytes, '\0');
  auto n = ::recv(fd, out.data(), out.size(), MSG_PEEK | MSG_DONTWAIT);
  if (n == 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
    return failure{ec::not_found, "no exit code came by " + path};
  if (n < 0)
    return failure{ec::invalid_argument,
                   "cannot read " + path + ": " + std::strerror(errno)};
  out.resize(static_cast<size_t>(n));
  return out;
}

} // namespace

result<int> read_exit_code(const std::string& path) {
  constexpr std::string_view descriptors = "/dev/fd/";
  auto read =
      path.starts_with(descriptors)
          ? peek(path, std::string_view{path}.substr(descriptors.size()))
          : read_found_file(path, most_bytes);
  if (!read)
    return read.error();
  const auto text = trim(*read, " \t\r\n\v\f");
  int code = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), code);
  if (error != std::errc{} || end != text.data() + text.size() || code < 0)
    return failure{ec::invalid_argument, path + " does not hold an exit code"};
  return code;
}

result<void> write_exit_code(const std::string& path, int code) {
  return write_private_file(path, std::to_string(code) + "\n");
}

} // namespace motorcade
