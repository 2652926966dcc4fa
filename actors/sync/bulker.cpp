#include "actors/sync/bulker.hpp"

#include "runtime/base/log.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr size_t replay_bytes = 2u << 20;

} // namespace

bulker_state::~bulker_state() {
  for (auto& unit : units)
    settings.budget->give(unit.kept_bytes);
}

void bulker_state::start() {
  if (attempt || waiting || failed || aborting || units.empty())
    return;
  auto& unit = units.front();
  unit.sent = 0;
  ++attempt_number;
  // The destination's thread must not keep the actor alive for ever, and may
  // still call after the actor is gone.
  auto weak = caf::actor_cast<caf::weak_actor_ptr>(self->ctrl());
  attempt = settings.where->open(*unit.request, [weak, number = attempt_number](
                                                    upload_outcome outcome) {
    if (auto strong = caf::actor_cast<caf::strong_actor_ptr>(weak))
      rt::tell_from_outside(
          caf::actor_cast<bulker_actor>(strong),
          std::make_shared<const upload_outcome>(std::move(outcome)), number);
  });
  feed();
}

void bulker_state::feed() {
  if (!attempt)
    return;
  auto& unit = units.front();
  auto spooled = [&] {
    return unit.spool ? unit.spool->size() : 0;
  };
  while (unit.sent < spooled())
    if (!feed_from_spool(unit))
      return;
  while (unit.sent < spooled() + unit.rows.size()) {
    auto at = unit.sent - spooled();
    auto rows = unit.rows[at];
    if (at == unit.counted) {
      unit.bytes += rows->size();
      if (unit.let_go.empty())
        keep(unit, rows);
    }
    if (!unit.let_go.empty())
      unit.rows.pop_front(); // The attempt has the only copy.
    else
      ++unit.sent;
    attempt->write(std::move(rows));
  }
  if (unit.complete)
    attempt->finish();
}

bool bulker_state::feed_from_spool(delivery_unit& unit) {
  if (!replay)
    replay = std::make_shared<byte_window>(replay_bytes);
  if (!replay->open()) {
    // Rows that come meanwhile must not each start a clock of their own.
    if (!std::exchange(replay_waiting, true))
      rt::tell_later(self, 2ms, self, atom::tick_v);
    return false;
  }
  auto rows = unit.spool->read(unit.sent, replay);
  if (!rows) {
    attempt.reset();
    give_up(rows.error());
    return false;
  }
  ++unit.sent;
  attempt->write(std::move(*rows));
  return true;
}

void bulker_state::keep(delivery_unit& unit, const block_ptr& rows) {
  if (!unit.spool && settings.budget->take(rows->size())) {
    ++unit.counted;
    unit.kept_bytes += rows->size();
    return;
  }
  if (settings.spool_dir.empty()) {
    let_go(unit, "its bytes are more than RETRY_BUFFER_BYTES lets us keep");
    return;
  }
  if (!unit.spool)
    start_spool(unit);
  if (!unit.spool)
    return;
  if (auto kept = unit.spool->append(*rows); !kept)
    let_go(unit, kept.error().what);
  else
    unit.rows.pop_front();
}

void bulker_state::start_spool(delivery_unit& unit) {
  auto made = spool_file::create(settings.spool_dir);
  auto kept = made ? result<void>{} : result<void>{made.error()};
  for (size_t i = 0; kept && i < unit.counted; ++i)
    kept = (*made)->append(*unit.rows[i]);
  if (!kept) {
    let_go(unit, kept.error().what);
    return;
  }
  unit.spool = std::move(*made);
  unit.rows.erase(unit.rows.begin(),
                  unit.rows.begin()
                      + static_cast<std::ptrdiff_t>(unit.counted));
  unit.counted = 0;
  settings.budget->give(std::exchange(unit.kept_bytes, 0));
}

void bulker_state::let_go(delivery_unit& unit, std::string why) {
  // Without a spool that is as it was asked for; with one, something is wrong.
  log::write_at(settings.spool_dir.empty() ? log_level::debug : log_level::warn,
                "stream {}: the request cannot be repeated from here on: {}",
                settings.stream, why);
  unit.spool.reset();
  unit.rows.erase(unit.rows.begin(),
                  unit.rows.begin()
                      + static_cast<std::ptrdiff_t>(unit.counted));
  settings.budget->give(std::exchange(unit.kept_bytes, 0));
  unit.sent = unit.counted = 0;
  unit.let_go = std::move(why);
}

void bulker_state::settle(const upload_outcome& outcome) {
  attempt.reset();
  if (aborting) {
    aborting = false;
    end_if_closed();
    return;
  }
  if (failed || units.empty())
    return;
  if (!outcome.committed()) {
    repeat(outcome);
    return;
  }
  if (failures > 0)
    log::info("stream {}: the request passed at attempt {}", settings.stream,
              failures + 1);
  failures = 0;
  settings.budget->give(units.front().kept_bytes);
  auto number = units.front().number;
  units.pop_front();
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
  auto& unit = units.front();
  if (!unit.let_go.empty()) {
    give_up({error.code,
             error.what + " (the request of " + std::to_string(unit.bytes)
                 + " bytes could not be repeated: " + unit.let_go + ")"});
    return;
  }
  auto now = self->clock().now();
  if (failures == 0)
    first_failure = now;
  if (now - first_failure >= settings.policy.patience) {
    give_up({error.code, error.what + " (after " + std::to_string(failures + 1)
                             + " attempts)"});
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
  for (auto& unit : units)
    settings.budget->give(unit.kept_bytes);
  units.clear();
  rt::tell(self, listener, std::make_shared<const failure>(std::move(reason)),
           settings.number);
}

void bulker_state::close() {
  if (closing)
    return;
  closing = true;
  if (!units.empty() && !units.back().complete) {
    auto under_way = units.size() == 1 && attempt;
    settings.budget->give(units.back().kept_bytes);
    units.pop_back();
    if (under_way) {
      aborting = true;
      attempt->abort();
    }
  }
  end_if_closed();
}

void bulker_state::end_if_closed() {
  if (!closing || aborting || !units.empty())
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
        auto& unit = st.units.emplace_back();
        unit.number = number;
        unit.request = request;
        st.start();
      },
      [&st](const block_ptr& rows) {
        if (st.failed || st.closing || st.units.empty())
          return;
        st.units.back().rows.push_back(rows);
        if (st.units.size() == 1)
          st.feed();
      },
      [&st](atom::commit) {
        if (st.failed || st.closing || st.units.empty())
          return;
        st.units.back().complete = true;
        if (st.units.size() == 1)
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
        if (!st.failed && !st.aborting && !st.units.empty())
          st.feed();
      },
  };
}

} // namespace motorcade
