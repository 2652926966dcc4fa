#include "runtime/kubernetes/kubeconfig.hpp"

#include "runtime/base/whole_file.hpp"
#include "schema/base/base64.hpp"

#include <yaml-cpp/yaml.h>

#include <filesystem>

namespace motorcade {

namespace {

/// An error in the config, in words for a person.
struct config_error {
  std::string what;
};

std::string read_file(const std::string& path) {
  auto text = read_whole_file(path);
  if (!text)
    throw config_error{text.error().what};
  return *std::move(text);
}

std::string decode_base64(const std::string& text, const std::string& name) {
  std::string packed;
  for (auto c : text)
    if (c != '\n' && c != '\r' && c != ' ')
      packed += c;
  auto out = from_base64(packed);
  if (!out)
    throw config_error{name + " is not base64"};
  return *std::move(out);
}

std::string text_of(const YAML::Node& node, const char* name) {
  if (!node.IsMap() || !node[name] || !node[name].IsScalar())
    return {};
  return node[name].as<std::string>();
}

/// @returns the entry of the list that has that `name`.
YAML::Node find_named(const YAML::Node& config, const char* list,
                      const std::string& name, const char* content) {
  const auto entries = config[list];
  if (entries && entries.IsSequence())
    for (const auto& entry : entries)
      if (text_of(entry, "name") == name && entry[content]
          && entry[content].IsMap())
        return entry[content];
  throw config_error{std::string{list} + " has no entry of the name \"" + name
                     + "\""};
}

std::string choose_context(const YAML::Node& config,
                           const std::string& wanted) {
  if (!wanted.empty())
    return wanted;
  if (auto current = text_of(config, "current-context"); !current.empty())
    return current;
  const auto all = config["contexts"];
  if (all && all.IsSequence() && all.size() == 1)
    return text_of(all[0], "name");
  throw config_error{"it has no current-context; name one with "
                     "SYNCCTL_KUBERNETES_CONTEXT"};
}

/// @returns the content of `<name>-data`, or of the file that `name` names.
std::string data_or_file(const YAML::Node& node, const std::string& name,
                         const std::string& folder) {
  auto data = text_of(node, (name + "-data").c_str());
  if (!data.empty())
    return decode_base64(data, name + "-data");
  auto path = text_of(node, name.c_str());
  // An absolute path stays as it is.
  return path.empty() ? path : read_file(std::filesystem::path{folder} / path);
}

std::string without_slash(std::string url) {
  while (url.ends_with('/'))
    url.pop_back();
  return url;
}

void read_cluster(kube_access& out, const YAML::Node& cluster,
                  const std::string& folder) {
  out.server = without_slash(text_of(cluster, "server"));
  if (!out.server.starts_with("https://") && !out.server.starts_with("http://"))
    throw config_error{"the cluster's server is no http(s) URL"};
  out.authorities = data_or_file(cluster, "certificate-authority", folder);
  out.insecure = text_of(cluster, "insecure-skip-tls-verify") == "true";
  out.tls_server_name = text_of(cluster, "tls-server-name");
  if (!text_of(cluster, "proxy-url").empty())
    throw config_error{"proxy-url is not supported; set https_proxy instead"};
}

void read_user(kube_access& out, const YAML::Node& user,
               const std::string& folder) {
  for (const auto* name : {"exec", "auth-provider"})
    if (user[name])
      throw config_error{std::string{name}
                         + " is not supported: use a token, a token file or a "
                           "client certificate"};
  for (const auto* name : {"as", "as-groups", "as-user-extra"})
    if (user[name])
      throw config_error{std::string{"impersonation ("} + name
                         + ") is not supported"};
  out.certificate = data_or_file(user, "client-certificate", folder);
  out.key = data_or_file(user, "client-key", folder);
  if (out.certificate.empty() != out.key.empty())
    throw config_error{"client-certificate and client-key go together"};
  out.token = text_of(user, "token");
  auto file = text_of(user, "tokenFile");
  // The file takes precedence over the token, as in kubectl.
  if (!file.empty()) {
    out.token_file = (std::filesystem::path{folder} / file).string();
    out.token.clear();
  }
  out.username = text_of(user, "username");
  out.password = text_of(user, "password");
}

} // namespace

result<kube_access> read_kubeconfig(const std::string& text,
                                    const std::string& folder,
                                    const std::string& context) {
  kube_access out;
  try {
    auto config = YAML::Load(text);
    if (!config.IsMap() || text_of(config, "kind") != "Config")
      throw config_error{"it is no object of the kind Config"};
    auto chosen = find_named(config, "contexts",
                             choose_context(config, context), "context");
    read_cluster(
        out,
        find_named(config, "clusters", text_of(chosen, "cluster"), "cluster"),
        folder);
    auto user = text_of(chosen, "user");
    if (!user.empty())
      read_user(out, find_named(config, "users", user, "user"), folder);
    out.name_space = text_of(chosen, "namespace");
  } catch (const config_error& error) {
    return failure{ec::invalid_argument, "kubeconfig: " + error.what};
  } catch (const YAML::Exception& error) {
    // The library's message may quote the text.
    return failure{ec::invalid_argument,
                   "kubeconfig: no YAML, line "
                       + std::to_string(error.mark.line + 1)};
  }
  return out;
}

result<kube_access> read_in_cluster_access(const environment& from,
                                           const std::string& folder) {
  auto host = from("KUBERNETES_SERVICE_HOST").value_or("");
  auto port = from("KUBERNETES_SERVICE_PORT").value_or("");
  if (host.empty() || port.empty())
    return failure{ec::invalid_argument,
                   "this is no Pod: KUBERNETES_SERVICE_HOST and "
                   "KUBERNETES_SERVICE_PORT are not set"};
  kube_access out;
  auto is_ipv6 = host.find(':') != std::string::npos;
  out.server = "https://" + (is_ipv6 ? "[" + host + "]" : host) + ":" + port;
  out.token_file = folder + "/token";
  try {
    out.authorities = read_file(folder + "/ca.crt");
    std::ignore = read_file(out.token_file);
    if (std::filesystem::exists(folder + "/namespace"))
      out.name_space = read_file(folder + "/namespace");
  } catch (const config_error& error) {
    return failure{ec::invalid_argument,
                   "the Pod's service account: " + error.what};
  }
  return out;
}

result<kube_access> find_kube_access(const std::string& client_config,
                                     const std::string& context,
                                     const environment& from) {
  if (client_config == "local")
    return read_in_cluster_access(from);
  if (client_config.find('\n') != std::string::npos)
    return read_kubeconfig(client_config, ".", context);
  try {
    auto text = read_file(client_config);
    auto folder = std::filesystem::path{client_config}.parent_path().string();
    return read_kubeconfig(text, folder.empty() ? "." : folder, context);
  } catch (const config_error& error) {
    return failure{ec::invalid_argument, "kubeconfig: " + error.what};
  }
}

} // namespace motorcade
