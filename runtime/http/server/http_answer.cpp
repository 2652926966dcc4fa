#include "runtime/http/server/http_answer.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/text.hpp"
#include "schema/base/ascii.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>
#include <typeinfo>

namespace motorcade {

namespace {

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= 64
         && std::all_of(text.begin(), text.end(), [](char c) {
              return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
                     || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
            });
}

void log_exception(const std::string& id, const char* type) {
  log::error("http request {}: an exception of the type {}", id, type);
}

/// RFC 9110's names of the statuses that are sent here.
const char* reason_of(int status) {
  switch (status) {
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 304:
    return "Not Modified";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 408:
    return "Request Timeout";
  case 409:
    return "Conflict";
  case 412:
    return "Precondition Failed";
  case 413:
    return "Content Too Large";
  case 429:
    return "Too Many Requests";
  case 500:
    return "Internal Server Error";
  case 502:
    return "Bad Gateway";
  case 503:
    return "Service Unavailable";
  default:
    return status < 400 ? "Done" : "Refused";
  }
}

} // namespace

std::string request_id(const http_head& head) {
  auto given = head.header("x-request-id");
  auto once = std::count_if(head.headers.begin(), head.headers.end(),
                            [](const auto& header) {
                              return header.first == "x-request-id";
                            })
              == 1;
  return once && is_request_id(given) ? std::string{given} : make_uuid();
}

std::string loggable(std::string_view target,
                     const std::optional<http_target>& parsed,
                     const std::set<std::string, std::less<>>& known) {
  constexpr size_t longest = 1000;
  std::string out{target.substr(0, target.find('?'))};
  auto mark = '?';
  if (parsed)
    for (const auto& [name, value] : parsed->query)
      out += std::exchange(mark, '&') + percent_encode(name) + '='
             + (known.contains(name) ? percent_encode(value) : "***");
  if (out.size() > longest)
    out = out.substr(0, longest) + "...";
  return out;
}

bool survive(const std::string& id, const std::function<void()>& f) {
  try {
    f();
    return true;
  } catch (const std::exception& thrown) {
    log_exception(id, typeid(thrown).name());
  } catch (...) {
    log_exception(id, "unknown");
  }
  return false;
}

std::string answer_head(const http_connection& of) {
  const auto& reply = of.reply;
  std::string out = "HTTP/1.1 " + std::to_string(reply.status) + ' '
                    + reason_of(reply.status) + "\r\n";
  auto add = [&](std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
  };
  add("Content-Type", reply.content_type);
  // HTTP/1.0 knows no chunks: there the end of the connection ends the answer.
  if (!reply.stream)
    add("Content-Length", std::to_string(reply.body.size()));
  else if (!of.old_version)
    add("Transfer-Encoding", "chunked");
  add("Connection", of.close ? "close" : "keep-alive");
  add("X-Request-Id", of.id);
  for (auto [name, value] : {std::pair{"Cache-Control", "no-store"},
                             std::pair{"X-Content-Type-Options", "nosniff"}})
    if (std::none_of(reply.headers.begin(), reply.headers.end(),
                     [wanted = std::string_view{name}](const auto& header) {
                       return equal_ignoring_case(header.first, wanted);
                     }))
      add(name, value);
  for (const auto& [name, value] : reply.headers)
    add(name, value);
  return out + "\r\n";
}

std::string_view error_code_of(int status) {
  switch (status) {
  case 400:
    return "bad_request";
  case 401:
    return "unauthorized";
  case 403:
    return "forbidden";
  case 404:
    return "not_found";
  case 405:
    return "method_not_allowed";
  case 408:
    return "request_timeout";
  case 409:
    return "conflict";
  case 412:
    return "precondition_failed";
  case 413:
    return "too_large";
  case 414:
    return "target_too_long";
  case 415:
    return "unsupported_encoding";
  case 417:
    return "unsupported_expectation";
  case 422:
    return "unusable_value";
  case 429:
    return "too_busy";
  case 431:
    return "headers_too_large";
  case 501:
    return "not_implemented";
  case 502:
    return "upstream_refused";
  case 503:
    return "unavailable";
  case 505:
    return "unsupported_version";
  default:
    return "internal_error";
  }
}

http_reply http_error(int status, std::string_view error,
                      std::string_view code) {
  http_reply out;
  out.status = status;
  out.body = R"({"ok":false,"error":)" + encode_json_string(error)
             + R"(,"code":")"
             + std::string{code.empty() ? error_code_of(status) : code} + "\"}";
  if (status == 429 || status == 503)
    out.headers.emplace_back("Retry-After", "5");
  return out;
}

} // namespace motorcade
