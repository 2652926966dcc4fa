#include "support/disk_journal.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdarg>
#include <filesystem>
#include <map>
#include <mutex>
#include <set>

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace motorcade::test {

namespace {

/// The content of a journal. Never destroyed: threads may write to the end.
struct notes {
  std::mutex mutex;
  std::string root;
  /// Names that were made or taken away, by folder.
  std::map<std::string, std::set<std::string>> unsynced_names;
  /// Files whose content is not on the disk.
  std::set<std::string> unsynced_content;
  std::vector<std::string> torn;
  size_t changes = 0;
  odd_disk::oddities odd;
};

notes& all() {
  static auto* out = new notes;
  return *out;
}

std::string folder_of(const std::string& path) {
  return std::filesystem::path{path}.parent_path().string();
}

/// @returns whether a journal covers that path.
bool counts(const notes& n, const std::string& path) {
  return !n.root.empty() && path.starts_with(n.root);
}

/// @returns the path of an open file; empty: none of those that count.
std::string path_of(const notes& n, int fd) {
  if (n.root.empty())
    return {};
  char link[64];
  ::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  char bytes[4096];
  auto size = ::syscall(SYS_readlinkat, AT_FDCWD, link, bytes, sizeof bytes);
  auto path =
      size > 0 ? std::string(bytes, static_cast<size_t>(size)) : std::string{};
  return counts(n, path) ? path : std::string{};
}

void note_name(notes& n, const std::string& path) {
  n.unsynced_names[folder_of(path)].insert(path);
}

void note_written(int fd) {
  auto& n = all();
  std::lock_guard lock{n.mutex};
  if (auto path = path_of(n, fd); !path.empty())
    n.unsynced_content.insert(path);
}

/// @returns 0, or errno of a sync that is to fail.
int note_synced(int fd) {
  auto& n = all();
  std::lock_guard lock{n.mutex};
  auto path = path_of(n, fd);
  if (path.empty())
    return 0;
  if (n.odd.failing_sync)
    return EIO;
  n.unsynced_content.erase(path);
  n.unsynced_names.erase(path);
  return 0;
}

void note_made(const char* path) {
  auto& n = all();
  std::lock_guard lock{n.mutex};
  if (!counts(n, path))
    return;
  ++n.changes;
  note_name(n, path);
}

void note_renamed(const char* from, const char* to) {
  auto& n = all();
  std::lock_guard lock{n.mutex};
  if (!counts(n, to))
    return;
  ++n.changes;
  note_name(n, to);
  if (n.unsynced_content.erase(from) > 0) {
    n.torn.push_back("renamed before its content was synced: "
                     + std::string{to});
    n.unsynced_content.insert(to);
  }
  n.unsynced_names[folder_of(from)].erase(from);
}

void note_removed(const char* path) {
  auto& n = all();
  std::lock_guard lock{n.mutex};
  if (!counts(n, path))
    return;
  n.unsynced_content.erase(path);
  // A name that was never there after all.
  if (n.unsynced_names[folder_of(path)].erase(path) == 0)
    note_name(n, path);
}

/// @returns the path of a name in an open folder.
std::string path_at(int folder, const char* name) {
  if (folder == AT_FDCWD || name[0] == '/')
    return name;
  auto& n = all();
  std::lock_guard lock{n.mutex};
  return path_of(n, folder) + "/" + name;
}

size_t shortened(size_t size) {
  auto& n = all();
  std::lock_guard lock{n.mutex};
  auto most = n.odd.short_writes;
  return most == 0 ? size : std::min(most, size);
}

bool refuses(int flags) {
  auto& n = all();
  std::lock_guard lock{n.mutex};
  return (flags & O_TMPFILE) == O_TMPFILE && !n.odd.nameless_files;
}

} // namespace

disk_journal::disk_journal(std::string root) {
  auto& n = all();
  std::lock_guard lock{n.mutex};
  n.root = std::move(root);
  n.unsynced_names.clear();
  n.unsynced_content.clear();
  n.torn.clear();
  n.changes = 0;
}

disk_journal::~disk_journal() {
  auto& n = all();
  std::lock_guard lock{n.mutex};
  n.root.clear();
}

std::vector<std::string> disk_journal::at_risk() const {
  auto& n = all();
  std::lock_guard lock{n.mutex};
  auto out = n.torn;
  for (const auto& path : n.unsynced_content)
    out.push_back("content of " + path);
  for (const auto& [folder, names] : n.unsynced_names)
    for (const auto& name : names)
      out.push_back("name of " + name);
  return out;
}

size_t disk_journal::changes() const {
  auto& n = all();
  std::lock_guard lock{n.mutex};
  return n.changes;
}

odd_disk::odd_disk(oddities how) {
  auto& n = all();
  std::lock_guard lock{n.mutex};
  n.odd = how;
}

odd_disk::~odd_disk() {
  auto& n = all();
  std::lock_guard lock{n.mutex};
  n.odd = {};
}

} // namespace motorcade::test

