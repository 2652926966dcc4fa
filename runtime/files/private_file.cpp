#include "runtime/files/private_file.hpp"

#include "runtime/base/file_handle.hpp"
#include "runtime/files/durable_folder.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace motorcade {

namespace {

/// The longest wait for a reader of a pipe; it begins anew after each piece
/// that the reader took.
constexpr int reader_patience_ms = 10'000;

/// @returns false with errno set; ETIMEDOUT if nothing takes the text.
bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EAGAIN) {
      pollfd waited{fd, POLLOUT, 0};
      auto ready = ::poll(&waited, 1, reader_patience_ms);
      if (ready == 0)
        errno = ETIMEDOUT;
      if (ready == 0 || (ready < 0 && errno != EINTR))
        return false;
      continue;
    }
    if (n < 0 && errno != EINTR)
      return false;
    if (n > 0)
      text.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

} // namespace

result<void> write_file(const std::string& path, std::string_view text,
                        mode_t mode) {
  auto refuse = [&path](int error) {
    return failure{ec::system_failed,
                   "cannot write " + path + ": " + std::strerror(error)};
  };
  struct stat there = {};
  // A terminal or a pipe cannot be replaced.
  if (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode)
      && !S_ISDIR(there.st_mode)) {
    // Another program may have put down a pipe that nothing reads.
    file_handle special{
        ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)};
    if (!special && errno == ENXIO)
      return failure{ec::system_failed, "cannot write " + path
                                            + ": it is a named pipe or a "
                                              "socket, and nothing reads it"};
    if (!special || !write_all(special.get(), text))
      return refuse(errno);
    return {};
  }
  std::filesystem::path target{path};
  auto folder = target.parent_path();
  auto hidden =
      (folder / ("." + target.filename().string() + ".XXXXXX")).string();
  // mkostemp lets no other user read the file until it has its mode.
  file_handle file{::mkostemp(hidden.data(), O_CLOEXEC)};
  if (!file)
    return refuse(errno);
  if (::fchmod(file.get(), mode) != 0 || !write_all(file.get(), text)
      || ::fsync(file.get()) != 0
      || std::rename(hidden.c_str(), path.c_str()) != 0) {
    auto error = errno;
    ::unlink(hidden.c_str());
    return refuse(error);
  }
  if (auto error = sync_folder(folder.empty() ? "." : folder.string());
      error != 0)
    return refuse(error);
  return {};
}

result<void> write_private_file(const std::string& path,
                                std::string_view text) {
  return write_file(path, text, 0600);
}

} // namespace motorcade
