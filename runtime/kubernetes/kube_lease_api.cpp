#include "runtime/kubernetes/kube_lease_api.hpp"

#include "runtime/base/clock.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

namespace {

using nlohmann::json;

/// @returns the Lease; its version is empty if the text is no Lease.
lease_record read_lease(const std::string& text) {
  auto parsed = json::parse(text, nullptr, /*allow_exceptions*/ false);
  const auto& metadata = member_at(parsed, "metadata");
  const auto& spec = member_at(parsed, "spec");
  lease_record out;
  out.uid = text_at(metadata, "uid");
  out.version = text_at(metadata, "resourceVersion");
  out.holder = text_at(spec, "holderIdentity");
  out.renewed_at = text_at(spec, "renewTime");
  out.acquired_at = text_at(spec, "acquireTime");
  out.duration = std::chrono::seconds{integer_at(spec, "leaseDurationSeconds")};
  out.transitions = integer_at(spec, "leaseTransitions");
  if (out.uid.empty())
    out.version.clear();
  return out;
}

std::string write_lease(const std::string& name, const lease_record& lease) {
  auto now = to_iso8601_micros(utc_now());
  json metadata = {{"name", name}};
  // The uid keeps the replacement from creating a Lease, which the API would
  // allow if the Lease was deleted meanwhile.
  if (!lease.version.empty()) {
    metadata["uid"] = lease.uid;
    metadata["resourceVersion"] = lease.version;
  }
  json spec = {
      {"leaseDurationSeconds", lease.duration.count()},
      {"leaseTransitions", lease.transitions},
      {"renewTime", now},
      {"acquireTime", lease.acquired_at.empty() ? now : lease.acquired_at}};
  // Some versions of the API do not allow an empty holder.
  if (!lease.holder.empty())
    spec["holderIdentity"] = lease.holder;
  return json{{"apiVersion", "coordination.k8s.io/v1"},
              {"kind", "Lease"},
              {"metadata", metadata},
              {"spec", spec}}
      .dump();
}

} // namespace

kube_lease_api::kube_lease_api(const kube_access& access,
                               const std::string& name_space, std::string name,
                               kube_counts_ptr counts, lease_patience patience)
    : client_{access, std::move(counts)},
      base_{"/apis/coordination.k8s.io/v1/namespaces/" + name_space
            + "/leases"},
      name_{std::move(name)},
      patience_{patience} {}

result<lease_record> kube_lease_api::get() {
  return call("get", {"GET", base_ + "/" + name_});
}

result<lease_record> kube_lease_api::create(const lease_record& lease) {
  return call("create", {"POST", base_, write_lease(name_, lease)});
}

result<lease_record> kube_lease_api::update(const lease_record& lease) {
  return call("renew", {"PUT", base_ + "/" + name_, write_lease(name_, lease)});
}

result<lease_record> kube_lease_api::call(std::string_view verb,
                                          kube_request request) {
  constexpr long conflict = 409;
  request.connect_timeout = patience_.connect;
  request.answer_timeout = patience_.answer;
  request.patient = false;
  auto what = std::string{verb} + " Lease " + name_;
  auto answer = client_.call(request);
  if (!answer)
    return failure{answer.error().code,
                   "Kubernetes: cannot " + what + ": " + answer.error().what};
  if (!answer->fine()) {
    auto out = to_kube_failure(what, *answer);
    // AlreadyExists and Conflict have the same meaning: another write came
    // first.
    if (answer->status == conflict)
      out.code = ec::already_exists;
    return out;
  }
  auto lease = read_lease(answer->body);
  if (lease.version.empty())
    return failure{ec::service_unavailable,
                   "Kubernetes: cannot " + what + ": the answer is no Lease"};
  return lease;
}

} // namespace motorcade
