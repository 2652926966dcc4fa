#include "runtime/files/folder_removal.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/file_handle.hpp"
#include "runtime/files/dir_handle.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string_view>

namespace motorcade {

namespace {

constexpr int as_folder = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
constexpr mode_t owner_alone = 0700;

/// Gives us all rights in a folder of ours, though its owner, a connector of
/// the same user, took them away.
/// @returns 0, or errno.
int unlock(int parent, const char* name) {
  file_handle folder{::openat(parent, name, O_PATH | as_folder)};
  if (!folder)
    return errno;
  // A folder that was opened with O_PATH can only be changed by this name.
  auto path = "/proc/self/fd/" + std::to_string(folder.get());
  return ::chmod(path.c_str(), owner_alone) == 0 ? 0 : errno;
}

/// Visits the names in an open folder, without `.` and `..`.
/// @param visit Returns whether to go on.
/// @returns 0, or errno.
template <class Visit>
int for_each_name(int folder, Visit visit) {
  auto again = ::openat(folder, ".", O_RDONLY | as_folder);
  if (again < 0)
    return errno;
  dir_handle dir{::fdopendir(again)};
  if (!dir) {
    auto error = errno;
    ::close(again);
    return error;
  }
  for (;;) {
    errno = 0;
    const auto* entry = ::readdir(dir.get());
    if (entry == nullptr)
      return errno;
    std::string_view name{entry->d_name};
    if (name != "." && name != ".." && !visit(entry->d_name))
      return 0;
  }
}

/// Empties one folder. A folder within a folder is moved up beside it, so that
/// nothing is ever deeper than two steps.
class emptying {
public:
  emptying(int root, const std::function<bool()>& stopped)
      : root_{root}, stopped_{stopped} {}

  result<void> run() {
    // An entry that another process moves up is seen by the next pass at the
    // earliest.
    for (;;) {
      done_ = 0;
      error_ = 0;
      failed_.clear();
      auto listed = for_each_name(root_, [this](const char* name) {
        remove(name);
        return !cancelled();
      });
      if (cancelled())
        return failure{ec::cancelled, "told to stop"};
      if (listed != 0)
        note(".", listed);
      if (done_ == 0)
        break;
    }
    if (error_ == 0)
      return {};
    return failure{ec::system_failed,
                   "cannot remove " + failed_ + ": " + std::strerror(error_)};
  }

private:
  bool cancelled() const { return stopped_ && stopped_(); }

  void note(const char* name, int error) {
    if (error_ != 0)
      return;
    error_ = error;
    failed_ = name;
  }

  /// Removes an entry that is no folder, or an empty folder.
  /// @returns 0, or errno.
  int remove_small(int parent, const char* name) {
    if (::unlinkat(parent, name, 0) == 0
        || ((errno == EISDIR || errno == EPERM)
            && ::unlinkat(parent, name, AT_REMOVEDIR) == 0)) {
      ++done_;
      return 0;
    }
    return errno;
  }

  /// Removes an entry of the folder itself.
  void remove(const char* name) {
    auto error = remove_small(root_, name);
    if (error == 0 || error == ENOENT)
      return;
    if (error == ENOTEMPTY || error == EEXIST) {
      error = clear(name);
      if (error == 0)
        error = remove_small(root_, name);
    }
    if (error != 0)
      note(name, error);
  }

  /// Removes what is in a folder here, and moves the folders in it up.
  /// @returns 0, or errno.
  int clear(const char* name) {
    unlock(root_, name);
    file_handle folder{::openat(root_, name, O_RDONLY | as_folder)};
    if (!folder)
      return errno;
    return for_each_name(folder.get(), [&](const char* below) {
      auto error = remove_small(folder.get(), below);
      if (error == ENOTEMPTY || error == EEXIST)
        error = move_entry(folder.get(), below, root_, next_name());
      if (error == 0)
        ++done_;
      return !cancelled();
    });
  }

  std::string next_name() { return prefix_ + std::to_string(++moved_); }

  int root_;
  const std::function<bool()>& stopped_;
  /// Makes new names that differ from all existing ones.
  std::string prefix_ = make_uuid() + ".";
  uint64_t moved_ = 0;
  /// The number of entries of this pass that are gone or moved.
  uint64_t done_ = 0;
  /// The first entry of this pass that stays, and why.
  std::string failed_;
  int error_ = 0;
};

} // namespace

result<void> empty_folder(int folder, const std::function<bool()>& stopped) {
  return emptying{folder, stopped}.run();
}

result<void> remove_tree(const std::string& path) {
  auto refuse = [&path](int error) {
    return failure{ec::system_failed,
                   "cannot remove " + path + ": " + std::strerror(error)};
  };
  if (::unlink(path.c_str()) == 0 || errno == ENOENT)
    return {};
  if (errno != EISDIR && errno != EPERM)
    return refuse(errno);
  unlock(AT_FDCWD, path.c_str());
  file_handle folder{::open(path.c_str(), O_RDONLY | as_folder)};
  if (!folder)
    return refuse(errno);
  if (auto emptied = empty_folder(folder.get()); !emptied)
    return failure{emptied.error().code, path + ": " + emptied.error().what};
  if (::rmdir(path.c_str()) != 0)
    return refuse(errno);
  return {};
}

int move_entry(int from, const std::string& name, int to,
               const std::string& new_name) {
  auto move = [&] {
    return ::renameat(from, name.c_str(), to, new_name.c_str()) == 0 ? 0
                                                                     : errno;
  };
  auto error = move();
  // To move a folder, the user needs the right to write to it.
  if (error == EACCES && unlock(from, name.c_str()) == 0)
    error = move();
  return error;
}

} // namespace motorcade
