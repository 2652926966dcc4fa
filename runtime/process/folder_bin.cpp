#include "runtime/process/folder_bin.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"
#include "runtime/files/folder_removal.hpp"

#include <cerrno>
#include <cstring>
#include <utility>

namespace motorcade {

folder_bin::folder_bin(held_folder bin) : bin_{std::move(bin)} {
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

result<void> folder_bin::take(const held_folder& from,
                              const std::string& name) {
  auto error = move_entry(from.get(), name, bin_.get(), make_uuid());
  if (error == ENOENT)
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
    auto emptied = empty_folder(bin_.get(), stopped);
    if (!emptied && !stopped())
      log::warn("{} is not empty, and is emptied at the next start: {}",
                bin_.path(), emptied.error().what);
  }
}

} // namespace motorcade
