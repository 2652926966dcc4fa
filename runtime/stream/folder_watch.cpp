#include "runtime/stream/folder_watch.hpp"

#include "runtime/stream/pipe.hpp"

#include <sys/inotify.h>

#include <cerrno>
#include <cstring>

namespace motorcade {

result<folder_watch> folder_watch::open(const std::string& folder) {
  folder_watch out;
  out.changes_ = file_handle{::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)};
  if (!out.changes_
      || ::inotify_add_watch(out.changes_.get(), folder.c_str(),
                             IN_CREATE | IN_MODIFY | IN_MOVED_TO
                                 | IN_CLOSE_WRITE | IN_ONLYDIR)
             < 0)
    return failure{ec::invalid_argument, "cannot watch the folder " + folder
                                             + ": " + std::strerror(errno)};
  return out;
}

bool folder_watch::wait(std::chrono::milliseconds longest) {
  wait_readable(changes_.get(), longest);
  // The events are only a signal: the files themselves are checked.
  alignas(inotify_event) char events[4096];
  auto changed = false;
  while (::read(changes_.get(), events, sizeof events) > 0)
    changed = true;
  return changed;
}

} // namespace motorcade
