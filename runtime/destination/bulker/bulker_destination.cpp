#include "runtime/destination/bulker/bulker_destination.hpp"

#include "runtime/base/text.hpp"
#include "runtime/destination/bulker/refusing_body.hpp"
#include "runtime/destination/bulker/warehouse_away.hpp"
#include "runtime/http/client/retry_after.hpp"
#include "schema/base/excerpt.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <exception>
#include <set>
#include <string>

namespace motorcade {

namespace {

// Bulker reads lines into a buffer of 1 MiB, which must hold the newline, too.
constexpr size_t longest_row = (1 << 20) - 1;
constexpr size_t shown_answer = 500;
/// The bytes of the send buffers of all uploads. One needs no more than a slab
/// holds for it.
constexpr size_t send_buffers_bytes = 2 << 20;

/// A URL taken apart by libcurl, as libcurl will do when the URL is used.
class parsed_url {
public:
  explicit parsed_url(const std::string& text, unsigned int flags = 0)
      : handle_{curl_url()} {
    if (handle_ != nullptr
        && curl_url_set(handle_, CURLUPART_URL, text.c_str(), flags)
               != CURLUE_OK) {
      curl_url_cleanup(handle_);
      handle_ = nullptr;
    }
  }

  ~parsed_url() { curl_url_cleanup(handle_); }

  parsed_url(const parsed_url&) = delete;
  parsed_url& operator=(const parsed_url&) = delete;

  explicit operator bool() const { return handle_ != nullptr; }

  std::string get(CURLUPart part) const {
    char* text = nullptr;
    if (curl_url_get(handle_, part, &text, 0) != CURLUE_OK)
      return {};
    std::string out{text};
    curl_free(text);
    return out;
  }

  void clear(CURLUPart part) { curl_url_set(handle_, part, nullptr, 0); }

private:
  CURLU* handle_;
};

bool is_this_host(const std::string& host) {
  return host == "localhost" || host.starts_with("127.") || host == "[::1]";
}

failure unusable(std::string why) {
  return {ec::invalid_argument, "BULKER_URL " + std::move(why)};
}

/// @returns the target of a redirect, without what may be confidential in it.
std::string show_location(const std::string& location) {
  parsed_url url{location};
  if (!url)
    return location.substr(0, location.find_first_of("?#"));
  url.clear(CURLUPART_QUERY);
  url.clear(CURLUPART_FRAGMENT);
  url.clear(CURLUPART_USER);
  url.clear(CURLUPART_PASSWORD);
  return url.get(CURLUPART_URL);
}

bool may_pass_later(const http_answer& answer) {
  return answer.status == 408 || answer.status == 429 || answer.status >= 500
         || (answer.status == 400 && warehouse_is_away(answer.body));
}

class bulker_upload : public upload {
public:
  explicit bulker_upload(http_body body) : body_{std::move(body)} {}

  ~bulker_upload() override { body_.abandon(); }

  void write(block_ptr rows) override { body_.write(std::move(rows)); }

  void finish() override { body_.finish(); }

