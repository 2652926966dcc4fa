#include "runtime/destination/warehouse/warehouse_url.hpp"

#include "runtime/base/text.hpp"
#include "schema/base/npos.hpp"

#include <algorithm>
#include <charconv>

namespace motorcade {

namespace {

/// Reads `user:password`.
bool read_user(std::string_view text, warehouse_url& out) {
  const auto colon = text.find(':');
  auto user = percent_decode(text.substr(0, colon));
  auto password = percent_decode(colon == npos ? "" : text.substr(colon + 1));
  if (!user || !password)
    return false;
  out.user = *std::move(user);
  out.password = *std::move(password);
  return true;
}

/// Reads `name=value&name=value`.
bool read_parameters(std::string_view text, warehouse_url& out) {
  while (!text.empty()) {
    const auto end = std::min(text.find('&'), text.size());
    const auto one = text.substr(0, end);
    const auto equals = one.find('=');
    auto name = percent_decode(one.substr(0, equals));
    auto value = percent_decode(equals == npos ? "" : one.substr(equals + 1));
    if (!name || name->empty() || !value)
      return false;
    out.parameters.emplace_back(*std::move(name), *std::move(value));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return true;
}

} // namespace

std::optional<warehouse_url> parse_warehouse_url(std::string_view url) {
  warehouse_url out;
  const auto scheme = url.find("://");
  if (scheme == npos)
    return std::nullopt;
  auto rest = url.substr(scheme + 3);
  const auto query = rest.find('?');
  if (query != npos && !read_parameters(rest.substr(query + 1), out))
    return std::nullopt;
  rest = rest.substr(0, query);
  const auto slash = rest.find('/');
  if (slash != npos) {
    auto name = rest.substr(slash + 1);
    // People end URLs of folders with a slash.
    while (name.ends_with('/'))
      name.remove_suffix(1);
    auto database = percent_decode(name);
    if (!database || database->find('/') != npos)
      return std::nullopt;
    out.database = *std::move(database);
  }
  rest = rest.substr(0, slash);
  if (const auto at = rest.rfind('@'); at != npos) {
    if (!read_user(rest.substr(0, at), out))
      return std::nullopt;
    rest.remove_prefix(at + 1);
  }
  out.server = rest;
  return out;
}

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto read =
      std::from_chars(text.data(), text.data() + text.size(), port);
  return read.ec == std::errc{} && read.ptr == text.data() + text.size()
         && port > 0 && port < 65'536;
}

std::optional<server_address> split_server(std::string_view server) {
  server_address out;
  const auto bracket = server.rfind(']');
  const auto colon = server.rfind(':');
  const auto has_port = colon != npos && (bracket == npos || colon > bracket);
  auto host = server.substr(0, has_port ? colon : npos);
  if (has_port) {
    out.port = server.substr(colon + 1);
    if (!is_port(out.port))
      return std::nullopt;
  }
  if (host.starts_with('[') && host.ends_with(']'))
    host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find_first_of("/@?# \t\r\n%[],") != npos)
    return std::nullopt;
  out.host = host;
  return out;
}

} // namespace motorcade
