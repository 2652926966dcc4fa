#include "controller/sync_files/folder_source.hpp"

#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

result<std::vector<sync_file>>
folder_source::read(const std::function<bool()>&) {
  // Watched before it is read, so that no change in between is missed.
  if (!watched_)
    if (auto opened = folder_watch::open(folder_)) {
      watch_ = std::move(*opened);
      watched_ = true;
    }
  return read_sync_folder(folder_, values_of_process());
}

std::chrono::milliseconds folder_source::pause() const {
  // Files that these refer to may have changed.
  return 30s;
}

} // namespace motorcade
