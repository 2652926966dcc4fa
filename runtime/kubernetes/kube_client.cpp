#include "runtime/kubernetes/kube_client.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/whole_file.hpp"
#include "runtime/http/client/retry_after.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/base64.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/base/utf8.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr auto token_age = 60s;
constexpr int most_throttles = 5;
constexpr auto longest_throttle = 30s;
/// Enough for a page of 500 large Pods; a longer answer is cut.
constexpr size_t longest_answer = 64 << 20;

std::string without_end(std::string text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ')
    text.pop_back();
  return text;
}

/// Makes the API's words fit for a message of one line.
std::string one_line(std::string text) {
  constexpr size_t longest = 1000;
  auto cut = text.size() > longest;
  text.resize(cut_bytes(text, longest).size());
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < ' ' || c == '\x7F')
      c = ' ';
  return without_end(std::move(text)) + (cut ? "…" : "");
}

/// @returns whether the API asks for the same call again, later.
bool asks_to_wait(const api_answer& answer) {
  constexpr long too_many = 429;
  constexpr long unavailable = 503;
  return answer.status == too_many
         || (answer.status == unavailable && !answer.retry_after.empty());
}

std::chrono::milliseconds throttle_time(const api_answer& answer) {
  return std::clamp<std::chrono::milliseconds>(
      parse_retry_after(answer.retry_after).value_or(1s), 100ms,
      longest_throttle);
}

} // namespace

kube_client::kube_client(const kube_access& access, kube_counts_ptr counts)
    : access_{access},
      counts_{std::move(counts)},
      client_{{access.authorities, access.certificate, access.key,
               access.insecure, access.tls_server_name}} {}

result<api_answer> kube_client::call(const kube_request& request) {
  auto renewed = false;
  for (int throttles = 0;;) {
    auto answer = send(request);
    if (!answer)
      return answer;
    if (answer->status == 401 && !access_.token_file.empty() && !renewed) {
      renewed = true;
      std::ignore = authorization(/*anew*/ true);
    } else if (asks_to_wait(*answer) && request.patient
               && throttles < most_throttles) {
      ++throttles;
      ++counts_->throttled;
      pause(throttle_time(*answer));
    } else {
      return answer;
    }
  }
}

result<api_answer> kube_client::send(const kube_request& request) {
  api_request out;
  out.method = request.method;
  out.url = access_.server + request.path;
  out.headers = {"Accept: " + request.accept};
  if (auto who = authorization(/*anew*/ false); !who.empty())
    out.headers.push_back("Authorization: " + who);
  if (!request.body.empty())
    out.headers.push_back("Content-Type: " + request.content_type);
  out.body = request.body;
  out.connect_timeout = request.connect_timeout;
  out.answer_timeout = request.answer_timeout;
  out.silence_timeout = request.silence_timeout;
  out.longest_answer = longest_answer;
  out.on_body = request.on_body;
  out.go_on = request.go_on;
  ++counts_->requests;
  auto answer = client_.send(out);
  if (!answer || answer->status >= 500)
    ++counts_->failed;
  if (answer && answer->cut)
    return failure{ec::service_unavailable,
                   "Kubernetes: an answer of more than 64 MiB"};
  return answer;
}

std::string kube_client::authorization(bool anew) {
  if (!access_.username.empty())
    return "Basic " + to_base64(access_.username + ":" + access_.password);
  if (access_.token_file.empty())
    return access_.token.empty() ? "" : "Bearer " + access_.token;
  auto now = clock::now();
  if (anew || token_.empty() || now - token_read_at_ > token_age) {
    auto read = read_whole_file(access_.token_file);
    token_read_at_ = now;
    auto text = read ? without_end(*std::move(read)) : std::string{};
    if (text.empty())
      log::warn("the token for Kubernetes cannot be read from {}",
                access_.token_file);
    else
      token_ = std::move(text);
  }
  return token_.empty() ? "" : "Bearer " + token_;
}

failure to_kube_failure(const std::string& what, const api_answer& answer) {
  auto status =
      nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions*/ false);
  auto reason = one_line(text_at(status, "reason"));
  auto code = ec::service_unavailable;
  switch (answer.status) {
  case 404:
    code = ec::not_found;
    break;
  case 409:
    // Another conflict passes: the object is changing.
    if (reason == "AlreadyExists")
      code = ec::already_exists;
    break;
  case 400:
  case 413:
  case 422:
    code = ec::invalid_argument;
    break;
  case 429:
    code = ec::too_busy;
    break;
  default:
    if (answer.status >= 400 && answer.status < 500)
      code = ec::system_failed;
    break;
  }
  auto words = one_line(text_at(status, "message"));
  if (words.empty() && !answer.body.empty())
    words = excerpt(answer.body);
  return {code, "Kubernetes: cannot " + what + ": HTTP "
                    + std::to_string(answer.status)
                    + (reason.empty() ? "" : " " + reason)
                    + (words.empty() ? "" : ": " + words)};
}

namespace {

/// @returns what the API's own quota says of a Secret that it refuses, e.g.
/// `exceeded quota: none, requested: secrets=1, …`, which quotes no content. A
/// webhook's message begins otherwise. Empty: it is not the quota's.
std::string words_of_quota(const std::string& message) {
  constexpr std::string_view behind_name = "\" is forbidden: ";
  constexpr std::string_view begin = "secrets \"";
  const auto at = message.find(behind_name);
  if (!message.starts_with(begin) || at == std::string::npos
      || message.find('"', begin.size()) != at)
    return {};
  auto words = message.substr(at + behind_name.size());
  return words.starts_with("exceeded quota: ") ? words : std::string{};
}

} // namespace

failure to_silent_failure(const std::string& what, const api_answer& answer) {
  auto out = to_kube_failure(what, answer);
  const auto body =
      nlohmann::json::parse(answer.body, nullptr, /*allow_exceptions*/ false);
  auto reason = text_at(body, "reason");
  const auto quota = one_line(words_of_quota(text_at(body, "message")));
  auto is_word = std::all_of(reason.begin(), reason.end(), [](char c) {
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
  });
  constexpr size_t longest_word = 40;
  out.what = "Kubernetes: cannot " + what + ": HTTP "
             + std::to_string(answer.status)
             + (reason.empty() || !is_word || reason.size() > longest_word
                    ? ""
                    : " " + reason)
             + (quota.empty() ? "" : ": " + quota);
  return out;
}

std::string label_selector(std::string_view label, std::string_view value) {
  std::string escaped{label};
  escaped.replace(escaped.find('/'), 1, "%2F");
  return "labelSelector=" + escaped + "%3D" + std::string{value};
}

} // namespace motorcade
