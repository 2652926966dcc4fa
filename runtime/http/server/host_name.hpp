#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// A host and perhaps a port, as a URL and the header `Host` have them.
struct host_and_port {
  /// In lower case; an address of IPv6 without its brackets.
  std::string host;
  std::optional<uint16_t> port;

  bool operator==(const host_and_port&) const = default;
};

/// @returns nothing if the text is not `host` or `host:port`. Empty hosts, user
/// names, paths and blanks are refused; IPv6 stands in brackets.
std::optional<host_and_port> parse_host(std::string_view text);

/// @returns whether the host, without a port and brackets, is an address.
bool is_ip_address(const std::string& host);

/// @returns whether the host, without a port and brackets, always is this
/// machine itself: `localhost`, what ends in `.localhost`, 127.0.0.0/8, ::1.
bool is_loopback_name(const std::string& host);

} // namespace motorcade
