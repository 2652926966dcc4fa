#include "runtime/http/client/api_client.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/digest.hpp"
#include "runtime/http/client/curl_library.hpp"
#include "runtime/http/client/request_signature.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/trim.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <stdexcept>

namespace motorcade {

namespace {

/// The place that takes an answer.
struct answer_sink {
  CURL* easy;
  const api_request& request;
  api_answer& answer;
};

size_t take_body(char* from, size_t size, size_t count, void* to) {
  auto& [easy, request, answer] = *static_cast<answer_sink*>(to);
  auto bytes = size * count;
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
  if (request.on_body && answer.fine()) {
    request.on_body({from, bytes});
    return bytes;
  }
  auto room = request.longest_answer
              - std::min(request.longest_answer, answer.body.size());
  answer.body.append(from, std::min(bytes, room));
  answer.cut = answer.cut || bytes > room;
  return bytes;
}

/// @returns the value of a line of the head, if it has that name in lower case.
std::optional<std::string_view> header_value(std::string_view line,
                                             std::string_view name) {
  auto same = line.size() > name.size() && line[name.size()] == ':'
              && std::equal(name.begin(), name.end(), line.begin(),
                            [](char a, char b) { return a == ascii_lower(b); });
  return same ? std::optional{trim(line.substr(name.size() + 1))}
              : std::nullopt;
}

size_t take_header(char* from, size_t size, size_t count, void* to) {
  std::string_view line{from, size * count};
  auto& answer = static_cast<answer_sink*>(to)->answer;
  if (auto value = header_value(line, "retry-after"))
    answer.retry_after = *value;
  else if (auto tag = header_value(line, "etag"))
    answer.etag = *tag;
  else if (auto time = header_value(line, "last-modified"))
    answer.last_modified = *time;
  return size * count;
}

/// A streamed body and how much of it libcurl has.
struct body_source {
  const api_body& body;
  uint64_t offset = 0;
};

size_t give_body(char* to, size_t size, size_t count, void* from) {
  auto& source = *static_cast<body_source*>(from);
  auto room =
      std::min<uint64_t>(size * count, source.body.size - source.offset);
  if (room == 0)
    return 0;
  auto given = source.body.read(source.offset, to, static_cast<size_t>(room));
  source.offset += given;
  return given > 0 ? given : CURL_READFUNC_ABORT;
}

int rewind_body(void* from, curl_off_t offset, int origin) {
  auto& source = *static_cast<body_source*>(from);
  if (origin != SEEK_SET || offset < 0
      || static_cast<uint64_t>(offset) > source.body.size)
    return CURL_SEEKFUNC_FAIL;
  source.offset = static_cast<uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

curl_blob blob_of(const std::string& text) {
  return {const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY};
}

/// The conditions that end a call early.
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

void api_client::multi_deleter::operator()(void* multi) const noexcept {
  curl_multi_cleanup(multi);
}

api_client::api_client(tls_identity identity) : identity_{std::move(identity)} {
  prepare_curl();
  multi_.reset(curl_multi_init());
  handle_.reset(curl_easy_init());
  if (!multi_ || !handle_)
    throw std::runtime_error{"no memory for an HTTP client"};
}

api_client::~api_client() = default;

void api_client::cancel() {
  cancelled_ = true;
  curl_multi_wakeup(multi_.get());
}

int api_client::perform() {
  // The interval of calls of `go_on` while nothing happens.
  constexpr int longest_wait = 1000;
  auto* multi = multi_.get();
  if (curl_multi_add_handle(multi, handle_.get()) != CURLM_OK)
    return CURLE_OUT_OF_MEMORY;
  auto code = CURLE_OK;
  for (auto over = false; !over;) {
    int running = 0;
    // libcurl asks the brake in here, too.
    auto trouble = curl_multi_perform(multi, &running);
    if (trouble == CURLM_OK && running > 0)
      trouble = curl_multi_poll(multi, nullptr, 0, longest_wait, nullptr);
    if (trouble != CURLM_OK) {
      code = CURLE_OUT_OF_MEMORY;
      break;
    }
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi, &left))
      if (message->msg == CURLMSG_DONE) {
        code = message->data.result;
        over = true;
      }
    if (!over && cancelled_) {
      code = CURLE_ABORTED_BY_CALLBACK;
      over = true;
    }
  }
  // This closes the connection of a call that is not over.
  curl_multi_remove_handle(multi, handle_.get());
  return code;
}

result<api_answer> api_client::send(const api_request& request) {
  if (cancelled_)
    return failure{ec::cancelled, "the call was cancelled"};
  auto* easy = handle_.get();
  curl_easy_reset(easy);
  api_answer answer;
  std::array<char, CURL_ERROR_SIZE> reason{};
  curl_list headers;
  auto set = [&](CURLoption option, auto value) {
    if (curl_easy_setopt(easy, option, value) != CURLE_OK)
      throw std::bad_alloc{};
  };
  if (request.sign != nullptr) {
    const auto sum = request.streamed != nullptr ? request.streamed->sha256
                                                 : sha256_hex(request.body);
    for (const auto& line : signed_headers(request, sum, utc_now()))
      append(headers, line);
    // libcurl would send a path without its `..`, and the signature is of the
    // path with them.
    set(CURLOPT_PATH_AS_IS, 1L);
  } else {
    for (const auto& line : request.headers)
      append(headers, line);
    // Without this, libcurl waits a second for a `100 Continue` that few
    // servers send. Object stores send it.
    append(headers, "Expect:");
  }
  set(CURLOPT_ERRORBUFFER, reason.data());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  std::optional<body_source> source;
  if (request.streamed != nullptr) {
    source.emplace(body_source{*request.streamed});
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDSIZE_LARGE,
        static_cast<curl_off_t>(request.streamed->size));
    set(CURLOPT_READFUNCTION, &give_body);
    set(CURLOPT_READDATA, static_cast<void*>(&*source));
    set(CURLOPT_SEEKFUNCTION, &rewind_body);
    set(CURLOPT_SEEKDATA, static_cast<void*>(&*source));
  } else if (!request.body.empty() || request.method != "GET") {
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
  answer_sink sink{easy, request, answer};
  set(CURLOPT_WRITEFUNCTION, &take_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(&sink));
  set(CURLOPT_HEADERFUNCTION, &take_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(&sink));
  if (request.silence_timeout.count() > 0) {
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME,
        static_cast<long>(request.silence_timeout.count()));
  }
  set(CURLOPT_NOPROGRESS, 0L);
  brake brakes{cancelled_, request.go_on};
  set(CURLOPT_XFERINFOFUNCTION, &look_at_brake);
  set(CURLOPT_XFERINFODATA, static_cast<void*>(&brakes));
  auto authorities = certificates_of_environment();
  auto own_authorities = !identity_.authorities.empty();
  if (!authorities.file.empty() && !own_authorities)
    set(CURLOPT_CAINFO, authorities.file.c_str());
  if (!authorities.directory.empty() && !own_authorities)
    set(CURLOPT_CAPATH, authorities.directory.c_str());
  auto set_blob = [&](CURLoption option, const std::string& pem) {
    auto blob = blob_of(pem);
    if (!pem.empty())
      set(option, &blob);
  };
  set_blob(CURLOPT_CAINFO_BLOB, identity_.authorities);
  set_blob(CURLOPT_SSLCERT_BLOB, identity_.certificate);
  set_blob(CURLOPT_SSLKEY_BLOB, identity_.key);
  if (own_authorities)
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  if (identity_.insecure) {
    set(CURLOPT_SSL_VERIFYPEER, 0L);
    set(CURLOPT_SSL_VERIFYHOST, 0L);
  }
  curl_list detour;
  std::string url = request.url;
  if (!identity_.server_name.empty() && url.starts_with("https://")) {
    // The URL has the certificate's name; the connection goes to the host that
    // was meant.
    auto host = host_of(url);
    auto colon = host.rfind(':');
    auto has_port = colon != std::string::npos && host.back() != ']';
    auto port = has_port ? host.substr(colon) : ":443";
    url.replace(url.find(host), host.size(), identity_.server_name + port);
    append(detour, identity_.server_name + port + ":"
                       + (has_port ? host : host + port));
    set(CURLOPT_CONNECT_TO, detour.get());
  }
  set(CURLOPT_URL, url.c_str());
  auto code = static_cast<CURLcode>(perform());
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
