#include "runtime/kubernetes/pod_launch.hpp"

#include "runtime/base/log.hpp"

#include <nlohmann/json.hpp>

#include <set>
#include <tuple>
#include <utility>
#include <vector>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr std::string_view secret_suffix = "-config";
constexpr int most_tries = 4;
/// The wait for another process's launch, between its Secret and its Pod.
constexpr int launch_looks = 4;
constexpr auto launch_pause = 500ms;

bool may_pass(const failure& reason) {
  // For some seconds after its start an API knows no rights, and refuses all.
  return reason.code == ec::service_unavailable || reason.code == ec::too_busy
         || reason.code == ec::system_failed;
}

/// @returns whether a call may have done its work all the same.
template <class T>
bool is_in_doubt(const result<T>& done) {
  return !done && done.error().code == ec::service_unavailable;
}

/// Launches one Pod.
class launcher {
public:
  launcher(pod_api& api, const task_manifest& manifest)
      : api_{api}, manifest_{manifest}, secret_{secret_name(manifest.name)} {}

  result<pod_status> launch() {
    if (auto made = make_secret(); !made)
      return made.error();
    if (auto made = make_more_secrets(); !made) {
      drop_secret();
      return made.error();
    }
    auto pod = make_pod();
    if (!pod) {
      // A Pod of that name may need this very Secret.
      if (pod.error().code != ec::already_exists && !in_doubt_)
        drop_secret();
      return pod;
    }
    auto given = again([&] { return api_.give_secret(secret_, *pod); });
    // The Pod runs all the same, and both are deleted at its end.
    if (!given)
      log::warn("{}", given.error().what);
    return pod;
  }

private:
  template <class Call>
  auto again(Call call) -> decltype(call()) {
    auto wait = 250ms;
    for (int tries = 1;; ++tries) {
      auto done = call();
      if (done || tries == most_tries || !may_pass(done.error())
          || !api_.pause(wait))
        return done;
      wait *= 2;
    }
  }

  result<void> make_secret() {
    for (int tries = 1;; ++tries) {
      auto in_doubt = false;
      auto made = again([&] {
        auto created = api_.create_secret(manifest_.secret);
        in_doubt = in_doubt || is_in_doubt(created);
        return created;
      });
      if (made) {
        secret_uid_ = *made;
        return {};
      }
      auto exists = made.error().code == ec::already_exists;
      if (!exists && !in_doubt)
        return made.error();
      // The Secret belongs to a Pod that exists or is being launched, or was
      // left behind, or comes from a try whose answer was lost.
      auto owner = look_for_owner(/*patient*/ exists && !in_doubt);
      if (owner)
        return failure{ec::already_exists,
                       "Kubernetes: there is a Pod " + manifest_.name};
      if (owner.error().code != ec::not_found)
        return exists ? owner.error() : made.error();
      auto gone = again([&] { return api_.delete_secret(secret_); });
      if (!exists)
        return made.error();
      if (!gone)
        return gone.error();
      if (tries == most_tries)
        return failure{ec::service_unavailable,
                       "Kubernetes: cannot replace Secret " + secret_};
    }
  }

  /// Creates the Secrets that the first one owns, which by now is ours.
  result<void> make_more_secrets() {
    for (const auto& text : manifest_.more_secrets) {
      auto secret = nlohmann::json::parse(text);
      secret["metadata"]["ownerReferences"] = {{{"apiVersion", "v1"},
                                                {"kind", "Secret"},
                                                {"name", secret_},
                                                {"uid", secret_uid_}}};
      const auto owned = secret.dump();
      const auto name = secret["metadata"]["name"].get<std::string>();
      auto made = again([&] {
        auto created = api_.create_secret(owned);
        // One of that name was left behind, or comes from a create whose
        // answer was lost.
        if (!created && created.error().code == ec::already_exists) {
          auto gone = api_.delete_secret(name);
          return gone ? api_.create_secret(owned) : gone.error();
        }
        return created;
      });
      if (!made)
        return made.error();
      more_.emplace_back(name, *made);
    }
    return {};
  }

  /// @param patient Whether another process may be launching the Pod.
  result<pod_status> look_for_owner(bool patient) {
    for (int looks = 1;; ++looks) {
      auto owner = again([&] { return api_.get_pod(manifest_.name); });
      if (owner || owner.error().code != ec::not_found || !patient
          || looks == launch_looks)
        return owner;
      if (!api_.pause(launch_pause))
        return failure{ec::cancelled, "Kubernetes: told to stop"};
    }
  }

  result<pod_status> make_pod() {
    auto in_doubt = false;
    auto pod = again([&]() -> result<pod_status> {
      auto made = api_.create_pod(manifest_.pod);
      if (made)
        return made;
      auto reason = made.error();
      if (reason.code == ec::already_exists && in_doubt)
        return api_.get_pod(manifest_.name);
      in_doubt = in_doubt || is_in_doubt(made);
      return made;
    });
    if (pod || !in_doubt)
      return pod;
    // The Pod may exist all the same.
    auto found = again([&] { return api_.get_pod(manifest_.name); });
    if (found)
      return found;
    in_doubt_ = found.error().code != ec::not_found;
    return pod;
  }

  void drop_secret() {
    // The uid is given, since there may be a newer Secret of that name by now.
    auto gone = again([&] { return api_.delete_secret(secret_, secret_uid_); });
    if (!gone)
      log::warn("{}", gone.error().what);
    // Kubernetes deletes those that are left with the first Secret, their
    // owner.
    for (const auto& [name, uid] : more_)
      std::ignore = api_.delete_secret(name, uid);
  }

  pod_api& api_;
  const task_manifest& manifest_;
  const std::string secret_;
  /// The uid of the Secret that this launch has created.
  std::string secret_uid_;
  /// The names and uids of the Secrets that it owns.
  std::vector<std::pair<std::string, std::string>> more_;
  /// It is not known whether the Pod exists.
  bool in_doubt_ = false;
};

} // namespace

std::string secret_name(const std::string& pod) {
  return pod + std::string{secret_suffix};
}

result<pod_status> launch_pod(pod_api& api, const task_manifest& manifest) {
  return launcher{api, manifest}.launch();
}

result<size_t> sweep_secrets(pod_api& api, wall_time now,
                             std::chrono::seconds age) {
  auto secrets = api.list_secrets();
  if (!secrets)
    return secrets.error();
  // Pods are listed after the Secrets, so that a Pod that came meanwhile is
  // seen.
  std::set<std::string> pods;
  std::string next;
  do {
    auto page = api.list_pods(next);
    if (!page)
      return page.error();
    for (const auto& pod : page->pods)
      pods.insert(pod.name);
    next = page->next;
  } while (!next.empty());
  size_t swept = 0;
  // Both are of one length up to the seconds, so their order is that of time.
  auto limit = to_iso8601_millis(now - age);
  for (const auto& secret : *secrets) {
    if (!secret.name.ends_with(secret_suffix) || secret.created_at.empty()
        || secret.created_at.compare(0, 19, limit, 0, 19) >= 0)
      continue;
    auto pod = secret.name.substr(0, secret.name.size() - secret_suffix.size());
    if (pods.contains(pod))
      continue;
    // The uid is given, since a launch may have made another Secret of that
    // name.
    auto gone = api.delete_secret(secret.name, secret.uid);
    if (!gone)
      return gone.error();
    swept += *gone ? 1 : 0;
  }
  return swept;
}

} // namespace motorcade
