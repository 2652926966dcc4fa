// The part of kept_syncs that notes which source defines syncs (files or a
// repository), which of its files are faulty, and how definitions are checked.

#include "controller/syncs/kept_syncs.hpp"

#include <utility>

namespace motorcade {

std::vector<file_fault> kept_syncs::file_faults() const {
  std::lock_guard lock{files_mutex_};
  return file_faults_;
}

void kept_syncs::know_manager(std::string name) {
  std::lock_guard lock{files_mutex_};
  manager_ = std::move(name);
}

std::string kept_syncs::manager() const {
  std::lock_guard lock{files_mutex_};
  return manager_;
}

void kept_syncs::know_files(std::vector<file_fault> faults) {
  std::lock_guard lock{files_mutex_};
  file_faults_ = std::move(faults);
}

void kept_syncs::know_check(sync_check check) {
  std::lock_guard lock{files_mutex_};
  check_ = std::move(check);
}

void kept_syncs::know_places(place_finder places) {
  std::lock_guard lock{files_mutex_};
  places_ = std::move(places);
}

place_finder kept_syncs::places() const {
  std::lock_guard lock{files_mutex_};
  return places_;
}

result<void> kept_syncs::check(const sync_definition& sync) const {
  sync_check known;
  {
    std::lock_guard lock{files_mutex_};
    known = check_;
  }
  return known ? known(sync) : result<void>{};
}

} // namespace motorcade
