#include "runtime/stream/followed_file.hpp"

#include "runtime/base/found_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <limits>
#include <utility>

namespace motorcade {

result<followed_file> followed_file::open(std::string path,
                                          std::string end_path) {
  followed_file out;
  auto folder = std::filesystem::path{path}.parent_path().string();
  out.path_ = std::move(path);
  out.end_path_ = std::move(end_path);
  auto watched = folder_watch::open(folder);
  if (!watched)
    return watched.error();
  out.changes_ = std::move(*watched);
  return out;
}

bool followed_file::end_is_there() const {
  // A file of any kind will do: its reader says what is wrong with it.
  return ::faccessat(AT_FDCWD, end_path_.c_str(), F_OK, AT_SYMLINK_NOFOLLOW)
         == 0;
}

byte_source::event followed_file::wait(std::chrono::milliseconds longest) {
  if (ended_)
    return event::ended;
  return changes_.wait(longest) ? event::readable : event::quiet;
}

result<size_t> followed_file::read(char* to, size_t size) {
  auto refuse = [this](const std::string& why) {
    return failure{ec::system_failed, "reading " + path_ + ": " + why};
  };
  // This is looked at first, so that all that the writer wrote before is found
  // below.
  auto over = end_is_there();
  if (!file_) {
    auto opened = open_found_file(path_);
    if (!opened && opened.error().code != ec::not_found)
      return failure{ec::system_failed, opened.error().what};
    if (!opened) {
      ended_ = over;
      return size_t{0};
    }
    file_ = std::move(*opened);
  }
  for (;;) {
    auto n = ::read(file_.get(), to, size);
    if (n > 0) {
      offset_ += static_cast<uint64_t>(n);
      return static_cast<size_t>(n);
    }
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return refuse(std::strerror(errno));

    struct stat info {};

    if (::fstat(file_.get(), &info) != 0)
      return refuse(std::strerror(errno));
    if (static_cast<uint64_t>(info.st_size) < offset_)
      return refuse("it was cut short while it was read");
    ended_ = over;
    return size_t{0};
  }
}

uint64_t followed_file::unread() const {
  struct stat info {};

  // A file that was never opened here may exist all the same.
  auto found =
      file_ ? ::fstat(file_.get(), &info)
            : ::fstatat(AT_FDCWD, path_.c_str(), &info, AT_SYMLINK_NOFOLLOW);
  if (found != 0 || !S_ISREG(info.st_mode))
    return 0;
  auto size = static_cast<uint64_t>(info.st_size);
  return size > offset_ ? size - offset_ : 0;
}

size_t followed_file::capacity() const {
  // The writer of a file never waits for a reader.
  return std::numeric_limits<size_t>::max();
}

} // namespace motorcade
