#include "actors/sync/bulker.hpp"

#include "runtime/base/log.hpp"
#include "schema/base/counted.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr size_t replay_bytes = 2u << 20;

} // namespace

bulker_state::~bulker_state() {
  for (auto& request : requests)
    settings.budget->give(request.kept_bytes);
}

void bulker_state::start() {
  if (attempt || waiting || failed || aborting || requests.empty())
    return;
  auto& request = requests.front();
  request.sent = 0;
  ++attempt_number;
  // The destination's thread must not keep the actor alive for ever, and may
  // still call after the actor is gone.
  auto weak = caf::actor_cast<caf::weak_actor_ptr>(self->ctrl());
  attempt = settings.where->open(
      *request.about, [weak, number = attempt_number](upload_outcome outcome) {
        if (auto strong = caf::actor_cast<caf::strong_actor_ptr>(weak))
          rt::tell_from_outside(
              caf::actor_cast<bulker_actor>(strong),
              std::make_shared<const upload_outcome>(std::move(outcome)),
              number);
      });
  feed();
}

void bulker_state::feed() {
  if (!attempt)
    return;
  auto& request = requests.front();
  auto spooled = [&] {
    return request.spool ? request.spool->size() : 0;
  };
  while (request.sent < spooled())
    if (!feed_from_spool(request))
      return;
  while (request.sent < spooled() + request.rows.size()) {
    auto at = request.sent - spooled();
    auto rows = request.rows[at];
    if (at == request.counted) {
      request.bytes += rows->size();
      if (request.let_go.empty())
        keep(request, rows);
    }
    if (!request.let_go.empty())
      request.rows.pop_front(); // The attempt has the only copy.
    else
      ++request.sent;
    attempt->write(std::move(rows));
  }
  if (request.complete)
    attempt->finish();
}

bool bulker_state::feed_from_spool(kept_request& request) {
  if (!replay)
    replay = std::make_shared<byte_window>(replay_bytes);
  if (!replay->open()) {
    // Rows that come meanwhile must not each start a clock of their own.
    if (!std::exchange(replay_waiting, true))
      rt::tell_later(self, 2ms, self, atom::tick_v);
    return false;
  }
  auto rows = request.spool->read(request.sent, replay);
  if (!rows) {
    attempt.reset();
    give_up(rows.error());
    return false;
  }
  ++request.sent;
  attempt->write(std::move(*rows));
  return true;
}

void bulker_state::keep(kept_request& request, const block_ptr& rows) {
  if (!request.spool && settings.budget->take(rows->size())) {
    ++request.counted;
    request.kept_bytes += rows->size();
    return;
  }
  if (settings.spool_dir.empty()) {
    let_go(request, "its bytes are more than RETRY_BUFFER_BYTES lets us keep");
    return;
  }
  if (!request.spool)
    start_spool(request);
  if (!request.spool)
    return;
  if (auto kept = request.spool->append(*rows); !kept)
    let_go(request, kept.error().what);
  else
    request.rows.pop_front();
}

void bulker_state::start_spool(kept_request& request) {
  auto made = spool_file::create(settings.spool_dir);
  auto kept = made ? result<void>{} : result<void>{made.error()};
  for (size_t i = 0; kept && i < request.counted; ++i)
    kept = (*made)->append(*request.rows[i]);
  if (!kept) {
    let_go(request, kept.error().what);
    return;
  }
  request.spool = std::move(*made);
  request.rows.erase(request.rows.begin(),
                     request.rows.begin()
                         + static_cast<std::ptrdiff_t>(request.counted));
  request.counted = 0;
  settings.budget->give(std::exchange(request.kept_bytes, 0));
}

void bulker_state::let_go(kept_request& request, std::string why) {
  // Without a spool that is as it was asked for; with one, something is wrong.
  log::write_at(settings.spool_dir.empty() ? log_level::debug : log_level::warn,
                "stream {}: the request cannot be repeated from here on: {}",
                settings.stream, why);
  request.spool.reset();
  request.rows.erase(request.rows.begin(),
                     request.rows.begin()
                         + static_cast<std::ptrdiff_t>(request.counted));
  settings.budget->give(std::exchange(request.kept_bytes, 0));
  request.sent = request.counted = 0;
  request.let_go = std::move(why);
}

