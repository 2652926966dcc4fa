#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motorcade {

/// The parts of `scheme://user:password@host:port/database?parameters`.
struct warehouse_url {
  /// Empty: not given.
  std::string user;
  /// Secret; empty: not given.
  std::string password;
  /// `host`, `host:port` or `[address]:port`, as it was given.
  std::string server;
  /// Empty: not given.
  std::string database;
  std::vector<std::pair<std::string, std::string>> parameters;
};

/// Takes a URL apart and decodes `%` in its parts.
/// @returns nothing if the text has another form.
std::optional<warehouse_url> parse_warehouse_url(std::string_view url);

/// @returns whether the text is a port's number.
bool is_port(std::string_view text);

/// A host and its port, if it has one.
struct server_address {
  /// Without the brackets of an address.
  std::string host;
  /// Empty: not given.
  std::string port;
};

/// Takes `host`, `host:port` or `[address]:port` apart.
/// @returns nothing if the host is empty or holds what no host has, or the port
/// is none.
std::optional<server_address> split_server(std::string_view server);

} // namespace motorcade
