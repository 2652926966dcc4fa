#pragma once

#include "runtime/control_plane/access_tokens.hpp"
#include "runtime/http/client/api_client.hpp"
#include "schema/task/failure_reason.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace motorcade {

/// The time limits and the repetitions of calls of an API.
struct api_patience {
  std::chrono::milliseconds connect_timeout{30'000};
  std::chrono::milliseconds answer_timeout{300'000};
  /// The number of repetitions of a report, and the pause before each.
  uint64_t most_retries = 5;
  std::chrono::milliseconds retry_delay{2'000};
};

/// The address of a control plane, and the time limits of calls to it.
struct control_plane_settings {
  /// WORKLOAD_API_HOST as a URL; empty: the workload is not reported.
  std::string workload_api;
  /// INTERNAL_API_HOST as a URL; empty: the output is not sent to that API.
  std::string internal_api;
  std::string workload_id;
  /// Secret; empty: none.
  std::string token;
  /// Null: `token` is used. Otherwise these are, by all parts of the task.
  std::shared_ptr<access_tokens> tokens;
  /// How calls of the workload API are waited for.
  api_patience patience;
  /// How calls of the internal API and of stores of documents are waited for.
  api_patience output_patience{.answer_timeout =
                                   std::chrono::milliseconds{600'000}};
};

/// Waits for the given time between two attempts; 0 only asks whether to go on.
/// Returns false to give up.
using retry_wait = std::function<bool(std::chrono::milliseconds)>;

/// Makes a request once.
using api_attempt = std::function<result<api_answer>(const api_request&)>;

/// Makes a call until it succeeds: no answer, 408, 425, 429 and 5xx are tried
/// again; other answers are final, and so are the failures `cancelled` and
/// `invalid_argument` of an attempt.
/// @param request Gets the times of `patience`.
/// @param what The call in words, for messages.
result<void> call_patiently(const api_attempt& attempt, api_request request,
                            const std::string& what,
                            const api_patience& patience,
                            const retry_wait& wait);

/// The Airbyte platform's workload API, as its connector sidecar uses it.
/// Belongs to one thread, except `cancel`. Every call blocks.
class control_plane {
public:
  /// Does not connect yet.
  explicit control_plane(control_plane_settings settings);

  /// Tells that the task runs: `PUT …/workload/running`, one attempt.
  result<api_answer> tell_running() { return tell_once("running"); }

  /// Tells that the task still runs: `PUT …/workload/heartbeat`, one attempt.
  result<api_answer> beat() { return tell_once("heartbeat"); }

  /// `PUT …/workload/success`, with retries.
  result<void> report_success(const retry_wait& wait);

  /// `PUT …/workload/failure` with origin and text of the reason, with retries.
  result<void> report_failure(const failure_reason& reason,
                              const retry_wait& wait);

  /// `POST …/workload_output/write`, with retries.
  result<void> write_output(const std::string& document,
                            const retry_wait& wait);

  /// Ends the call under way and all that follow; from any thread.
  void cancel() { client_.cancel(); }

private:
  /// @returns a PUT of JSON, with the times of the workload API.
  api_request make_request(const std::string& base, std::string_view path,
                           std::string body) const;

  /// Sends a request with the token. A token that the control plane refuses
  /// (401, 403) is thrown away, and the request sent once more with a new one.
  result<api_answer> send(api_request request);

  /// Sends a request until it succeeds, as `call_patiently` says.
  result<void> send_patiently(api_request request, const std::string& what,
                              const api_patience& patience,
                              const retry_wait& wait);

  /// Calls `PUT …/workload/WHAT` with the workload's id, one attempt.
  result<api_answer> tell_once(std::string_view what);

  const control_plane_settings settings_;
  api_client client_;
};

} // namespace motorcade
