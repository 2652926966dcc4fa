#include "runtime/kubernetes/lease_keeper.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"

#include <algorithm>

namespace motorcade {

lease_candidate lease_candidate::make(const std::string& host,
                                      const std::string& pod_uid) {
  lease_candidate out;
  out.identity = host;
  if (!pod_uid.empty()) {
    out.predecessors = host;
    out.predecessors.append("_").append(pod_uid).append("_");
    out.identity = out.predecessors;
  } else {
    out.identity.append("_");
  }
  out.identity.append(make_uuid());
  return out;
}

lease_keeper::lease_keeper(std::unique_ptr<kube_lease_api> api,
                           lease_candidate candidate,
                           std::shared_ptr<leadership> state, listener changed,
                           lease_limits limits)
    : api_{std::move(api)},
      state_{std::move(state)},
      changed_{std::move(changed)},
      election_{std::move(candidate.identity), limits,
                std::move(candidate.predecessors)},
      thread_{start_quiet_thread([this] { run(); })} {}

lease_keeper::~lease_keeper() {
  {
    std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  wake_.notify_all();
  api_->stop();
  if (thread_.joinable())
    thread_.join();
}

void lease_keeper::resign() {
  {
    std::lock_guard lock{mutex_};
    resigning_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable())
    thread_.join();
}

void lease_keeper::run() {
  for (;;) {
    {
      std::lock_guard lock{mutex_};
      if (stopped_)
        break;
      if (resigning_)
        election_.resign();
    }
    publish();
    auto step = election_.next(boot_clock::now());
    if (step == lease_step::done)
      return;
    if (step == lease_step::wait) {
      auto end = election_.wake_at();
      // The end of the term is published when it comes, not at the next call.
      if (term_ != 0)
        end = std::min(end, election_.lead_until());
      if (!wait_until(end))
        break;
      continue;
    }
    auto answer = do_call(step);
    // A term that ended during the call stays ended, even if the call
    // succeeded.
    publish();
    election_.answered(answer, boot_clock::now());
    note(answer);
  }
  state_->end();
}

void lease_keeper::publish() {
  auto now = boot_clock::now();
  uint64_t term = 0;
  // A term that ended in between is over, even if a new one has begun since.
  if (term_ != 0 && state_->term(now) != term_) {
    log::warn("this replica is no longer the leader: the Lease could not be "
              "renewed in time, or was taken");
    term_ = 0;
    changed_(0);
  }
  if (election_.leads(now))
    term = state_->lead_until(election_.lead_until(), now);
  else
    state_->end();
  if (term == term_)
    return;
  term_ = term;
  if (term != 0)
    log::info("this replica is the leader now");
  else
    log::info("this replica is no longer the leader");
  changed_(term);
}

bool lease_keeper::wait_until(boot_clock::time_point end) {
  std::unique_lock lock{mutex_};
  // The condition variable's clock stands still while the machine sleeps, so
  // the wait may end late; the caller then looks at the time.
  wake_.wait_for(lock, end - boot_clock::now(),
                 [this] { return stopped_ || resigning_; });
  return !stopped_;
}

result<lease_record> lease_keeper::do_call(lease_step step) {
  switch (step) {
  case lease_step::create:
    return api_->create(election_.wanted());
  case lease_step::update:
    return api_->update(election_.wanted());
  default:
    return api_->get();
  }
}

void lease_keeper::note(const result<lease_record>& answer) {
  if (!answer) {
    auto code = answer.error().code;
    // These are normal events of an election.
    if (code == ec::not_found || code == ec::already_exists
        || code == ec::cancelled)
      return;
    if (!std::exchange(said_trouble_, true))
      log::warn("{}", answer.error().what);
    return;
  }
  if (std::exchange(said_trouble_, false))
    log::info("the Lease is within reach again");
  if (election_.holder() != said_holder_) {
    said_holder_ = election_.holder();
    state_->note_holder(said_holder_);
    if (said_holder_.empty())
      log::info("the Lease has no holder");
    else
      log::info("the Lease is held by {}", said_holder_);
  }
}

} // namespace motorcade
