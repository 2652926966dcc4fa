#pragma once

#include "runtime/kubernetes/kube_client.hpp"
#include "runtime/leadership/lease_election.hpp"

namespace motorcade {

/// The time limits of a call about a Lease: short enough that a holder can make
/// some of them before its time is over.
struct lease_patience {
  std::chrono::milliseconds connect{1'000};
  std::chrono::milliseconds answer{2'000};
};

/// A Lease of coordination.k8s.io/v1. Calls block for `lease_patience` at most.
/// They fail with not_found if there is no such Lease, already_exists if
/// another write came first, cancelled after `stop`, and with something else if
/// their outcome is not known, as `lease_election::answered` expects. Belongs
/// to one thread.
class kube_lease_api {
public:
  /// @param name The name of the Lease, valid in Kubernetes.
  kube_lease_api(const kube_access& access, const std::string& name_space,
                 std::string name, kube_counts_ptr counts,
                 lease_patience patience = {});

  /// @returns the Lease as it is now; not_found if there is none.
  result<lease_record> get();

  /// Creates a Lease with that holder and duration, taken now.
  /// @returns the Lease as the API accepted it; so does `update`.
  result<lease_record> create(const lease_record& lease);

  /// Replaces the Lease if it still has the uid and the version of `lease`;
  /// sets the time of renewal, by the machine's clock. Precondition: neither is
  /// empty.
  result<lease_record> update(const lease_record& lease);

  /// Ends the call under way and all that follow; from any thread.
  void stop() { client_.stop(); }

private:
  /// Makes one attempt and reads the Lease that the API answers with.
  /// @param verb For messages, e.g. `update`.
  result<lease_record> call(std::string_view verb, kube_request request);

  kube_client client_;
  /// `/apis/coordination.k8s.io/v1/namespaces/x/leases`.
  const std::string base_;
  const std::string name_;
  const lease_patience patience_;
};

} // namespace motorcade
