#include "runtime/files/held_folder.hpp"

#include "runtime/base/found_file.hpp"
#include "runtime/files/dir_handle.hpp"
#include "runtime/files/file_steps.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

namespace motorcade {

namespace {

constexpr int to_hold = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

std::string draft_of(const std::string& name) {
  static std::atomic<uint64_t> count = 0;
  return "." + name + "." + std::to_string(::getpid()) + "."
         + std::to_string(++count);
}

} // namespace

failure held_folder::cannot(const char* action, const std::string& name) const {
  auto error = errno;
  return {error == ENOENT ? ec::not_found : ec::system_failed,
          std::string{"cannot "} + action + " " + path_ + "/" + name + ": "
              + (error == ELOOP || error == ENOTDIR
                     ? "it is a symbolic link or a file, must be a folder"
                     : std::strerror(error))};
}

result<held_folder> held_folder::open(const std::string& path) {
  held_folder out;
  out.path_ = path;
  out.handle_ = file_handle{::open(path.c_str(), to_hold)};
  if (!out)
    return failure{ec::system_failed, "cannot open the folder " + path + ": "
                                          + std::strerror(errno)};
  return out;
}

result<held_folder> held_folder::enter(const std::string& name) const {
  held_folder out;
  out.path_ = path_ + "/" + name;
  out.handle_ =
      file_handle{::openat(get(), name.c_str(), to_hold | O_NOFOLLOW)};
  if (!out)
    return cannot("open the folder", name);
  return out;
}

result<held_folder> held_folder::make(const std::string& name, mode_t mode,
                                      durability lasts) const {
  auto made = ::mkdirat(get(), name.c_str(), mode) == 0;
  if (!made && errno != EEXIST)
    return failure{ec::system_failed, cannot("make the folder", name).what};
  auto out = enter(name);
  if (!out || !made)
    return out;
  // The umask removes bits from mkdirat's mode.
  const auto waits = lasts == durability::on_disk;
  if (::fchmod(out->get(), mode) != 0 || (waits && ::fsync(get()) != 0))
    return failure{ec::system_failed, cannot("make the folder", name).what};
  return out;
}

result<void> held_folder::write(const std::string& name, std::string_view text,
                                durability lasts) const {
  constexpr mode_t owner_alone = 0600;
  const auto waits = lasts == durability::on_disk;
  const auto draft = waits ? draft_of(name) : name;
  auto refuse = [&] {
    auto out = cannot("write", name);
    ::unlinkat(get(), draft.c_str(), 0);
    return failure{ec::system_failed, std::move(out.what)};
  };
  if (!waits && ::unlinkat(get(), draft.c_str(), 0) != 0 && errno != ENOENT)
    return failure{ec::system_failed, cannot("replace", name).what};
  file_handle file{::openat(
      get(), draft.c_str(),
      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, owner_alone)};
  if (!file)
    return refuse();
  if (auto put =
          write_all(file.get(), path_ + "/" + name, text.data(), text.size());
      !put) {
    ::unlinkat(get(), draft.c_str(), 0);
    return failure{ec::system_failed, put.error().what};
  }
  // The umask may have removed the owner's own rights.
  if (::fchmod(file.get(), owner_alone) != 0)
    return refuse();
  if (waits
      && (::fsync(file.get()) != 0
          || ::renameat(get(), draft.c_str(), get(), name.c_str()) != 0
          || ::fsync(get()) != 0))
    return refuse();
  return {};
}

result<std::string> held_folder::read(const std::string& name,
                                      size_t most) const {
  auto text = read_found_file(name, most, links::refused, get());
  if (!text)
    return failure{text.error().code, "in " + path_ + ": " + text.error().what};
  return text;
}

result<bool> held_folder::remove(const std::string& name) const {
  if (::unlinkat(get(), name.c_str(), 0) == 0)
    return true;
  if (errno == ENOENT)
    return false;
  return cannot("remove", name);
}

result<std::vector<std::string>> held_folder::names() const {
  auto again = ::openat(get(), ".", to_hold);
  dir_handle dir{again < 0 ? nullptr : ::fdopendir(again)};
  if (!dir)
    return cannot("look into", ".");
  std::vector<std::string> out;
  for (;;) {
    errno = 0;
    const auto* entry = ::readdir(dir.get());
    if (entry == nullptr && errno != 0)
      return cannot("look into", ".");
    if (entry == nullptr)
      return out;
    std::string_view name{entry->d_name};
    if (name != "." && name != "..")
      out.emplace_back(name);
  }
}

bool held_folder::has(const std::string& name) const {
  struct stat info = {};
  return ::fstatat(get(), name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0;
}

bool held_folder::holds(const std::string& name,
                        const held_folder& folder) const {
  struct stat there = {};
  struct stat open = {};
  return ::fstatat(get(), name.c_str(), &there, AT_SYMLINK_NOFOLLOW) == 0
         && ::fstat(folder.get(), &open) == 0 && there.st_dev == open.st_dev
         && there.st_ino == open.st_ino;
}

result<void> held_folder::sync() const {
  if (::fsync(get()) != 0)
    return failure{ec::system_failed, cannot("write", ".").what};
  return {};
}

} // namespace motorcade