  void abort() override { body_.abort(); }

private:
  http_body body_;
};

} // namespace

upload_outcome judge(const http_answer& answer, std::string_view target,
                     std::string_view token) {
  upload_outcome out;
  auto fail = [&](ec code, std::string_view what) {
    auto text = std::string{target} + ": " + std::string{what};
    out.error = failure{code, mask(text, token)};
  };
  switch (answer.end) {
  case http_end::cancelled:
    fail(ec::cancelled, answer.reason);
    return out;
  case http_end::unreachable:
    fail(ec::destination_unavailable, answer.reason);
    return out;
  case http_end::refused:
    fail(ec::destination_rejected, answer.reason);
    return out;
  case http_end::answered_early:
    fail(ec::destination_unavailable,
         std::to_string(answer.status) + ", " + answer.reason);
    return out;
  case http_end::answered:
    break;
  }
  if (answer.status == 200 && answer.is_cut) {
    // The part that is missing may have said no: Bulker's verdict is unknown,
    // as after an answer that was lost.
    fail(ec::destination_unavailable, "200, " + answer.reason);
    return out;
  }
  if (answer.status == 200 && !says_no(answer.body))
    return out;
  auto what = std::to_string(answer.status);
  if (answer.status >= 300 && answer.status < 400) {
    auto location =
        excerpt(mask(show_location(answer.location), token), shown_answer);
    what += ", a redirect to "
            + (location.empty() ? "nowhere" : std::move(location))
            + ", which is not followed: correct BULKER_URL";
  } else if (auto body = excerpt(mask(answer.body, token), shown_answer);
             !body.empty()) {
    what += ": " + std::move(body);
  }
  if (may_pass_later(answer)) {
    fail(ec::destination_unavailable, what);
    out.retry_after = parse_retry_after(answer.retry_after);
  } else {
    fail(ec::destination_rejected, what);
  }
  return out;
}

result<destination_ptr>
bulker_destination::make(const destination_settings& settings) {
  parsed_url url{settings.url};
  if (!url)
    return unusable("is not a valid URL");
  auto scheme = url.get(CURLUPART_SCHEME);
  if (scheme != "http" && scheme != "https")
    return unusable("must begin with http:// or https://");
  if (!url.get(CURLUPART_USER).empty() || !url.get(CURLUPART_PASSWORD).empty())
    return unusable("must not hold a user or password; set BULKER_AUTH_TOKEN");
  if (settings.url.find_first_of("?#") != std::string::npos)
    return unusable("must not hold a query or a fragment");
  bool plain =
      std::all_of(settings.auth_token.begin(), settings.auth_token.end(),
                  [](char c) { return c > ' ' && c <= '~'; });
  if (!plain)
    return failure{ec::invalid_argument,
                   "BULKER_AUTH_TOKEN holds a blank, a control character or a "
                   "character beyond ASCII"};
  auto base = settings.url;
  base.resize(base.find_last_not_of('/') + 1);
  try {
    return destination_ptr{new bulker_destination{
        settings, std::move(base), is_this_host(url.get(CURLUPART_HOST))}};
  } catch (const std::exception& e) {
    return failure{ec::system_failed,
                   std::string{"cannot start the HTTP client: "} + e.what()};
  }
}

bulker_destination::bulker_destination(destination_settings settings,
                                       std::string base, bool direct)
    : settings_{std::move(settings)}, base_{std::move(base)}, direct_{direct} {}

std::string bulker_destination::path(const upload_request& request) const {
  return base_ + "/bulk/" + percent_encode(request.connection_id);
}

upload_ptr bulker_destination::open(upload_request request,
                                    std::function<void(upload_outcome)> done) {
  http_upload post;
  post.url = path(request) + "?tableName=" + percent_encode(request.table)
             + "&mode=" + std::string{to_string(request.mode)}
             + "&taskId=" + percent_encode(request.task_id);
  // Bulker knows columns alone, of which two members may be one.
  std::set<std::string> columns;
  for (const auto& member : request.primary_key)
    if (columns.insert(member.joined()).second)
      post.url += "&pk=" + percent_encode(member.joined());
  if (request.to_same_case)
    post.url += "&toSameCase=true";
  post.headers = {"Content-Type: application/x-ndjson",
                  "User-Agent: motorcade"};
  if (!settings_.auth_token.empty())
    post.headers.push_back("Authorization: Bearer " + settings_.auth_token);
  if (!request.schema.empty())
    post.headers.push_back("X-Jitsu-Schema: " + request.schema);
  post.abort_row = "ABORT\n";
  post.send_buffer_bytes = std::clamp<size_t>(
      send_buffers_bytes / std::max<size_t>(settings_.uploads, 1), 32 << 10,
      512 << 10);
  post.direct = direct_;
  post.stall_timeout = settings_.stall_timeout;
  post.response_timeout = settings_.response_timeout;
  // The handler may outlive this object, and only the engine outlives the
  // handler: it copies what it needs.
  auto handler = [target = "POST " + path(request),
                  token = settings_.auth_token,
                  tell = std::move(done)](const http_answer& answer) {
    tell(judge(answer, target, token));
  };
  return std::make_unique<bulker_upload>(
      engine_.post(std::move(post), std::move(handler)));
}

std::string bulker_destination::locate(const upload_request& request) const {
  return path(request) + "?tableName=" + percent_encode(request.table);
}

size_t bulker_destination::max_row_bytes() const {
  return longest_row;
}

commit_pace bulker_destination::pace() const {
  return {};
}

} // namespace motorcade
