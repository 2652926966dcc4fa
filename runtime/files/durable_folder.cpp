#include "runtime/files/durable_folder.hpp"

#include "runtime/base/file_handle.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

namespace motorcade {

namespace {

file_handle open_folder(const std::string& path) {
  return file_handle{::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
}

std::string parent_of(const std::string& path) {
  auto end = path.find_last_not_of('/');
  auto slash = path.rfind('/', end);
  if (end == std::string::npos || slash == std::string::npos)
    return path.starts_with('/') ? "/" : ".";
  auto last = path.find_last_not_of('/', slash);
  return last == std::string::npos ? "/" : path.substr(0, last + 1);
}

bool is_folder(const std::string& path) {
  struct stat info = {};
  return ::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode);
}

/// Syncs a new folder's name in its parent.
int sync_name_of(const std::string& path) {
  auto error = sync_folder(parent_of(path));
  // This user may be allowed to write to the parent and not to read it. The new
  // folder can be opened, so its whole file system is synced through it.
  if (error != EACCES)
    return error;
  auto folder = open_folder(path);
  return folder && ::syncfs(folder.get()) == 0 ? 0 : errno;
}

} // namespace

int sync_folder(const std::string& path) {
  auto folder = open_folder(path);
  return folder && ::fsync(folder.get()) == 0 ? 0 : errno;
}

int make_durable_folder(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0) {
    constexpr mode_t as_umask_wants = 0777;
    if (mode != as_umask_wants && ::chmod(path.c_str(), mode) != 0)
      return errno;
    return sync_name_of(path);
  }
  auto error = errno;
  // The folder may exist although it could not have been made here, e.g. if the
  // file system is read-only above a mount.
  if (is_folder(path))
    return 0;
  return error == EEXIST ? ENOTDIR : error;
}

int make_durable_folders(const std::string& path, mode_t mode,
                         std::string& failed_path) {
  for (size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    auto part = path.substr(0, end);
    if (part.empty() || part.ends_with('/'))
      continue;
    if (auto error = make_durable_folder(part, mode); error != 0) {
      failed_path = std::move(part);
      return error;
    }
  }
  return 0;
}

} // namespace motorcade
