#include "actors/sync/bulker.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/base/counted.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr size_t replay_bytes = 2u << 20;

} // namespace

bulker_state::~bulker_state() {
  for (auto& request : requests_)
    settings_.budget->give(request.kept_bytes);
}

void bulker_state::start() {
  if (attempt_ || waiting_ || failed_ || aborting_ || requests_.empty())
    return;
  auto& request = requests_.front();
  request.sent = 0;
  ++attempt_number_;
  // The destination's thread must not keep the actor alive for ever, and may
  // still call after the actor is gone.
  auto weak = caf::actor_cast<caf::weak_actor_ptr>(self_->ctrl());
  attempt_ = settings_.where->open(
      *request.about, [weak, number = attempt_number_](upload_outcome outcome) {
        if (auto strong = caf::actor_cast<caf::strong_actor_ptr>(weak))
          rt::tell_from_outside(
              caf::actor_cast<bulker_actor>(strong),
              std::make_shared<const upload_outcome>(std::move(outcome)),
              number);
      });
  feed();
}

void bulker_state::feed() {
  if (!attempt_)
    return;
  auto& request = requests_.front();
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
      if (request.why_not_repeatable.empty())
        keep(request, rows);
    }
    if (!request.why_not_repeatable.empty())
      request.rows.pop_front(); // The attempt has the only copy.
    else
      ++request.sent;
    attempt_->write(std::move(rows));
  }
  if (!request.complete)
    return;
  if (request.terms) {
    attempt_->note(request.terms->notes);
    if (request.terms->part)
      attempt_->join(request.terms->part->whole());
  }
  attempt_->finish();
}

bool bulker_state::feed_from_spool(kept_request& request) {
  if (!replay_)
    replay_ = std::make_shared<byte_window>(replay_bytes);
  if (!replay_->open()) {
    // Rows that come meanwhile must not each start a timer of their own.
    if (!std::exchange(replay_waiting_, true))
      rt::tell_later(self_, 2ms, self_, atom::tick_v);
    return false;
  }
  auto rows = request.spool->read(request.sent, replay_);
  if (!rows) {
    attempt_.reset();
    give_up(rows.error());
    return false;
  }
  ++request.sent;
  attempt_->write(std::move(*rows));
  return true;
}