void bulker_state::settle(const upload_outcome& outcome) {
  attempt.reset();
  if (aborting) {
    aborting = false;
    end_if_closed();
    return;
  }
  if (failed || requests.empty())
    return;
  if (!outcome.committed()) {
    repeat(outcome);
    return;
  }
  if (failures > 0)
    log::info("stream {}: the request passed at attempt {}", settings.stream,
              failures + 1);
  failures = 0;
  settings.budget->give(requests.front().kept_bytes);
  auto number = requests.front().number;
  requests.pop_front();
  rt::tell(self, listener, atom::commit_v, settings.number, number);
  start();
  end_if_closed();
}

void bulker_state::repeat(const upload_outcome& outcome) {
  const auto& error = *outcome.error;
  if (error.code != ec::destination_unavailable) {
    give_up(error);
    return;
  }
  auto& request = requests.front();
  if (!request.let_go.empty()) {
    give_up({error.code,
             error.what + " (the request of " + std::to_string(request.bytes)
                 + " bytes could not be repeated: " + request.let_go + ")"});
    return;
  }
  auto now = self->clock().now();
  if (failures == 0)
    first_failure = now;
  if (now - first_failure >= settings.policy.patience) {
    give_up({error.code,
             error.what + " (after " + counted(failures + 1, "attempt") + ")"});
    return;
  }
  // Half of the pause is by chance, so that many sidecars do not come back at
  // the same moment.
  auto longest = settings.policy.first_pause
                 * (int64_t{1} << std::min<uint32_t>(failures, 16));
  longest = std::min(longest, settings.policy.longest_pause);
  std::uniform_int_distribution<int64_t> chance{0, longest.count() / 2};
  auto pause = caf::timespan{longest.count() / 2 + chance(random)};
  if (outcome.retry_after)
    pause = std::min<caf::timespan>(
        std::max<caf::timespan>(pause, *outcome.retry_after),
        settings.policy.patience);
  ++failures;
  waiting = true;
  if (settings.metrics)
    settings.metrics->add(metric::retries, 1, settings.stream);
  log::warn(
      "stream {}: {}; trying again in {} ms", settings.stream, error.what,
      std::chrono::duration_cast<std::chrono::milliseconds>(pause).count());
  rt::tell_later(self, pause, self, atom::retry_v, attempt_number);
}

void bulker_state::give_up(failure reason) {
  failed = true;
  for (auto& request : requests)
    settings.budget->give(request.kept_bytes);
  requests.clear();
  rt::tell(self, listener, std::make_shared<const failure>(std::move(reason)),
           settings.number);
}

void bulker_state::close() {
  if (closing)
    return;
  closing = true;
  if (!requests.empty() && !requests.back().complete) {
    auto under_way = requests.size() == 1 && attempt;
    settings.budget->give(requests.back().kept_bytes);
    requests.pop_back();
    if (under_way) {
      aborting = true;
      attempt->abort();
    }
  }
  end_if_closed();
}

void bulker_state::end_if_closed() {
  if (!closing || aborting || !requests.empty())
    return;
  closing = false;
  failed = true;
  rt::tell(self, listener, atom::abort_v, settings.number);
}

bulker_actor::behavior_type
bulker(bulker_actor::stateful_pointer<bulker_state> self,
       delivery_listener listener, bulker_settings settings) {
  auto& st = rt::state(self);
  st.self = self;
  tell_exceptions(self, [](const failure&) {});
  st.listener = std::move(listener);
  st.settings = std::move(settings);
  return {
      [&st](atom::open, uint64_t number, const upload_request_ptr& request) {
        if (st.failed || st.closing)
          return;
        auto& kept = st.requests.emplace_back();
        kept.number = number;
        kept.about = request;
        st.start();
      },
      [&st](const block_ptr& rows) {
        if (st.failed || st.closing || st.requests.empty())
          return;
        st.requests.back().rows.push_back(rows);
        if (st.requests.size() == 1)
          st.feed();
      },
      [&st](atom::commit) {
        if (st.failed || st.closing || st.requests.empty())
          return;
        st.requests.back().complete = true;
        if (st.requests.size() == 1)
          st.feed();
      },
      [&st](atom::abort) { st.close(); },
      [&st](const upload_outcome_ptr& outcome, uint64_t number) {
        if (number == st.attempt_number && st.attempt)
          st.settle(*outcome);
      },
      [&st](atom::retry, uint64_t number) {
        if (number != st.attempt_number || !st.waiting)
          return;
        st.waiting = false;
        st.start();
      },
      [&st](atom::tick) {
        st.replay_waiting = false;
        if (!st.failed && !st.aborting && !st.requests.empty())
          st.feed();
      },
  };
}

} // namespace motorcade
