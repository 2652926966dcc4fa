#include "runtime/process/connector_environment.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace motorcade {

namespace {

/// Beginnings of our settings' names that may lead to a login, and of those by
/// which libraries find one: libpq, the clouds' tools, Vault, Kubernetes.
constexpr std::string_view kept_beginnings[] = {
    "BULKER_",  "DATABASE_URL", "SYNCCTL_", "WORKLOAD_",   "INTERNAL_API_",
    "CONSOLE_", "PG",           "AWS_",     "GOOGLE_",     "AZURE_",
    "MINIO_",   "DATAPLANE_",   "VAULT_",   "KUBERNETES_", "KUBECONFIG"};

/// Parts of the names of secrets, in capital letters.
constexpr std::string_view secret_parts[] = {
    "PASSWORD", "PASSWD",   "PASSPHRASE", "SECRET",  "TOKEN",
    "API_KEY",  "APIKEY",   "CREDENTIAL", "PRIVATE", "ACCESS_KEY",
    "_KEY",     "PASSFILE", "AUTH_SOCK",  "_DSN"};

bool holds_secret(std::string_view value,
                  const std::vector<std::string>& secrets) {
  // Shorter ones stand in ordinary values: `root` in HOME.
  constexpr size_t shortest = 8;
  return std::any_of(secrets.begin(), secrets.end(), [&](const auto& secret) {
    return secret.size() >= shortest
           && value.find(secret) != std::string_view::npos;
  });
}

} // namespace

bool is_kept_from_connectors(std::string_view name) {
  auto upper = std::string{name};
  for (auto& c : upper)
    c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  for (auto beginning : kept_beginnings)
    if (upper.starts_with(beginning))
      return true;
  for (auto part : secret_parts)
    if (upper.find(part) != std::string::npos)
      return true;
  return false;
}

result<std::vector<std::string>>
make_connector_environment(const char* const* ours,
                           const std::vector<std::string>& secrets,
                           const std::vector<std::string>& passed) {
  std::map<std::string, std::string, std::less<>> all;
  for (; *ours != nullptr; ++ours) {
    std::string_view pair{*ours};
    auto equals = pair.find('=');
    if (equals != std::string_view::npos)
      all.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  std::map<std::string, std::string, std::less<>> chosen;
  for (const auto& [name, value] : all)
    if (!is_kept_from_connectors(name) && !holds_secret(value, secrets))
      chosen.emplace(name, value);
  std::string wrong;
  auto refuse = [&wrong](const std::string& what) {
    wrong += (wrong.empty() ? "" : "\n") + what;
  };
  for (const auto& word : passed) {
    auto equals = word.find('=');
    auto name = word.substr(0, equals);
    if (name.empty()) {
      refuse("--env wants NAME or NAME=value, not " + word);
      continue;
    }
    if (equals != std::string::npos) {
      chosen[name] = word.substr(equals + 1);
      continue;
    }
    auto found = all.find(name);
    if (found == all.end())
      refuse("--env " + name + ": there is no variable " + name
             + " to pass on; --env " + name + "=value sets one");
    else
      chosen[name] = found->second;
  }
  if (!wrong.empty())
    return failure{ec::invalid_argument, std::move(wrong)};
  std::vector<std::string> out;
  out.reserve(chosen.size());
  for (const auto& [name, value] : chosen)
    out.push_back(name + "=" + value);
  return out;
}

} // namespace motorcade
