#include "schema/catalog/destination_reach.hpp"

#include "schema/catalog/destination_kind.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/json/json_view.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace motorcade {

namespace {

failure refused(std::string what) {
  return {ec::invalid_argument, "destinationConfig: " + std::move(what)};
}

/// @returns whether libpq takes the host for a socket, `/…` or `@…`, alone or
/// in a list.
bool names_socket(std::string_view host) {
  for (;;) {
    const auto comma = host.find(',');
    const auto one = host.substr(0, comma);
    const auto start = one.find_first_not_of(" \t");
    if (start == std::string_view::npos || one[start] == '/'
        || one[start] == '@')
      return true;
    if (comma == std::string_view::npos)
      return false;
    host.remove_prefix(comma + 1);
  }
}

/// Checks that certificates and keys are given as text.
result<void> check_certificates(const json_view& config) {
  for (const auto* name : {"sslServerCA", "sslClientCert", "sslClientKey"}) {
    const auto text = config.text_at(name);
    if (!text.empty() && text.find("-----BEGIN") == std::string::npos)
      return refused(std::string{name}
                     + " must be the PEM text itself, not a path of this "
                       "machine");
  }
  return {};
}

result<void> check_postgres(const json_view& config) {
  // A missing host is reported when the config is read.
  if (const auto host = config.text_at("host");
      !host.empty() && names_socket(host))
    return refused("host must be a name or an address: a socket of this "
                   "machine would log in as the user of syncctl");
  return check_certificates(config);
}

/// @returns whether the path lies below the folder, however it is written.
bool is_below(std::string_view path, std::string_view folder) {
  if (!path.starts_with(folder) || path.size() <= folder.size()
      || path[folder.size()] != '/')
    return false;
  for (auto rest = path; !rest.empty();) {
    const auto slash = rest.find('/');
    if (rest.substr(0, slash) == "..")
      return false;
    rest.remove_prefix(slash == std::string_view::npos ? rest.size()
                                                       : slash + 1);
  }
  return true;
}

result<void> check_path(const json_view& config, std::string_view name,
                        std::string_view folder) {
  const auto path = config.text_at(name);
  if (path.empty() || is_below(path, folder))
    return {};
  return refused(std::string{name} + " must lie below " + std::string{folder}
                 + " (rows in SYNCCTL_DATA_DIR)");
}

} // namespace

std::string place_destination(std::string_view config,
                              std::string_view folder) {
  const auto kind = kind_of_destination(config);
  if (!kind || !is_local(*kind) || folder.empty())
    return std::string{config};
  const auto* name = *kind == destination_kind::sqlite ? "path" : "folder";
  const auto path = json_view{config}.text_at(name);
  if (path.empty() || path.starts_with('/'))
    return std::string{config};
  auto tree = nlohmann::ordered_json::parse(config);
  tree[name] = std::string{folder} + '/' + path;
  return write_json(tree);
}

result<void> check_destination_reach(std::string_view config,
                                     std::string_view folder) {
  const auto kind = kind_of_destination(config);
  if (!kind)
    return kind.error();
  switch (*kind) {
  case destination_kind::postgres:
    return check_postgres(json_view{config});
  case destination_kind::mysql:
    // A host of MySQL never means a socket here.
    return check_certificates(json_view{config});
  case destination_kind::sqlite:
    return check_path(json_view{config}, "path", folder);
  case destination_kind::file:
    return check_path(json_view{config}, "folder", folder);
  case destination_kind::clickhouse:
  case destination_kind::s3:
  case destination_kind::gcs:
  case destination_kind::unsaid:
    break;
  }
  return {};
}

} // namespace motorcade
