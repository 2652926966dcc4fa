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

/// A candidate of an election.
struct lease_candidate {
  /// The name of the candidate, unique to this start of the program.
  std::string identity;
  /// The prefix of the identities of candidates whose process is known to be
  /// dead because this one lives; empty: none is known.
  std::string predecessors;

  /// @param host The Pod's name, or the machine's.
  /// @param pod_uid The uid of the Pod that this process is alone in; empty:
  /// none, or not known.
  static lease_candidate make(const std::string& host,
                              const std::string& pod_uid);
};

/// Takes part in the election of a leader, in a thread of its own, and keeps a
/// `leadership` up to date.
class lease_keeper {
public:
  /// Called from the thread with each term that begins, and with 0 at its end.
  using listener = std::function<void(uint64_t term)>;

  /// @param api Used by this object alone.
  lease_keeper(std::unique_ptr<kube_lease_api> api, lease_candidate candidate,
               std::shared_ptr<leadership> state, listener changed,
               lease_limits limits = {});

  /// Stops, and leaves the Lease as it is.
  ~lease_keeper();

  lease_keeper(const lease_keeper&) = delete;
  lease_keeper& operator=(const lease_keeper&) = delete;

  /// Ends the lead and gives the Lease back, so that another candidate may lead
  /// at once; blocks for a few calls at most. To be called once no act of a
  /// leader is under way.
  void resign();

private:
  /// Takes part in the election until it is told to stop; the thread's work.
  void run();

  /// Updates `leadership` and calls the listener.
  void publish();

  /// Waits until `end`.
  /// @returns false, at once, if the thread has to stop.
  bool wait_until(boot_clock::time_point end);

  /// Makes the call that the election wants. Blocks.
  result<lease_record> do_call(lease_step step);

  /// Logs a failure once, and once that calls succeed again.
  void note(const result<lease_record>& answer);

  const std::unique_ptr<kube_lease_api> api_;
  const std::shared_ptr<leadership> state_;
  const listener changed_;
  lease_election election_;
  /// The term that the listener was told.
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
