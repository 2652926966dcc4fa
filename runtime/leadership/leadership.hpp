#pragma once

#include "runtime/leadership/lease_election.hpp"

#include <cstdint>
#include <memory>
#include <mutex>

namespace motorcade {

/// Until when this process leads, for all who act for the leader: they ask
/// before each call, so that a leader which is cut off from everybody stops by
/// itself. Thread-safe.
class leadership {
public:
  using time_point = boot_clock::time_point;

  /// @returns one that leads for ever, in term 1: of a process that has no
  /// rival.
  static std::shared_ptr<leadership> without_rival();

  /// Begins to lead, or goes on to.
  /// @returns the term: another one where it did not lead just now.
  uint64_t lead_until(time_point end, time_point now = boot_clock::now());

  /// Leads no more.
  void end();

  /// @returns the term in which this process leads; 0: it does not.
  uint64_t term(time_point now = boot_clock::now()) const;

  /// @param term In which an act was decided upon; 0: one that is up to any
  /// process.
  /// @returns whether it may be done.
  bool allows(uint64_t term) const;

  /// @returns how often this process has begun to lead.
  uint64_t terms() const;

private:
  mutable std::mutex mutex_;
  uint64_t terms_ = 0;
  time_point until_ = time_point::min();
};

using leadership_ptr = std::shared_ptr<const leadership>;

} // namespace motorcade
