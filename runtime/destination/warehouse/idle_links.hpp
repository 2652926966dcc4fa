#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace motorcade {

/// Connections that are not in use at the moment; the one that was given back
/// last is taken first. Thread-safe.
template <class Link>
class idle_links {
public:
  /// @returns null if there is none.
  std::unique_ptr<Link> take() {
    std::lock_guard lock{mutex_};
    if (links_.empty())
      return nullptr;
    auto out = std::move(links_.back());
    links_.pop_back();
    return out;
  }

  /// @param link Can be used again; null is ignored.
  void give(std::unique_ptr<Link> link) {
    if (!link)
      return;
    std::lock_guard lock{mutex_};
    links_.push_back(std::move(link));
  }

private:
  std::mutex mutex_;
  std::vector<std::unique_ptr<Link>> links_;
};

} // namespace motorcade
