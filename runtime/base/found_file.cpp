#include "runtime/base/found_file.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace motorcade {

namespace {

const char* name_of(mode_t mode) {
  switch (mode & S_IFMT) {
  case S_IFREG:
    return "a regular file";
  case S_IFIFO:
    return "a named pipe";
  case S_IFLNK:
    return "a symbolic link";
  case S_IFDIR:
    return "a folder";
  case S_IFSOCK:
    return "a socket";
  default:
    return "a device";
  }
}

failure cannot(const char* action, const std::string& path, int error) {
  auto lacking = error == EMFILE || error == ENFILE || error == ENOMEM;
  return {error == ENOENT ? ec::not_found
          : lacking       ? ec::system_failed
                          : ec::invalid_argument,
          std::string{"cannot "} + action + " " + path + ": "
              + std::strerror(error)};
}

result<file_handle> open_kind(const std::string& path, mode_t wanted,
                              links allowed, int folder) {
  auto wrong = [&](mode_t mode) {
    return failure{ec::invalid_argument, path + " is " + name_of(mode)
                                             + ", must be " + name_of(wanted)};
  };
  struct stat info = {};
  // The type is checked before the file is opened: to open a device may have an
  // effect.
  auto follow = allowed == links::followed;
  if (::fstatat(folder, path.c_str(), &info, follow ? 0 : AT_SYMLINK_NOFOLLOW)
      != 0)
    return cannot("open", path, errno);
  if ((info.st_mode & S_IFMT) != wanted)
    return wrong(info.st_mode);
  file_handle out{::openat(folder, path.c_str(),
                           O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
                               | (follow ? 0 : O_NOFOLLOW))};
  if (!out || ::fstat(out.get(), &info) != 0)
    return cannot("open", path, errno);
  // The path may lead to another file by now, so the open one is checked, too.
  if ((info.st_mode & S_IFMT) != wanted)
    return wrong(info.st_mode);
  return out;
}

} // namespace

result<file_handle> open_found_file(const std::string& path, links allowed,
                                    int folder) {
  return open_kind(path, S_IFREG, allowed, folder);
}

result<file_handle> open_found_pipe(const std::string& path) {
  return open_kind(path, S_IFIFO, links::refused, AT_FDCWD);
}

result<std::string> read_found_file(const std::string& path, size_t most,
                                    links allowed, int folder) {
  auto file = open_found_file(path, allowed, folder);
  if (!file)
    return file.error();
  constexpr size_t piece = 64 << 10;
  std::string out;
  for (;;) {
    auto had = out.size();
    // One byte beyond `most` shows that the file is too large, or grows.
    out.resize(std::min(had + piece, most + 1));
    auto n = ::read(file->get(), out.data() + had, out.size() - had);
    auto error = errno;
    out.resize(had + (n > 0 ? static_cast<size_t>(n) : 0));
    if (n < 0 && error != EINTR)
      return cannot("read", path, error);
    if (out.size() > most)
      return failure{ec::invalid_argument, path + " has more than the "
                                               + std::to_string(most)
                                               + " bytes that are taken"};
    if (n == 0)
      return out;
  }
}

} // namespace motorcade
