#pragma once

#include "schema/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace motorcade {

/// The time since the machine started, with the time that it was asleep, since
/// a leader that slept too long leads no more.
struct boot_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<boot_clock>;
  static constexpr bool is_steady = true;

  /// @returns the time now.
  static time_point now() noexcept;
};

/// The content of a Lease. All but `duration` is opaque: times in it are of
/// another machine's clock and are compared with nothing but themselves.
struct lease_record {
  std::string uid;
  /// Changes with every write.
  std::string version;
  /// The identity of the holder; empty: none.
  std::string holder;
  std::string renewed_at;
  /// The time at which its holder took it; empty in a write: now.
  std::string acquired_at;
  std::chrono::seconds duration{0};
  int64_t transitions = 0;

  bool operator==(const lease_record&) const = default;
};

/// Timing of the election.
struct lease_limits {
  /// A Lease that changed more recently is not taken over.
  std::chrono::seconds duration{12};
  /// The longest lead without a renewal. It is shorter than `duration`, since
  /// clocks may run at different speeds and stopping takes time.
  std::chrono::seconds deadline{8};
  /// The time between two reads, or two renewals.
  std::chrono::milliseconds interval{2000};
  /// The time after a failed call.
  std::chrono::milliseconds retry{500};
};

/// The next step of a candidate.
enum class lease_step : uint8_t {
  /// Nothing before `wake_at`.
  wait,
  /// Get the Lease.
  read,
  /// Create `wanted`.
  create,
  /// Replace that Lease, of that uid and version, by `wanted`.
  update,
  /// Nothing any more: the Lease was given back, as far as possible.
  done,
};

/// Elects a leader among candidates by a Lease. At no time two of them lead,
/// even if messages are lost or late, programs are paused, or the Lease is
/// deleted, as long as no clock runs more than `duration / deadline` times as
/// fast as another.
///
/// A candidate leads for `deadline` after it sent its last update that
/// succeeded. Another takes over only with an update of a version that it has
/// known for `duration`, so that the last update of its holder was sent at
/// least that long ago. A Lease that has to be created is waited for like a
/// foreign one: its predecessor may have been deleted while its holder leads.
/// So is a Lease that names this candidate by a write with an unknown outcome,
/// unless the candidate leads. Only a holder that no longer leads gives a Lease
/// back, and then it is free at once.
///
/// It has no clock and makes no calls: the caller does the steps of `next` and
/// gives their outcome to `answered`, one call at a time. Not thread-safe.
class lease_election {
public:
  using time_point = boot_clock::time_point;

  /// @param identity Unique to this start of the program.
  /// @param predecessors The prefix of the identities of candidates that are
  /// known to be dead because this one runs: a Lease of theirs is free at once.
  /// Empty: none is known.
  explicit lease_election(std::string identity, lease_limits limits = {},
                          std::string predecessors = {});

  /// @returns the step to do now. Steps other than `wait` and `done` count as
  /// sent at `now` and have to be answered.
  lease_step next(time_point now);

  /// @returns the time of the next step, after `wait`.
  time_point wake_at() const { return wake_at_; }

  /// @returns the Lease to write, after `create` and `update`.
  const lease_record& wanted() const { return wanted_; }

  /// @param answer The Lease as the API has it now, `version` not empty. Else
  /// not_found if there is none; already_exists if another write came first;
  /// anything else if the outcome of the call is not known.
  void answered(const result<lease_record>& answer, time_point now);

  /// @returns whether this candidate leads at that time.
  bool leads(time_point now) const { return now < lead_until_; }

  /// @returns the end of the lead if no more answers come; may have passed.
  time_point lead_until() const { return lead_until_; }

  /// @returns the holder of the Lease when it was last seen; empty: none.
  const std::string& holder() const { return seen_.holder; }

  /// Ends the lead for good; the next steps give the Lease back. To be called
  /// once no act of a leader is under way.
  void resign();

private:
  /// Notes the step as sent at this time.
  /// @returns the same step.
  lease_step send(lease_step step, time_point now);

  /// @returns whether the Lease is this candidate's, beyond doubt.
  bool renewable(time_point now) const;

  /// @returns the time from which on the Lease may be taken over.
  time_point free_at() const;

  const std::string identity_;
  const lease_limits limits_;
  const std::string predecessors_;
  /// The call under way; `wait`: none.
  lease_step sent_ = lease_step::wait;
  time_point sent_at_ = {};
  lease_record wanted_;
  /// The last known Lease; its version is empty if there is none.
  lease_record seen_;
  /// The time at which the Lease was first seen with that version.
  time_point seen_at_ = {};
  /// Whether `seen_` may be out of date.
  bool read_due_ = true;
  /// The version that this candidate's last update is known to have made.
  std::string own_version_;
  time_point lead_until_ = {};
  time_point next_call_ = {};
  time_point wake_at_ = {};
  bool resigned_ = false;
};

} // namespace motorcade
