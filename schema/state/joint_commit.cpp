#include "schema/state/joint_commit.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

bool joint_commit::waits_for_others() const {
  const std::lock_guard lock{mutex_};
  return before_ > 0;
}

bool joint_commit::is_dissolved() const {
  const std::lock_guard lock{mutex_};
  return dissolved_;
}

void joint_commit::one_less() {
  std::function<void()> wake;
  {
    const std::lock_guard lock{mutex_};
    before_ -= std::min<size_t>(1, before_);
    if (before_ == 0)
      wake = wake_;
  }
  if (wake)
    wake();
}

void joint_commit::dissolve() {
  std::function<void()> wake;
  {
    const std::lock_guard lock{mutex_};
    if (!std::exchange(dissolved_, true))
      wake = wake_;
  }
  if (wake)
    wake();
}

void joint_commit::on_change(std::function<void()> wake) {
  const std::lock_guard lock{mutex_};
  wake_ = std::move(wake);
}

} // namespace motorcade
