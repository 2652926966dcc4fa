#include "runtime/leadership/lease_election.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace motorcade {

namespace {

/// The longest duration that is believed: with a larger value in a Lease there
/// would be no leader for too long.
constexpr std::chrono::seconds longest_duration{60};

} // namespace

boot_clock::time_point boot_clock::now() noexcept {
  timespec out = {};
  ::clock_gettime(CLOCK_BOOTTIME, &out);
  return time_point{std::chrono::seconds{out.tv_sec}
                    + std::chrono::nanoseconds{out.tv_nsec}};
}

lease_election::lease_election(std::string identity, lease_limits limits,
                               std::string predecessors)
    : identity_{std::move(identity)},
      limits_{limits},
      predecessors_{std::move(predecessors)} {}

lease_step lease_election::next(time_point now) {
  if (resigned_) {
    if (read_due_ || seen_.version.empty() || seen_.version != own_version_)
      return lease_step::done;
    wanted_ = seen_;
    wanted_.holder.clear();
    return send(lease_step::update, now);
  }
  auto there = !read_due_ && !seen_.version.empty();
  auto ours = there && renewable(now);
  wake_at_ = next_call_;
  if (there && !ours)
    wake_at_ = std::min(wake_at_, free_at());
  if (now < wake_at_)
    return lease_step::wait;
  if (read_due_ || (there && !ours && now < free_at()))
    return send(lease_step::read, now);
  wanted_ = seen_;
  wanted_.duration = limits_.duration;
  if (!ours) {
    wanted_.holder = identity_;
    wanted_.acquired_at.clear();
    if (there)
      ++wanted_.transitions;
  }
  return send(there ? lease_step::update : lease_step::create, now);
}

void lease_election::answered(const result<lease_record>& answer,
                              time_point now) {
  auto step = std::exchange(sent_, lease_step::wait);
  if (!answer) {
    auto absent =
        step == lease_step::read && answer.error().code == ec::not_found;
    read_due_ = !absent;
    next_call_ = absent ? now : now + limits_.retry;
    if (absent)
      seen_ = {};
    return;
  }
  read_due_ = false;
  if (*answer != seen_) {
    seen_ = *answer;
    seen_at_ = now;
  }
  next_call_ = sent_at_ + limits_.interval;
  if (seen_.holder != identity_) {
    lead_until_ = {};
    return;
  }
  // A Lease of another uid was made by this very write, which did not ask for
  // what had been there.
  if (step == lease_step::update && seen_.uid == wanted_.uid) {
    own_version_ = seen_.version;
    if (!resigned_)
      lead_until_ = sent_at_ + limits_.deadline;
  } else if (leads(now)) {
    // It is not known how old that write is.
    next_call_ = now;
  }
}

void lease_election::resign() {
  resigned_ = true;
  lead_until_ = {};
}

lease_step lease_election::send(lease_step step, time_point now) {
  sent_ = step;
  sent_at_ = now;
  return step;
}

bool lease_election::renewable(time_point now) const {
  return seen_.holder == identity_
         && (seen_.version == own_version_ || leads(now));
}

lease_election::time_point lease_election::free_at() const {
  if (seen_.holder.empty())
    return seen_at_;
  if (!predecessors_.empty() && seen_.holder != identity_
      && seen_.holder.starts_with(predecessors_))
    return seen_at_;
  // The holder may run a version with other limits.
  return seen_at_
         + std::max(limits_.duration,
                    std::min(seen_.duration, longest_duration));
}

} // namespace motorcade
