#include "runtime/connector_environment.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace motorcade {

namespace {

/// Each program's, whoever wrote it.
constexpr std::string_view common[] = {
    "PATH",     "HOME",     "USER", "LOGNAME", "SHELL",
    "PWD",      "HOSTNAME", "TERM", "TZ",      "LANG",
    "LANGUAGE", "TMPDIR",   "TMP",  "TEMP",    "LD_LIBRARY_PATH"};

/// The way to the network: proxies, and whom to trust.
constexpr std::string_view network[] = {"HTTP_PROXY",
                                        "HTTPS_PROXY",
                                        "ALL_PROXY",
                                        "NO_PROXY",
                                        "FTP_PROXY",
                                        "http_proxy",
                                        "https_proxy",
                                        "all_proxy",
                                        "no_proxy",
                                        "ftp_proxy",
                                        "SSL_CERT_FILE",
                                        "SSL_CERT_DIR",
                                        "CURL_CA_BUNDLE",
                                        "REQUESTS_CA_BUNDLE",
                                        "NODE_EXTRA_CA_CERTS",
                                        "GIT_SSL_CAINFO",
                                        "PIP_CERT"};

/// Where the languages and containers that connectors are made of find their
/// parts.
constexpr std::string_view runtimes[] = {
    "PYTHONPATH",       "PYTHONHOME",
    "PYTHONUNBUFFERED", "PYTHONUTF8",
    "PYTHONIOENCODING", "VIRTUAL_ENV",
    "CONDA_PREFIX",     "JAVA_HOME",
    "JAVA_OPTS",        "JAVA_TOOL_OPTIONS",
    "NODE_PATH",        "NODE_OPTIONS",
    "GOROOT",           "GOPATH",
    "DOCKER_HOST",      "DOCKER_CONTEXT",
    "DOCKER_CONFIG",    "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY"};

template <class Names>
bool holds(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

} // namespace

bool is_for_every_program(std::string_view name) {
  return holds(common, name) || holds(network, name) || holds(runtimes, name)
         || name.starts_with("LC_") || name.starts_with("XDG_");
}

result<std::vector<std::string>>
make_connector_environment(const char* const* ours,
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
    if (is_for_every_program(name))
      chosen.emplace(name, value);
  for (const auto& word : passed) {
    auto equals = word.find('=');
    auto name = word.substr(0, equals);
    if (name.empty())
      return failure{ec::invalid_argument,
                     "--env wants NAME or NAME=value, not " + word};
    if (equals != std::string::npos) {
      chosen[name] = word.substr(equals + 1);
      continue;
    }
    auto found = all.find(name);
    if (found == all.end())
      return failure{ec::invalid_argument,
                     "--env " + name + ": there is no variable " + name
                         + " to pass on; --env " + name + "=value sets one"};
    chosen[name] = found->second;
  }
  std::vector<std::string> out;
  for (const auto& [name, value] : chosen)
    out.push_back(name + "=" + value);
  return out;
}

} // namespace motorcade
