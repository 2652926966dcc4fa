#include "sidecar/workload_guard.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"
#include "runtime/base/stop_signals.hpp"
#include "runtime/log/stderr_log.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

using namespace std::chrono_literals;

/// The time for reports after a stop signal: a part of a Pod's grace.
constexpr std::chrono::milliseconds last_call = 3s;

control_plane_settings to_plane(const sidecar_settings& settings) {
  const auto& from = settings.workload;
  control_plane_settings out;
  out.workload_api = from.api_host;
  out.internal_api = from.internal_api_host;
  out.workload_id = from.id;
  out.token = from.token;
  out.connect_timeout = from.connect_timeout;
  out.answer_timeout = from.read_timeout;
  out.most_retries = from.max_retries;
  out.retry_delay = from.retry_delay;
  return out;
}

/// @returns the settings for heartbeats, which must not be waited for longer
/// than until the next ones are due.
control_plane_settings for_beats(const sidecar_settings& settings) {
  auto out = to_plane(settings);
  auto longest = settings.workload.heartbeat_timeout / 2;
  out.connect_timeout = std::min(out.connect_timeout, longest);
  out.answer_timeout = std::min(out.answer_timeout, longest);
  return out;
}

/// @returns whether the end is the connector's or the destination's own, which
/// the document tells: the workload itself has succeeded.
bool is_success_of_workload(const task_result& outcome) {
  if (!outcome.reason)
    return true;
  return outcome.reason->origin != failure_origin::platform
         && outcome.reason->type != failure_type::timeout
         && outcome.reason->type != failure_type::cancelled;
}

} // namespace

result<std::optional<output_place>>
find_output_place(const sidecar_settings& settings) {
  const auto& where = settings.workload.output;
  if (where.empty())
    return std::optional<output_place>{};
  const auto& login = settings.s3;
  auto place = find_output_place(where, login.endpoint,
                                 {login.access_key_id, login.secret_access_key,
                                  login.session_token, login.region});
  if (!place)
    return failure{place.error().code,
                   "WORKLOAD_OUTPUT: " + place.error().what};
  return std::optional{std::move(*place)};
}

workload_guard::workload_guard(const sidecar_settings& settings)
    : settings_{settings},
      plane_{to_plane(settings)},
      beats_{for_beats(settings)} {}

workload_guard::~workload_guard() {
  stop();
}

bool workload_guard::wants_document() const {
  return !settings_.workload.output.empty() || !plane_.internal_api.empty();
}

void workload_guard::watch(std::function<void(const failure&)> on_end) {
  if (plane_.workload_api.empty())
    return;
  thread_ =
      start_quiet_thread([this, on_end = std::move(on_end)] { run(on_end); });
}

void workload_guard::run(const std::function<void(const failure&)>& on_end) {
  using clock = std::chrono::steady_clock;
  heartbeat_schedule schedule{settings_.workload.heartbeat_interval,
                              settings_.workload.heartbeat_timeout,
                              clock::now()};
  auto in_touch = true;
  std::unique_lock lock{mutex_};
  while (!wake_.wait_until(lock, schedule.due(), [&] { return stopped_; })) {
    lock.unlock();
    auto answer = schedule.accepted() ? beats_.beat() : beats_.tell_running();
    auto end = schedule.on_answer(answer, clock::now());
    auto fine = answer && answer->fine();
    if (!fine && !end && in_touch)
      log::warn("the control plane does not take a heartbeat, trying again: "
                "{}",
                answer ? "HTTP " + std::to_string(answer->status)
                       : answer.error().what);
    else if (fine && !in_touch)
      log::info("the control plane takes heartbeats again");
    in_touch = fine;
    lock.lock();
    if (end && !stopped_) {
      ended_by_plane_ = end;
      lock.unlock();
      log::error("{}", end->what);
      on_end(*end);
      return;
    }
  }
}

void workload_guard::stop() {
  {
    std::lock_guard lock{mutex_};
    stopped_ = true;
  }
  wake_.notify_all();
  beats_.cancel();
  if (thread_.joinable())
    thread_.join();
}

result<void> workload_guard::write_document(const std::string& document,
                                            const retry_wait& wait) const {
  auto place = find_output_place(settings_);
  if (!place)
    return place.error();
  if (*place)
    if (auto put = put_output(**place, document, plane_, wait); !put)
      return put;
  if (plane_.internal_api.empty())
    return {};
  return control_plane{plane_}.write_output(document, wait);
}

void workload_guard::report(task_result& outcome, const std::string& document) {
  stop();
  auto hurry =
      outcome.reason && outcome.reason->type == failure_type::cancelled;
  if (hurry) {
    plane_.most_retries = 0;
    plane_.connect_timeout = plane_.answer_timeout = last_call;
  }
  auto told_to_stop = false;
  auto wait = [&told_to_stop](std::chrono::milliseconds pause) {
    told_to_stop = told_to_stop || told_to_stop_within(pause);
    return !told_to_stop;
  };
  auto fail = [&outcome](const failure& why) {
    log::error("{}", why.what);
    outcome.exit_code = 1;
    if (!outcome.reason)
      outcome.reason = platform_failure(mask_secrets(why.what));
  };
  if (wants_document())
    if (auto written = write_document(document, wait); !written)
      fail(written.error());
  if (ended_by_plane_) {
    // The control plane is out of reach, or has ended the workload.
    outcome.exit_code = 1;
    return;
  }
  if (plane_.workload_api.empty())
    return;
  control_plane plane{plane_};
  auto told = is_success_of_workload(outcome)
                  ? plane.report_success(wait)
                  : plane.report_failure(*outcome.reason, wait);
  if (!told)
    fail(told.error());
}

} // namespace motorcade
