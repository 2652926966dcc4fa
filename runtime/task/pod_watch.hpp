#pragma once

#include "runtime/task/pod_api.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace motorcade {

/// The functions that are told of Pods.
struct pod_watch_listener {
  /// Called when a Pod came or changed.
  std::function<void(const pod_status_ptr&)> seen;
  /// Called when a Pod is gone, with its last known status.
  std::function<void(const pod_status_ptr&)> gone;
  /// Called when all existing Pods were reported.
  std::function<void()> listed;
};

/// Follows all Pods of ours by one stream of events: a list, then watches that
/// go on where the last one ended. It lists again if the place is lost, if a
/// watch broke twice in a row, and if a watch ends `relist_interval` after the
/// last list, which is so after every watch of full length: a lost event is
/// noticed within four minutes.
///
/// For every Pod that was `seen`, `gone` is called once, even if events are
/// lost, and `seen` never after that. An event older than the known status is
/// ignored. If a new Pod has the name of a known one, the known one is `gone`
/// first.
class pod_watch {
public:
  using clock = std::chrono::steady_clock;
  using pause = std::chrono::milliseconds;

  static constexpr auto relist_interval = std::chrono::minutes{3};
  static constexpr pause longest_pause = std::chrono::seconds{15};

  /// @param api Outlives this.
  /// @param listener Called within `step`.
  pod_watch(pod_api& api, pod_watch_listener listener);

  /// Lists or watches, for some minutes at most.
  /// @returns the pause before the next step; cancelled once the API was
  /// stopped.
  result<pause> step(clock::time_point now);

private:
  /// A known Pod.
  struct known {
    /// Never null.
    pod_status_ptr pod;
    /// The list that it was in last.
    uint64_t list = 0;
  };

  /// Lists all Pods, and tells the listener what differs from what is known.
  result<void> list();

  /// Takes an event of the watch; ignores one that is older than the known
  /// status.
  void take(pod_event&& event);

  /// Notes a Pod's status, and tells the listener if it is a new one.
  void see(pod_status&& pod);

  /// Forgets a Pod and tells the listener that it is gone.
  /// @param version The version at which it was gone.
  void lose(const std::string& name, const std::string& version);

  /// @returns the pause after another call that brought nothing: twice the last
  /// pause, up to `longest_pause`.
  pause next_pause();

  pod_api& api_;
  const pod_watch_listener listener_;
  std::map<std::string, known> known_;
  /// The Pods that were reported as gone since the last list, by uid, each with
  /// the resource version of its end: a late event may still name one of them.
  std::map<std::string, std::string> ended_;
  /// The place of the last list.
  std::string listed_place_;
  /// Empty: a list is due.
  std::string place_;
  clock::time_point listed_at_ = {};
  uint64_t lists_ = 0;
  /// The number of calls in a row that brought nothing.
  int failures_ = 0;
};

} // namespace motorcade
