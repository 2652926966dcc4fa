#include "runtime/private_file.hpp"

#include "runtime/durable_folder.hpp"
#include "runtime/file_handle.hpp"

#include <fcntl.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

namespace motorcade {

namespace {

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    auto n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno != EINTR)
      return false;
    if (n > 0)
      text.remove_prefix(static_cast<size_t>(n));
  }
  return ::fsync(fd) == 0;
}

} // namespace

result<void> write_private_file(const std::string& path,
                                std::string_view text) {
  auto refuse = [&path](int error) {
    return failure{ec::system_failed,
                   "cannot write " + path + ": " + std::strerror(error)};
  };
  std::filesystem::path target{path};
  auto folder = target.parent_path();
  auto hidden =
      (folder / ("." + target.filename().string() + ".XXXXXX")).string();
  // mkostemp makes it with mode 0600.
  file_handle file{::mkostemp(hidden.data(), O_CLOEXEC)};
  if (!file)
    return refuse(errno);
  if (!write_all(file.get(), text)
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

} // namespace motorcade
