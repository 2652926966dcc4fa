#pragma once

#include "runtime/kubernetes/kube_client.hpp"
#include "runtime/task/pod_api.hpp"

#include <nlohmann/json_fwd.hpp>

namespace motorcade {

/// The time limits of a watch.
struct kube_watch_limits {
  /// The API ends a watch after this time.
  std::chrono::seconds length{240};
  /// The longest silence; bookmarks come about once a minute.
  std::chrono::seconds silence{90};
};

/// Pods and Secrets in Kubernetes: those with `creator_label`.
class kube_pod_api final : public pod_api {
public:
  /// Does not connect yet.
  /// @param name_space The namespace of Pods and Secrets.
  kube_pod_api(const kube_access& access, const std::string& name_space,
               kube_counts_ptr counts, kube_watch_limits limits = {});

  /// Ends with `stop`.
  bool pause(std::chrono::milliseconds length) override {
    return client_.pause(length);
  }

  result<std::string> create_secret(const std::string& secret) override;
  result<pod_status> create_pod(const std::string& pod) override;
  result<pod_status> get_pod(const std::string& name) override;
  result<void> give_secret(const std::string& secret,
                           const pod_status& owner) override;
  result<bool> delete_pod(const std::string& name,
                          const std::string& uid) override;
  result<bool> delete_secret(const std::string& name,
                             const std::string& uid = {}) override;
  result<pod_list> list_pods(const std::string& next) override;
  result<std::vector<secret_entry>> list_secrets() override;
  result<std::vector<delayed_entry>> list_delayed() override;
  result<std::map<std::string, std::string>>
  read_delayed(const std::string& name) override;
  result<watch_end>
  watch_pods(std::string& from,
             const std::function<void(pod_event&&)>& on_event) override;
  result<std::string> container_log(const std::string& pod,
                                    std::string_view container,
                                    int lines) override;
  result<std::map<std::string, pod_usage>> usage() override;

  /// Ends the call under way and all that follow; from any thread.
  void stop() { client_.stop(); }

private:
  /// Whether a failure holds the API's words. Words about a Secret might quote
  /// its content.
  enum class api_words { shown, withheld };

  /// @returns the body of a 2xx answer.
  result<std::string> call(const std::string& what, const kube_request& request,
                           api_words words = api_words::shown);

  /// A request for a page of a list.
  /// @param next Where the page begins, as the page before it says.
  kube_request page_of(std::string_view kind, const std::string& selector,
                       const std::string& next) const;

  /// @returns whether an answer is a list. A list of nothing may be null.
  static bool is_list(const nlohmann::json& answer);

  /// Lists Secrets page by page, without their content.
  /// @param take Given the metadata of each.
  result<void>
  for_each_secret(const std::string& what, const std::string& selector,
                  api_words words,
                  const std::function<void(const nlohmann::json&)>& take);

  kube_client client_;
  /// `/api/v1/namespaces/x/`.
  const std::string base_;
  const std::string name_space_;
  const std::string usage_path_;
  const kube_watch_limits limits_;
};

/// Reads a quantity of Kubernetes: a number with a suffix of `n u m k M G T P E
/// Ki Mi Gi Ti Pi Ei` or an exponent.
/// @returns false if it is none.
bool read_quantity(std::string_view text, double& value);

} // namespace motorcade