void bulker_state::keep(kept_request& request, const block_ptr& rows) {
  if (!request.spool && settings_.budget->take(rows->size())) {
    ++request.counted;
    request.kept_bytes += rows->size();
    return;
  }
  if (settings_.spool_dir.empty()) {
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
  auto made = spool_file::create(settings_.spool_dir);
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
  settings_.budget->give(std::exchange(request.kept_bytes, 0));
}

void bulker_state::let_go(kept_request& request, std::string why) {
  // Without a spool this is what the settings ask for; with one it is a fault.
  log::write_at(settings_.spool_dir.empty() ? log_level::debug
                                            : log_level::warn,
                "stream {}: the request cannot be repeated from here on: {}",
                settings_.stream, why);
  request.spool.reset();
  request.rows.erase(request.rows.begin(),
                     request.rows.begin()
                         + static_cast<std::ptrdiff_t>(request.counted));
  settings_.budget->give(std::exchange(request.kept_bytes, 0));
  request.sent = request.counted = 0;
  request.why_not_repeatable = std::move(why);
}

void bulker_state::settle(const upload_outcome& outcome) {
  attempt_.reset();
  if (aborting_) {
    aborting_ = false;
    end_if_closed();
    return;
  }
  if (failed_ || requests_.empty())
    return;
  if (!outcome.committed()) {
    repeat(outcome);
    return;
  }
  if (failures_ > 0)
    log::info("stream {}: the request was committed at attempt {}",
              settings_.stream, failures_ + 1);
  failures_ = 0;
  if (notice_)
    tell(log_level::info, notice_->succeeded(self_->clock().now()));
  if (outcome.summary)
    note(*outcome.summary);
  settings_.budget->give(requests_.front().kept_bytes);
  auto number = requests_.front().number;
  requests_.pop_front();
  rt::tell(self_, listener_, atom::commit_v, settings_.number, number);
  start();
  end_if_closed();
}

void bulker_state::note(const load_summary& summary) const {
  if (settings_.totals) {
    settings_.totals->columns_added += summary.columns_added;
    settings_.totals->values_unmapped += summary.values_unmapped;
  }
  if (!settings_.metrics)
    return;
  const auto seconds = [](std::chrono::nanoseconds time) {
    return std::chrono::duration<double>(time).count();
  };
  settings_.metrics->observe(metric::load_time, seconds(summary.loading));
  settings_.metrics->observe(metric::merge_time, seconds(summary.merging));
  for (const auto& [which, n] :
       {std::pair{metric::merged_rows, summary.rows_merged},
        {metric::added_columns, summary.columns_added},
        {metric::unmapped_values, summary.values_unmapped}})
    if (n > 0)
      settings_.metrics->add(which, n, settings_.stream);
}

void bulker_state::tell(log_level level,
                        const std::optional<std::string>& line) {
  if (!line || !settings_.log)
    return;
  auto lines = std::make_shared<log_batch>();
  lines->logger = "sidecar";
  lines->add(level, mask_secrets(*line));
  rt::tell(self_, settings_.log, log_batch_ptr{std::move(lines)});
}

void bulker_state::repeat(const upload_outcome& outcome) {
  const auto& error = *outcome.error;
  if (error.code != ec::destination_unavailable) {
    give_up(error);
    return;
  }
  auto& request = requests_.front();
  if (!request.why_not_repeatable.empty()) {
    give_up({error.code,
             error.what + " (the request of " + std::to_string(request.bytes)
                 + " bytes could not be repeated: " + request.why_not_repeatable
                 + ")"});
    return;
  }
  auto now = self_->clock().now();
  if (failures_ == 0)
    first_failure_ = now;
  if (now - first_failure_ >= settings_.policy.patience) {
    give_up({error.code, error.what + " (after "
                             + counted(failures_ + 1, "attempt") + ")"});
    return;
  }
  // Half of the pause is random, so that many sidecars do not try again at the
  // same moment.
  auto longest = settings_.policy.first_pause
                 * (int64_t{1} << std::min<uint32_t>(failures_, 16));
  longest = std::min(longest, settings_.policy.longest_pause);
  std::uniform_int_distribution<int64_t> chance{0, longest.count() / 2};
  auto pause = caf::timespan{longest.count() / 2 + chance(random_)};
  if (outcome.retry_after)
    pause = std::min<caf::timespan>(
        std::max<caf::timespan>(pause, *outcome.retry_after),
        settings_.policy.patience);
  ++failures_;
  waiting_ = true;
  if (settings_.metrics)
    settings_.metrics->add(metric::retries, 1, settings_.stream);
  if (!notice_)
    notice_.emplace("stream " + settings_.stream + ": the destination "
                    + settings_.where->locate(*request.about));
  const auto left = settings_.policy.patience - (now - first_failure_);
  tell(log_level::warn,
       notice_->failed(
           error.what, now,
           utc_now()
               + std::chrono::duration_cast<std::chrono::microseconds>(left)));
  log::warn(
      "stream {}: {}; trying again in {} ms", settings_.stream, error.what,
      std::chrono::duration_cast<std::chrono::milliseconds>(pause).count());
  rt::tell_later(self_, pause, self_, atom::retry_v, attempt_number_);
}

void bulker_state::give_up(failure reason) {
  failed_ = true;
  for (auto& request : requests_)
    settings_.budget->give(request.kept_bytes);
  requests_.clear();
  rt::tell(self_, listener_, std::make_shared<const failure>(std::move(reason)),
           settings_.number);
}

void bulker_state::close() {
  if (closing_)
    return;
  closing_ = true;
  if (!requests_.empty() && !requests_.back().complete) {
    auto under_way = requests_.size() == 1 && attempt_;
    settings_.budget->give(requests_.back().kept_bytes);
    requests_.pop_back();
    if (under_way) {
      aborting_ = true;
      attempt_->abort();
    }
  }
  end_if_closed();
}

void bulker_state::end_if_closed() {
  if (!closing_ || aborting_ || !requests_.empty())
    return;
  closing_ = false;
  failed_ = true;
  rt::tell(self_, listener_, atom::abort_v, settings_.number);
}

bulker_actor::behavior_type
bulker_state::make_behavior(bulker_actor::pointer self,
                            delivery_listener listener,
                            bulker_settings settings) {
  self_ = self;
  tell_exceptions(self, [](const failure&) {});
  listener_ = std::move(listener);
  settings_ = std::move(settings);
  return {
      [this](atom::open, uint64_t number, const upload_request_ptr& request) {
        if (failed_ || closing_)
          return;
        auto& kept = requests_.emplace_back();
        kept.number = number;
        kept.about = request;
        start();
      },
      [this](const block_ptr& rows) {
        if (failed_ || closing_ || requests_.empty())
          return;
        requests_.back().rows.push_back(rows);
        if (requests_.size() == 1)
          feed();
      },
      [this](const commit_terms_ptr& terms) {
        if (!failed_ && !closing_ && !requests_.empty())
          requests_.back().terms = terms;
      },
      [this](atom::commit) {
        if (failed_ || closing_ || requests_.empty())
          return;
        requests_.back().complete = true;
        if (requests_.size() == 1)
          feed();
      },
      [this](atom::abort) { close(); },
      [this](const upload_outcome_ptr& outcome, uint64_t number) {
        if (number == attempt_number_ && attempt_)
          settle(*outcome);
      },
      [this](atom::retry, uint64_t number) {
        if (number != attempt_number_ || !waiting_)
          return;
        waiting_ = false;
        start();
      },
      [this](atom::tick) {
        replay_waiting_ = false;
        if (!failed_ && !aborting_ && !requests_.empty())
          feed();
      },
  };
}

bulker_actor::behavior_type
bulker(bulker_actor::stateful_pointer<bulker_state> self,
       delivery_listener listener, bulker_settings settings) {
  return rt::state(self).make_behavior(self, std::move(listener),
                                       std::move(settings));
}

} // namespace motorcade
