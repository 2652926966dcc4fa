#include "controller/all_settings.hpp"

#include "controller/secrets.hpp"
#include "runtime/base/whole_file.hpp"
#include "runtime/kubernetes/pod_manifest.hpp"
#include "runtime/kubernetes/pod_template.hpp"
#include "schema/base/excerpt.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

#include <unistd.h>

namespace motorcade {

namespace {

/// @returns the environment with the client config of a Pod, unless Kubernetes
/// is ruled out.
environment with_client_config(const environment& from) {
  auto value = [&from](const char* of) {
    return from(of).value_or("");
  };
  if (value("KUBERNETES_SERVICE_HOST").empty()
      || value("SYNCCTL_RUNTIME") == "process")
    return from;
  return fill_in_environment(
      from, make_environment({{"SYNCCTL_KUBERNETES_CLIENT_CONFIG", "local"}}));
}

/// @returns whether the text names an image; it needs no tag and no digest.
bool is_whole_image(const std::string& image) {
  auto digest = image.find('@');
  if (digest != std::string::npos)
    return is_image(image.substr(0, digest), image.substr(digest + 1));
  auto colon = image.rfind(':');
  auto slash = image.rfind('/');
  auto has_tag = colon != std::string::npos
                 && (slash == std::string::npos || colon > slash);
  return has_tag ? is_image(image.substr(0, colon), image.substr(colon + 1))
                 : is_image(image, "latest");
}

/// @returns the program that runs beside connectors: unless another is set, the
/// sidecar beside this program.
result<std::string> find_sidecar_program(std::string path) {
  if (path.empty()) {
    std::error_code failed;
    auto own = std::filesystem::read_symlink("/proc/self/exe", failed);
    path = own.replace_filename("sidecar").string();
  }
  if (::access(path.c_str(), X_OK) != 0)
    return failure{ec::invalid_argument,
                   path + " is no program: " + std::strerror(errno)};
  return path;
}

/// @returns the template of Pods that a file holds, checked; with the file's
/// name in a failure.
result<std::string> read_template_file(const std::string& path) {
  auto text = read_whole_file(path);
  if (!text)
    return text.error();
  auto out = read_pod_template(*text);
  if (!out)
    return failure{out.error().code, path + ": " + out.error().what};
  return out;
}

/// Notes what is wrong, a line each.
class findings {
public:
  template <class T>
  void expect(std::string variable, result<T>&& found, T& into) {
    if (found)
      into = std::move(*found);
    else
      note(variable.append(": ").append(found.error().what));
  }

  void note(const std::string& what) {
    text_ += (text_.empty() ? "" : "\n") + what;
  }

  const std::string& text() const noexcept { return text_; }

private:
  std::string text_;
};

} // namespace

result<all_settings> read_all_settings() {
  auto from = with_controller_env_file(process_environment());
  if (!from)
    return from.error();
  from = with_client_config(*from);
  auto value = [&from](const char* of) {
    return (*from)(of).value_or("");
  };
  findings wrong;
  all_settings out;
  auto own = read_controller_settings(*from);
  if (own)
    out.own = std::move(*own);
  else
    wrong.note(own.error().what);
  if (own && !out.own.syncs_enabled)
    return out;
  // The checks from here on are done even if other settings are wrong.
  wrong.expect("SYNCCTL_AUTH_TOKENS",
               auth_tokens::read(value("SYNCCTL_AUTH_TOKENS"),
                                 value("SYNCCTL_TOKEN_SECRET")),
               out.tokens);
  if (auto syncs = read_sync_settings(*from); !syncs) {
    wrong.note(syncs.error().what);
  } else {
    wrong.expect("SYNCCTL_WEBHOOK_HOSTS",
                 webhook_reach::parse(syncs->webhook_hosts), out.webhooks);
    keep_secrets_of(*syncs);
    out.syncs = std::move(*syncs);
  }
  if (!out.own.encryption_keys.empty()) {
    auto keys = sealing_keys::parse(out.own.encryption_keys);
    if (keys)
      out.keys = std::move(*keys);
    else
      wrong.note("SYNCCTL_ENCRYPTION_KEYS: " + keys.error().what);
  }
  // Tokens that are wrong count as given: the operator meant to have some.
  if (own) {
    auto place = find_listening_place(
        {out.own.http_address, !value("SYNCCTL_AUTH_TOKENS").empty(),
         !value("KUBERNETES_SERVICE_HOST").empty(), out.own.allow_anonymous});
    if (place)
      out.listen = std::move(*place);
    else
      wrong.note(place.error().what);
  }
  auto image = value("SYNCCTL_SIDECAR_IMAGE");
  if (!image.empty() && !is_whole_image(image))
    wrong.note("SYNCCTL_SIDECAR_IMAGE: " + excerpt(image)
               + " cannot be an image, must be like motorcade-sidecar:0.1.0");
  auto where = value("SYNCCTL_KUBERNETES_CLIENT_CONFIG");
  auto runtime = value("SYNCCTL_RUNTIME");
  if (runtime == "kubernetes" || (runtime.empty() && !where.empty())) {
    if (where.empty())
      wrong.note("SYNCCTL_KUBERNETES_CLIENT_CONFIG: missing, must be a "
                 "kubeconfig's path, its text, or `local` in a Pod; for local "
                 "processes set SYNCCTL_RUNTIME=process");
    else
      wrong.expect(
          "SYNCCTL_KUBERNETES_CLIENT_CONFIG",
          find_kube_access(where, value("SYNCCTL_KUBERNETES_CONTEXT"), *from),
          out.access);
    if (auto path = value("SYNCCTL_PODS_TEMPLATE"); !path.empty())
      wrong.expect("SYNCCTL_PODS_TEMPLATE", read_template_file(path),
                   out.own.pods.pod_template);
  } else if (own) {
    wrong.expect("SYNCCTL_SIDECAR_PROGRAM",
                 find_sidecar_program(out.own.sidecar_program),
                 out.own.sidecar_program);
  }
  if (!wrong.text().empty())
    return failure{ec::invalid_argument, wrong.text()};
  keep_secrets_of(out.own);
  keep_secrets_of(out.access);
  return out;
}

} // namespace motorcade
