#include "runtime/files/hidden_file.hpp"

#include "runtime/files/dir_handle.hpp"
#include "runtime/files/file_steps.hpp"
#include "runtime/files/folder_removal.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>
#include <string_view>
#include <tuple>
#include <vector>

namespace motorcade {

namespace {

constexpr std::string_view suffix = ".partial";

/// @returns whether the path still leads to the open file.
bool leads_to(const std::string& path, const file_handle& file) {
  struct stat there = {};
  struct stat open = {};
  return ::lstat(path.c_str(), &there) == 0 && ::fstat(file.get(), &open) == 0
         && there.st_dev == open.st_dev && there.st_ino == open.st_ino;
}

result<void> lock(const hidden_file& file) {
  // A process that sweeps holds the lock for a moment, and may take it first.
  while (::flock(file.handle.get(), LOCK_EX) != 0)
    if (errno != EINTR)
      return file_failure("lock", file.path, errno);
  return {};
}

/// @param open Makes the file or folder; errno is EEXIST if it exists already.
template <class Open>
result<hidden_file> make(const std::string& stem, mode_t mode, Open open) {
  static std::atomic<uint64_t> count = 0;
  for (;;) {
    hidden_file out;
    out.path = stem + std::to_string(::getpid()) + "." + std::to_string(++count)
               + std::string{suffix};
    out.handle = file_handle{open(out.path.c_str())};
    if (!out.handle && errno == EEXIST)
      continue;
    // Another process swept it away after it was made and before it was opened.
    if (!out.handle && errno == ENOENT
        && ::access(stem.substr(0, stem.rfind('/')).c_str(), F_OK) == 0)
      continue;
    if (!out.handle)
      return file_failure("create", out.path, errno);
    auto locked = lock(out);
    if (locked && ::fchmod(out.handle.get(), mode) != 0)
      locked = file_failure("create", out.path, errno);
    if (!locked) {
      ::remove(out.path.c_str());
      return locked.error();
    }
    if (leads_to(out.path, out.handle))
      return out;
  }
}

bool take_digits(std::string_view& name, std::string_view allowed,
                 size_t count = 0) {
  auto end = name.find_last_not_of(allowed);
  auto length = name.size() - (end == std::string_view::npos ? 0 : end + 1);
  if (length == 0 || (count != 0 && length != count))
    return false;
  name.remove_suffix(length);
  if (!name.ends_with('.'))
    return false;
  name.remove_suffix(1);
  return true;
}

/// `.<table>.<16 digits>.<process>.<number>.partial`
bool is_hidden_file(std::string_view name) {
  constexpr size_t hash_digits = 16;
  if (!name.starts_with('.') || !name.ends_with(suffix))
    return false;
  name.remove_suffix(suffix.size());
  return take_digits(name, "0123456789") && take_digits(name, "0123456789")
         && take_digits(name, "0123456789abcdef", hash_digits);
}

void sweep(const std::string& path) {
  constexpr int flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
  file_handle file{::open(path.c_str(), O_RDWR | flags)};
  if (!file && errno == EISDIR)
    file = file_handle{::open(path.c_str(), O_RDONLY | O_DIRECTORY | flags)};
  if (!file || ::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
    return;
  // A failure is ignored: the next request tries again.
  std::ignore = remove_tree(path);
}

} // namespace

result<hidden_file> make_hidden_file(const std::string& stem) {
  return make(stem, table_mode, [](const char* path) {
    return ::open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, table_mode);
  });
}

result<hidden_file> make_hidden_folder(const std::string& stem) {
  return make(stem, table_folder_mode, [](const char* path) {
    if (::mkdir(path, table_folder_mode) != 0)
      return -1;
    // The umask may have removed the owner's own right to open it.
    if (::chmod(path, table_folder_mode) != 0)
      return -1;
    return ::open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  });
}

void sweep_hidden_files(const std::string& folder) {
  const dir_handle handle{::opendir(folder.c_str())};
  if (!handle)
    return;
  while (auto* entry = ::readdir(handle.get()))
    if (is_hidden_file(entry->d_name))
      sweep(folder + "/" + entry->d_name);
}

} // namespace motorcade
