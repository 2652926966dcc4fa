#include "sidecar/workload_guard.hpp"

#include "runtime/base/found_file.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"
#include "runtime/base/stop_signals.hpp"
#include "runtime/control_plane/heartbeat_schedule.hpp"
#include "runtime/log/stderr_log.hpp"

#include <algorithm>
#include <memory>
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
  if (!from.token_endpoint.empty())
    out.tokens = std::make_shared<access_tokens>(client_credentials{
        from.token_endpoint, from.client_id, from.client_secret});
  out.patience = {from.connect_timeout, from.read_timeout, from.max_retries,
                  from.retry_delay};
  out.output_patience = {from.output_connect_timeout, from.output_read_timeout,
                         from.output_max_retries, from.output_retry_delay};
  return out;
}

/// @returns the settings for heartbeats, which must not be waited for longer
/// than until the next ones are due.
control_plane_settings for_beats(control_plane_settings plane,
                                 std::chrono::milliseconds heartbeat_timeout) {
  const auto longest = heartbeat_timeout / 2;
  auto& patience = plane.patience;
  patience.connect_timeout = std::min(patience.connect_timeout, longest);
  patience.answer_timeout = std::min(patience.answer_timeout, longest);
  return plane;
}

/// Reads the service account of GOOGLE_APPLICATION_CREDENTIALS.
result<google_account> find_google_account(const std::string& given) {
  constexpr size_t longest = 1 << 20;
  auto document = given;
  if (!given.starts_with('{')) {
    auto read = read_found_file(given, longest, links::followed);
    if (!read)
      return read.error();
    document = std::move(*read);
  }
  return read_google_account(document);
}

/// @returns the place in the store that STORAGE_TYPE names, which is not none.
result<output_place> find_stored_place(const sidecar_settings& settings) {
  const auto& from = settings.storage;
  const auto key = output_key(settings.workload.id);
  switch (from.type) {
  case storage_type::azure: {
    auto account = read_azure_account(from.azure_connection);
    if (!account)
      return failure{account.error().code, "AZURE_STORAGE_CONNECTION_STRING: "
                                               + account.error().what};
    return output_place{azure_blob{std::move(*account), from.bucket, key}};
  }
  case storage_type::gcs: {
    auto account = find_google_account(from.google_credentials);
    if (!account)
      return failure{account.error().code,
                     "GOOGLE_APPLICATION_CREDENTIALS: " + account.error().what};
    return output_place{google_object{from.google_server, from.bucket, key,
                                      std::move(*account)}};
  }
  case storage_type::local:
    return output_place{output_file{from.local_root + key, true}};
  case storage_type::minio:
  case storage_type::s3:
  case storage_type::none:
    break;
  }
  const auto is_minio = from.type == storage_type::minio;
  return output_place{s3_object{
      s3_object_url(is_minio ? from.minio_endpoint : settings.s3.endpoint,
                    settings.s3.login.region, from.bucket, key),
      settings.s3.login}};
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

result<std::vector<output_place>>
find_output_places(const sidecar_settings& settings) {
  std::vector<output_place> out;
  if (const auto& where = settings.workload.output; !where.empty()) {
    auto place =
        find_output_place(where, settings.s3.endpoint, settings.s3.login);
    if (!place)
      return failure{place.error().code,
                     "WORKLOAD_OUTPUT: " + place.error().what};
    out.push_back(std::move(*place));
  }
  if (settings.storage.type != storage_type::none) {
    auto place = find_stored_place(settings);
    if (!place)
      return place.error();
    out.push_back(std::move(*place));
  }
  return out;
}

workload_guard::workload_guard(const sidecar_settings& settings)
    : settings_{settings},
      plane_{to_plane(settings)},
      beats_{for_beats(plane_, settings.workload.heartbeat_timeout)} {}

workload_guard::~workload_guard() {
  stop();
}

bool workload_guard::wants_document() const {
  return !settings_.workload.output.empty()
         || settings_.storage.type != storage_type::none
         || !plane_.internal_api.empty();
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
  auto places = find_output_places(settings_);
  if (!places)
    return places.error();
  for (const auto& place : *places)
    if (auto put = put_output(place, document, plane_.output_patience, wait);
        !put)
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
    plane_.patience = plane_.output_patience = {last_call, last_call, 0, {}};
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