// The C library's functions of these names are no longer called.

using namespace motorcade::test;

extern "C" {

int mkdir(const char* path, mode_t mode) noexcept {
  auto out = static_cast<int>(::syscall(SYS_mkdirat, AT_FDCWD, path, mode));
  if (out == 0)
    note_made(path);
  return out;
}

int rename(const char* from, const char* to) noexcept {
  auto out = static_cast<int>(
      ::syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0));
  if (out == 0)
    note_renamed(from, to);
  return out;
}

int unlink(const char* path) noexcept {
  auto out = static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, 0));
  if (out == 0)
    note_removed(path);
  return out;
}

int remove(const char* path) noexcept {
  auto out = unlink(path);
  if (out != 0 && errno == EISDIR)
    out =
        static_cast<int>(::syscall(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR));
  return out;
}

int mkdirat(int folder, const char* name, mode_t mode) noexcept {
  auto out = static_cast<int>(::syscall(SYS_mkdirat, folder, name, mode));
  if (out == 0)
    note_made(path_at(folder, name).c_str());
  return out;
}

int renameat(int from_folder, const char* from, int to_folder,
             const char* to) noexcept {
  auto out = static_cast<int>(
      ::syscall(SYS_renameat2, from_folder, from, to_folder, to, 0));
  if (out == 0)
    note_renamed(path_at(from_folder, from).c_str(),
                 path_at(to_folder, to).c_str());
  return out;
}

int unlinkat(int folder, const char* name, int flags) noexcept {
  auto out = static_cast<int>(::syscall(SYS_unlinkat, folder, name, flags));
  if (out == 0)
    note_removed(path_at(folder, name).c_str());
  return out;
}

int openat(int folder, const char* name, int flags, ...) {
  va_list more;
  va_start(more, flags);
  auto mode = va_arg(more, mode_t);
  va_end(more);
  auto fresh = (flags & O_CREAT) != 0
               && ::syscall(SYS_faccessat, folder, name, F_OK) != 0;
  auto out = static_cast<int>(::syscall(SYS_openat, folder, name, flags, mode));
  if (out >= 0 && fresh)
    note_made(path_at(folder, name).c_str());
  return out;
}

int open(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  auto mode = va_arg(more, mode_t);
  va_end(more);
  if (refuses(flags)) {
    errno = EOPNOTSUPP;
    return -1;
  }
  auto fresh = (flags & O_CREAT) != 0
               && ::syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0;
  auto out =
      static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
  if (out >= 0 && fresh)
    note_made(path);
  return out;
}

int open64(const char* path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  auto mode = va_arg(more, mode_t);
  va_end(more);
  return open(path, flags, mode);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  auto out = ::syscall(SYS_write, fd, bytes, shortened(size));
  if (out > 0)
    note_written(fd);
  return out;
}

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t at) {
  auto out = ::syscall(SYS_pwrite64, fd, bytes, shortened(size), at);
  if (out > 0)
    note_written(fd);
  return out;
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t at) {
  return pwrite(fd, bytes, size, at);
}

ssize_t copy_file_range(int from, off64_t* from_at, int to, off64_t* to_at,
                        size_t size, unsigned flags) {
  auto out = ::syscall(SYS_copy_file_range, from, from_at, to, to_at,
                       shortened(size), flags);
  if (out > 0)
    note_written(to);
  return out;
}

int fsync(int fd) {
  if (auto error = note_synced(fd); error != 0) {
    errno = error;
    return -1;
  }
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

int fdatasync(int fd) {
  return fsync(fd);
}

} // extern "C"
