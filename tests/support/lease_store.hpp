#pragma once

#include "support/kube_stand_in.hpp"

#include <nlohmann/json.hpp>

#include <mutex>
#include <string>
#include <utility>

namespace motorcade::test {

/// One Lease, kept as Kubernetes does.
class lease_store {
public:
  kube_answer answer(const kube_call& call) {
    std::lock_guard lock{mutex_};
    if (call.method == "POST")
      return lease_.is_null() ? store(nlohmann::json::parse(call.body), 201)
                              : refuse(409, "AlreadyExists");
    if (lease_.is_null())
      return refuse(404, "NotFound");
    if (call.method == "GET")
      return {200, lease_.dump()};
    auto wanted = nlohmann::json::parse(call.body);
    for (const auto* member : {"uid", "resourceVersion"})
      if (wanted["metadata"][member] != lease_["metadata"][member])
        return refuse(409, "Conflict");
    return store(std::move(wanted), 200);
  }

  void erase() {
    std::lock_guard lock{mutex_};
    lease_ = nullptr;
  }

private:
  kube_answer store(nlohmann::json lease, int status) {
    if (lease_.is_null())
      uid_ = "uid-" + std::to_string(++version_);
    lease["metadata"]["uid"] = uid_;
    lease["metadata"]["resourceVersion"] = std::to_string(++version_);
    lease_ = std::move(lease);
    return {status, lease_.dump()};
  }

  static kube_answer refuse(int status, const std::string& reason) {
    return {status,
            nlohmann::json{{"kind", "Status"}, {"reason", reason}}.dump()};
  }

  std::mutex mutex_;
  nlohmann::json lease_;
  std::string uid_;
  int version_ = 0;
};

} // namespace motorcade::test
