#pragma once

#include "runtime/base/stop_gate.hpp"
#include "runtime/http/client/api_client.hpp"
#include "runtime/kubernetes/kubeconfig.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace motorcade {

/// Counts of the calls of all clients of one API. Thread-safe.
struct kube_counts {
  std::atomic<uint64_t> requests = 0;
  /// Answered 429, or 503 with Retry-After, and made again.
  std::atomic<uint64_t> throttled = 0;
  /// Without an answer, or with 5xx.
  std::atomic<uint64_t> failed = 0;
};

using kube_counts_ptr = std::shared_ptr<kube_counts>;

/// A call of the Kubernetes API.
struct kube_request {
  std::string method = "GET";
  /// From the first slash on, query included.
  std::string path;
  /// JSON; empty: none.
  std::string body = {};
  std::string content_type = "application/json";
  /// Takes the body of a 2xx answer piece by piece; may be empty.
  std::function<void(std::string_view)> on_body = {};
  /// The value of the header `Accept`.
  std::string accept = "application/json, */*";
  /// Called about once a second; the call ends if it returns false. May be
  /// empty.
  std::function<bool()> go_on = {};
  std::chrono::milliseconds connect_timeout{10'000};
  /// The time limit of the whole answer.
  std::chrono::milliseconds answer_timeout{30'000};
  /// The call ends if nothing comes for so long; 0: no such limit.
  std::chrono::seconds silence_timeout{0};
  /// Whether 429, and 503 with Retry-After, are waited out; false if an answer
  /// is only of use at once.
  bool patient = true;
};

/// Calls a Kubernetes API, on one connection that is kept. Belongs to one
/// thread; `stop` may be called from any.
///
/// A token file is read anew once a minute, and at once after a 401, since
/// Kubernetes replaces it. 429, and a 503 that says Retry-After, are waited out
/// some times, as long as Retry-After says but half a minute at most.
class kube_client {
public:
  /// Does not connect yet.
  /// @param counts Counts the calls; may be shared with other clients.
  kube_client(const kube_access& access, kube_counts_ptr counts);

  /// @returns the API's answer, of any status; service_unavailable if none
  /// came; cancelled after `stop`, or if `go_on` returned false.
  result<api_answer> call(const kube_request& request);

  /// Ends the call under way and all that follow.
  void stop() {
    client_.cancel();
    gate_.close();
  }

  /// Waits before a call is repeated.
  /// @returns false after `stop`, at once.
  bool pause(std::chrono::milliseconds length) { return gate_.wait(length); }

private:
  using clock = std::chrono::steady_clock;

  /// Makes one attempt, with the token that is known.
  result<api_answer> send(const kube_request& request);

  /// @param anew Whether to read the token's file even if a minute is not over.
  /// @returns the header `Authorization`; empty: none. If the token's file
  /// cannot be read, the last token stays.
  std::string authorization(bool anew);

  const kube_access access_;
  const kube_counts_ptr counts_;
  api_client client_;
  stop_gate gate_;
  std::string token_;
  clock::time_point token_read_at_ = {};
};

/// @returns `labelSelector=…` of a query, escaped: objects whose label has that
/// value.
/// @param label With one slash, e.g. `jitsu.com/creator`.
std::string label_selector(std::string_view label, std::string_view value);

/// @returns the failure that an answer other than 2xx means: already_exists
/// (409 AlreadyExists), not_found, invalid_argument (400, 413, 422: the object
/// is to blame), too_busy (429), system_failed (any other 4xx: Kubernetes
/// refuses the call, for want of a right, by a quota or a webhook),
/// service_unavailable for all else. The message holds `what`, the status and
/// the API's own words, on one line.
/// @param what The call in words, e.g. `create Pod x`.
failure to_kube_failure(const std::string& what, const api_answer& answer);

/// @returns the same for a call about a Secret, without the API's words, which
/// might quote its content, but with those of a quota.
failure to_silent_failure(const std::string& what, const api_answer& answer);

} // namespace motorcade
