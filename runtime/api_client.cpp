#include "runtime/api_client.hpp"

#include "runtime/curl_library.hpp"
#include "runtime/digest.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace motorcade {

namespace {

constexpr size_t longest_body = 64 << 10;

struct list_deleter {
  void operator()(curl_slist* list) const noexcept {
    curl_slist_free_all(list);
  }
};

using header_list = std::unique_ptr<curl_slist, list_deleter>;

void append(header_list& list, const std::string& line) {
  auto* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr)
    throw std::bad_alloc{};
  // The head stays the same but for the first.
  if (!list)
    list.reset(longer);
}

size_t take_body(char* from, size_t size, size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  auto bytes = size * count;
  body.append(from, std::min(bytes, longest_body - body.size()));
  return bytes;
}

/// What may end a call.
struct brake {
  const std::atomic<bool>& cancelled;
  const std::function<bool()>& go_on;
};

int look_at_brake(void* brakes, curl_off_t, curl_off_t, curl_off_t,
                  curl_off_t) {
  const auto& [cancelled, go_on] = *static_cast<brake*>(brakes);
  return cancelled || (go_on && !go_on()) ? 1 : 0;
}

} // namespace

void api_client::handle_deleter::operator()(void* handle) const noexcept {
  curl_easy_cleanup(handle);
}

api_client::api_client() {
  prepare_curl();
  handle_.reset(curl_easy_init());
  if (!handle_)
    throw std::runtime_error{"no memory for an HTTP client"};
}

api_client::~api_client() = default;

result<api_answer> api_client::send(const api_request& request) {
  if (cancelled_)
    return failure{ec::cancelled, "the call was cancelled"};
  auto* easy = handle_.get();
  curl_easy_reset(easy);
  api_answer answer;
  std::array<char, CURL_ERROR_SIZE> reason{};
  header_list headers;
  for (const auto& line : request.headers)
    append(headers, line);
  std::string signing;
  std::string keys;
  auto set = [&](CURLoption option, auto value) {
    if (curl_easy_setopt(easy, option, value) != CURLE_OK)
      throw std::bad_alloc{};
  };
  if (request.sign != nullptr) {
    signing = "aws:amz:" + request.sign->region + ":s3";
    keys = request.sign->access_key_id + ':' + request.sign->secret_access_key;
    append(headers, "x-amz-content-sha256: " + sha256_hex(request.body));
    if (!request.sign->session_token.empty())
      append(headers, "x-amz-security-token: " + request.sign->session_token);
    // libcurl would sign a header `Expect` that is only there to be left out.
    set(CURLOPT_AWS_SIGV4, signing.c_str());
    set(CURLOPT_USERPWD, keys.c_str());
  } else {
    // Not to wait a second for a `100 Continue` that few servers send.
    append(headers, "Expect:");
  }
  set(CURLOPT_ERRORBUFFER, reason.data());
  set(CURLOPT_URL, request.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (!request.body.empty() || request.method != "GET") {
    set(CURLOPT_POSTFIELDS, request.body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE,
        static_cast<curl_off_t>(request.body.size()));
  }
  set(CURLOPT_HTTPHEADER, headers.get());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_TCP_NODELAY, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(request.connect_timeout.count()));
  set(CURLOPT_TIMEOUT_MS,
      static_cast<long>(
          (request.connect_timeout + request.answer_timeout).count()));
  set(CURLOPT_WRITEFUNCTION, &take_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&answer.body));
  set(CURLOPT_NOPROGRESS, 0L);
  brake brakes{cancelled_, request.go_on};
  set(CURLOPT_XFERINFOFUNCTION, &look_at_brake);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(&brakes));
  auto authorities = find_certificates();
  if (!authorities.file.empty())
    set(CURLOPT_CAINFO, authorities.file.c_str());
  if (!authorities.directory.empty())
    set(CURLOPT_CAPATH, authorities.directory.c_str());
  auto code = curl_easy_perform(easy);
  if (code == CURLE_ABORTED_BY_CALLBACK)
    return failure{ec::cancelled, "the call was cancelled"};
  if (code != CURLE_OK)
    return failure{
        ec::service_unavailable,
        host_of(request.url) + ": "
            + (reason[0] != '\0' ? reason.data() : curl_easy_strerror(code))};
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
  return answer;
}

std::string host_of(std::string_view url) {
  auto scheme = url.find("://");
  if (scheme != std::string_view::npos)
    url.remove_prefix(scheme + 3);
  url = url.substr(0, url.find_first_of("/?#"));
  auto user = url.rfind('@');
  if (user != std::string_view::npos)
    url.remove_prefix(user + 1);
  return std::string{url};
}

} // namespace motorcade
