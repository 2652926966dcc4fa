#pragma once

#include "schema/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace motorcade {

/// The time since the machine started, with the time that it was asleep: who
/// slept may be leader no more.
struct boot_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<boot_clock>;
  static constexpr bool is_steady = true;

  static time_point now() noexcept;
};

/// What a Lease says. All but `duration` is opaque: times in it are of another
/// machine's clock and are compared with nothing but themselves.
struct lease_record {
  std::string uid;
  /// Changes with every write.
  std::string version;
  /// Who holds it; empty: nobody.
  std::string holder;
  std::string renewed_at;
  /// When its holder took it; empty in a write: now.
  std::string acquired_at;
  std::chrono::seconds duration{0};
  int64_t transitions = 0;

  bool operator==(const lease_record&) const = default;
};

/// How long what takes.
struct lease_limits {
  /// Nobody takes a Lease over that changed so recently.
  std::chrono::seconds duration{12};
  /// A holder that could not renew leads no longer than that. As much shorter
  /// than `duration` as clocks may run at different speeds, and as leaving off
  /// takes.
  std::chrono::seconds deadline{8};
  /// Between two looks, or two renewals.
  std::chrono::milliseconds interval{2000};
  /// After a call that failed.
  std::chrono::milliseconds retry{500};
};

/// What a candidate is to do next.
enum class lease_step : uint8_t {
  /// Nothing before `wake_at`.
  wait,
  /// Get the Lease.
  read,
  /// Create `wanted`.
  create,
  /// Replace that Lease, of that uid and version, by `wanted`.
  update,
  /// Nothing any more: the Lease is given back as far as it could be.
  done,
};

/// Elects by a Lease who of several candidates leads: at no time do two of
/// them, as long as no clock runs more than `duration / deadline` as fast as
/// another, whatever is lost, late, paused or deleted.
///
/// A candidate leads for `deadline` from when it sent its last update that was
/// answered as done. Another takes over only with an update of a version that
/// it has known for `duration`, so that the last update of whoever held it was
/// sent at least that long ago. A Lease that has to be created is waited for
/// as if it were somebody else's: its predecessor may have been deleted under
/// its holder's hands. So is one that names this candidate by a write whose
/// answer it does not know, unless it leads. Only a holder that leads no more
/// gives a Lease back, and then it is free at once.
///
/// Without clock and without calls: the caller does what `next` says and tells
/// how that went by `answered`, one call at a time. Not thread-safe.
class lease_election {
public:
  using time_point = boot_clock::time_point;

  /// @param identity Another one for each start of a program.
  /// @param predecessors How the identities of those begin whose programs are
  /// known to be dead since this one runs: a Lease of theirs is free at once.
  /// Empty: nobody's do.
  explicit lease_election(std::string identity, lease_limits limits = {},
                          std::string predecessors = {});

  /// @returns what to do now. What is not `wait` or `done` counts as sent at
  /// `now` and has to be answered.
  lease_step next(time_point now);

  /// Meaningful after `wait`.
  time_point wake_at() const { return wake_at_; }

  /// What to write, after `create` and `update`.
  const lease_record& wanted() const { return wanted_; }

  /// @param answer The Lease as the API has it now, `version` not empty. Else
  /// not_found where there is none; already_exists where another write came
  /// first; anything else where it is not known what became of the call.
  void answered(const result<lease_record>& answer, time_point now);

  bool leads(time_point now) const { return now < lead_until_; }

  /// @returns until when this candidate leads if nothing more is heard; may
  /// have passed.
  time_point lead_until() const { return lead_until_; }

  /// @returns who held the Lease when it was last seen; empty: nobody.
  const std::string& holder() const { return seen_.holder; }

  /// Leads no more from now on, for good; the next steps give the Lease back.
  /// To be called once nothing that only a leader may do is under way.
  void resign();

private:
  lease_step send(lease_step step, time_point now);

  /// @returns whether the Lease is this candidate's, beyond doubt.
  bool renewable(time_point now) const;

  /// @returns from when on the Lease may be taken from whoever holds it.
  time_point free_at() const;

  const std::string identity_;
  const lease_limits limits_;
  const std::string predecessors_;
  /// The call under way; `wait`: none.
  lease_step sent_ = lease_step::wait;
  time_point sent_at_ = {};
  lease_record wanted_;
  /// What is known of the Lease; its version is empty where there is none.
  lease_record seen_;
  /// When that was seen first.
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
