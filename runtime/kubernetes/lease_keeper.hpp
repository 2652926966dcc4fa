#pragma once

#include "runtime/kubernetes/kube_lease_api.hpp"
#include "runtime/leadership/leadership.hpp"

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace motorcade {

/// Who takes part in an election.
struct lease_candidate {
  /// Another one for each start of a program.
  std::string identity;
  /// How the identities begin of those whose process is known to be dead since
  /// this one lives; empty: nobody's do.
  std::string predecessors;

  /// @param host The Pod's name, or the machine's.
  /// @param pod_uid Of the Pod that this process is alone in; empty: it is in
  /// none, or nobody says.
  static lease_candidate make(const std::string& host,
                              const std::string& pod_uid);
};

/// Takes part in the election of a leader, in a thread of its own, and keeps a
/// `leadership` up to date.
class lease_keeper {
public:
  /// Told of each term that begins, and with 0 of its end, from the thread.
  using listener = std::function<void(uint64_t term)>;

  /// @param api Used by nobody else.
  lease_keeper(std::unique_ptr<kube_lease_api> api, lease_candidate candidate,
               std::shared_ptr<leadership> state, listener changed,
               lease_limits limits = {});

  /// Stops, and leaves the Lease as it is.
  ~lease_keeper();

  lease_keeper(const lease_keeper&) = delete;
  lease_keeper& operator=(const lease_keeper&) = delete;

  /// Leads no more, and gives the Lease back, so that another may lead at
  /// once; blocks for a few calls at most. To be called once nothing that only
  /// a leader may do is under way.
  void resign();

private:
  void run();

  /// Lets everybody know who leads.
  void publish();

  /// @returns false once it is time to stop.
  bool wait_until(boot_clock::time_point end);

  result<lease_record> do_call(lease_step step);

  /// Says once what does not work, until it works again.
  void note(const result<lease_record>& answer);

  const std::unique_ptr<kube_lease_api> api_;
  const std::shared_ptr<leadership> state_;
  const listener changed_;
  lease_election election_;
  /// As it was told.
  uint64_t term_ = 0;
  bool said_trouble_ = false;
  std::string said_holder_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool resigning_ = false;
  bool stopped_ = false;
  std::thread thread_;
};

} // namespace motorcade
