#include "runtime/process/folder_bin.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"
#include "runtime/files/folder_removal.hpp"

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace motorcade {

folder_bin::folder_bin(held_folder parent, std::string name)
    : parent_{std::move(parent)}, name_{std::move(name)} {
  auto made = make();
  if (!made)
    throw std::runtime_error{made.error().what};
  bin_ = std::move(*made);
  later([](const auto&) {});
  thread_ = start_quiet_thread([this] { run(); });
}

folder_bin::~folder_bin() {
  {
    std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

result<folder_bin::bin_ptr> folder_bin::make() const {
  constexpr mode_t owner_alone = 0700;
  auto folder = parent_.make(name_, owner_alone);
  if (!folder)
    return folder.error();
  return std::make_shared<const held_folder>(std::move(*folder));
}

folder_bin::bin_ptr folder_bin::bin() {
  std::lock_guard lock{mutex_};
  return bin_;
}

result<folder_bin::bin_ptr> folder_bin::replace(const bin_ptr& gone) {
  std::lock_guard lock{mutex_};
  if (bin_ != gone)
    return bin_;
  log::warn("another program removed the folder {}; it is made anew",
            gone->path());
  auto made = make();
  // A file or link of that name must not keep the bin from its place.
  if (!made && parent_.remove(name_))
    made = make();
  if (made)
    bin_ = *made;
  return made;
}

result<void> folder_bin::take(const held_folder& from,
                              const std::string& name) {
  auto to = bin();
  auto error = move_entry(from.get(), name, to->get(), make_uuid());
  if (error == ENOENT && from.has(name)) {
    auto anew = replace(to);
    if (!anew)
      return anew.error();
    error = move_entry(from.get(), name, (*anew)->get(), make_uuid());
  }
  if (error == ENOENT && !from.has(name))
    return {};
  if (error != 0)
    return failure{ec::system_failed, "cannot remove " + from.path() + "/"
                                          + name + ": " + std::strerror(error)};
  later([](const auto&) {});
  return {};
}

void folder_bin::later(std::function<void(const std::function<bool()>&)> work) {
  {
    std::lock_guard lock{mutex_};
    work_.push_back(std::move(work));
  }
  changed_.notify_one();
}

void folder_bin::run() {
  const std::function<bool()> stopped = [this] {
    return stopped_.load();
  };
  for (;;) {
    std::deque<std::function<void(const std::function<bool()>&)>> work;
    {
      std::unique_lock lock{mutex_};
      changed_.wait(lock, [this] { return stopped_ || !work_.empty(); });
      if (stopped_)
        return;
      work.swap(work_);
    }
    for (const auto& one : work)
      one(stopped);
    const auto full = bin();
    auto emptied = empty_folder(full->get(), stopped);
    if (!emptied && !stopped())
      log::warn("{} is not empty, and is emptied at the next start: {}",
                full->path(), emptied.error().what);
  }
}

} // namespace motorcade
