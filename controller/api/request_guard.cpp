#include "controller/api/request_guard.hpp"

#include "runtime/http/server/host_name.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/trim.hpp"

#include <algorithm>
#include <vector>

namespace motorcade {

namespace {

/// @returns the values of all headers of that name, taken apart at commas.
std::vector<std::string_view> values_of(const http_fields& headers,
                                        std::string_view name) {
  std::vector<std::string_view> out;
  for (const auto& [key, value] : headers) {
    if (key != name)
      continue;
    std::string_view rest = value;
    for (;;) {
      auto comma = std::min(rest.find(','), rest.size());
      out.push_back(trim(rest.substr(0, comma), header_blanks));
      if (comma == rest.size())
        break;
      rest.remove_prefix(comma + 1);
    }
  }
  return out;
}

std::string_view first_of(const http_fields& headers, std::string_view name) {
  auto all = values_of(headers, name);
  return all.empty() ? std::string_view{} : all.front();
}

/// @returns host and port as they are without a word of the port.
std::optional<host_and_port> with_port(std::string_view authority,
                                       std::string_view scheme) {
  auto out = parse_host(authority);
  if (out && !out->port)
    out->port = scheme == "https" ? 443 : 80;
  return out;
}

/// @returns whether a page of that origin is ours.
bool is_own_origin(std::string_view origin, const http_fields& headers) {
  auto scheme = ascii_lower(first_of(headers, "x-forwarded-proto"));
  if (scheme.empty())
    scheme = "http";
  auto own = first_of(headers, "x-forwarded-host");
  if (own.empty())
    own = first_of(headers, "host");
  auto mark = origin.find("://");
  if (mark == std::string_view::npos
      || ascii_lower(origin.substr(0, mark)) != scheme)
    return false;
  auto theirs = with_port(origin.substr(mark + 3), scheme);
  return theirs && theirs == with_port(own, scheme);
}

/// @returns whether the client says that it is a browser. The name of each
/// begins with `Mozilla/`, or, of very old ones, with `Opera/`.
bool is_browser(const http_fields& headers) {
  auto agent = first_of(headers, "user-agent");
  return agent.starts_with("Mozilla/") || agent.starts_with("Opera/");
}

/// @returns whether the client says that it is a program, e.g. `curl/8.0`.
bool is_no_browser(const http_fields& headers) {
  return !first_of(headers, "user-agent").empty() && !is_browser(headers);
}

bool is_sent_unasked(std::string_view content_type,
                     const http_fields& headers) {
  auto essence = ascii_lower(
      trim(content_type.substr(0, content_type.find(';')), header_blanks));
  return essence == "text/plain" || essence == "multipart/form-data"
         || (essence == "application/x-www-form-urlencoded"
             && !is_no_browser(headers));
}

bool is_own_host(std::string_view host, exposure open_to) {
  auto parsed = parse_host(host);
  return parsed
         && (is_loopback_name(parsed->host)
             || (open_to == exposure::anonymous
                 && is_ip_address(parsed->host)));
}

} // namespace

std::optional<std::string> refuse_request(std::string_view method,
                                          const http_fields& headers,
                                          exposure open_to) {
  for (auto origin : values_of(headers, "origin"))
    if (!is_own_origin(origin, headers))
      return "the header Origin names another origin than this one: pages of "
             "others may not ask here; a proxy that ends TLS must send "
             "X-Forwarded-Proto, and X-Forwarded-Host where it changes Host";
  for (auto site : values_of(headers, "sec-fetch-site"))
    if (auto word = ascii_lower(site); word != "same-origin" && word != "none")
      return "a page of another origin has caused this request (header "
             "Sec-Fetch-Site): open the address itself in the browser";
  if (open_to == exposure::tokens)
    return {};
  if (open_to != exposure::pod)
    for (auto host : values_of(headers, "host"))
      if (!is_own_host(host, open_to))
        return "without tokens only names of this machine are served, such as "
               "localhost, and the header Host names another: ask "
               "127.0.0.1, or set SYNCCTL_AUTH_TOKENS";
  if (method == "POST")
    for (auto type : values_of(headers, "content-type"))
      if (is_sent_unasked(type, headers))
        return "without tokens a body must be declared as Content-Type: "
               "application/json, and not as what any web page can send (curl: "
               "--json in place of --data)";
  return {};
}

std::optional<std::string> refuse_acting_get(const http_fields& headers,
                                             exposure open_to) {
  if (open_to == exposure::tokens || !is_browser(headers)
      || !values_of(headers, "sec-fetch-site").empty())
    return {};
  return "without tokens a browser's GET starts and ends nothing, since any "
         "web page can cause one: use syncctl's own page, curl, or POST "
         "/cancel, or set SYNCCTL_AUTH_TOKENS";
}

} // namespace motorcade
