#include "runtime/http/server/host_name.hpp"

#include "schema/base/ascii.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace motorcade {

namespace {

/// @returns whether a name or an address may have the character.
bool is_host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.'
         || c == '-' || c == '_';
}

std::optional<uint16_t> parse_port(std::string_view text) {
  uint16_t port = 0;
  auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size())
    return {};
  return port;
}

} // namespace

std::optional<host_and_port> parse_host(std::string_view text) {
  host_and_port out;
  auto lower = ascii_lower(text);
  std::string_view rest = lower;
  if (rest.starts_with('[')) {
    auto end = std::min(rest.find(']'), rest.size());
    out.host = rest.substr(1, end - 1);
    in6_addr address{};
    if (end == rest.size()
        || ::inet_pton(AF_INET6, out.host.c_str(), &address) != 1)
      return {};
    rest.remove_prefix(end + 1);
  } else {
    auto end = std::min(rest.find(':'), rest.size());
    out.host = rest.substr(0, end);
    if (out.host.empty()
        || !std::all_of(out.host.begin(), out.host.end(), is_host_character))
      return {};
    rest.remove_prefix(end);
  }
  if (rest.empty())
    return out;
  if (rest[0] != ':' || !(out.port = parse_port(rest.substr(1))))
    return {};
  return out;
}

bool is_ip_address(const std::string& host) {
  in6_addr bytes{};
  return ::inet_pton(AF_INET, host.c_str(), &bytes) == 1
         || ::inet_pton(AF_INET6, host.c_str(), &bytes) == 1;
}

bool is_loopback_name(const std::string& host) {
  in_addr four{};
  in6_addr six{};
  if (::inet_pton(AF_INET, host.c_str(), &four) == 1)
    return ntohl(four.s_addr) >> 24 == 127;
  if (::inet_pton(AF_INET6, host.c_str(), &six) == 1)
    return IN6_IS_ADDR_LOOPBACK(&six);
  return host == "localhost" || host.ends_with(".localhost");
}

} // namespace motorcade
