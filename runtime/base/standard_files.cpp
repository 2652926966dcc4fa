#include "runtime/base/standard_files.hpp"

#include "runtime/base/log.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>

#include <fcntl.h>
#include <unistd.h>

namespace motorcade {

void open_standard_files() {
  // The system gives the lowest number that is free.
  for (auto fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(fd, F_GETFD) < 0 && errno == EBADF)
      static_cast<void>(::open("/dev/null", O_RDONLY));
}

result<void> flush_stdout() {
  const auto failed_before = std::ferror(stdout) != 0;
  errno = 0;
  if (std::fflush(stdout) == 0 && !failed_before)
    return {};
  std::string what = "what was to be printed could not be written";
  if (errno != 0)
    what.append(": ").append(std::strerror(errno));
  return failure{ec::system_failed, std::move(what)};
}

int end_stdout(int code) {
  const auto done = flush_stdout();
  if (done)
    return code;
  log::error("{}", done.error().what);
  return code == 0 ? 1 : code;
}

} // namespace motorcade
