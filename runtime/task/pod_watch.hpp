#pragma once

#include "runtime/task/pod_api.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace motorcade {

/// Whoever wants to know what becomes of Pods.
struct pod_watch_listener {
  /// A Pod came or changed.
  std::function<void(const pod_status_ptr&)> seen;
  /// A Pod is there no more; what was last known of it.
  std::function<void(const pod_status_ptr&)> gone;
  /// Everything that is there has been told.
  std::function<void()> listed;
};

/// Keeps up with all Pods of ours by one stream of events: a list, then
/// watches that go on where the last one ended, and a list again where the
/// place is lost, where a watch broke twice in a row, and where one ends
/// `relist_interval` after the last list, which is after every watch of full
/// length: an event which never came costs four minutes at most.
///
/// Every Pod that `seen` told of is told of as `gone` once, whatever is lost
/// in between, and never as seen after that. An event older than what is known
/// is passed over; a Pod that came again under its name is told of as gone
/// first.
class pod_watch {
public:
  using clock = std::chrono::steady_clock;
  using pause = std::chrono::milliseconds;

  static constexpr auto relist_interval = std::chrono::minutes{3};
  static constexpr pause longest_pause = std::chrono::seconds{15};

  pod_watch(pod_api& api, pod_watch_listener listener);

  /// Lists or watches, for some minutes at most.
  /// @returns how long to wait before the next step; cancelled once the API
  /// was stopped.
  result<pause> step(clock::time_point now);

private:
  /// What is known of a Pod.
  struct known {
    /// Never null.
    pod_status_ptr pod;
    /// The list that it was in last.
    uint64_t list = 0;
  };

  result<void> list();
  void take(pod_event&& event);
  void see(pod_status&& pod);

  /// @param version By when it was gone.
  void lose(const std::string& name, const std::string& version);
  pause next_pause();

  pod_api& api_;
  const pod_watch_listener listener_;
  std::map<std::string, known> known_;
  /// By uid: what was told of as gone later than the last list, and when. Late
  /// events may still speak of them.
  std::map<std::string, std::string> ended_;
  /// The place of the last list.
  std::string listed_place_;
  /// Empty: a list is due.
  std::string place_;
  clock::time_point listed_at_ = {};
  uint64_t lists_ = 0;
  /// Calls without use, one after another.
  int failures_ = 0;
};

} // namespace motorcade
