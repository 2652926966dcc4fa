#pragma once

#include "runtime/leadership/lease_election.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

namespace motorcade {

/// Knows until when this process leads. All that acts for the leader asks it
/// before each call, so that a leader that is cut off stops by itself.
/// Thread-safe.
class leadership {
public:
  using time_point = boot_clock::time_point;

  /// @returns a leadership for ever, in term 1: for a process without a rival.
  static std::shared_ptr<leadership> without_rival();

  /// Begins the lead, or extends it.
  /// @returns the term: a new one if this process did not lead just now.
  uint64_t lead_until(time_point end, time_point now = boot_clock::now());

  /// Ends the lead.
  void end();

  /// Notes the process that leads, as its rivals see it.
  /// @param identity Its name in the election; empty: none leads.
  void note_holder(std::string identity);

  /// @returns the process that was last seen to lead; empty: none, or not
  /// known.
  std::string holder() const;

  /// @returns the term in which this process leads; 0: it does not.
  uint64_t term(time_point now = boot_clock::now()) const;

  /// @param term The term in which an act was decided; 0: an act that any
  /// process may do.
  /// @returns whether it may be done.
  bool allows(uint64_t term) const;

  /// @returns the number of times that this process has begun to lead.
  uint64_t terms() const;

private:
  mutable std::mutex mutex_;
  uint64_t terms_ = 0;
  time_point until_ = time_point::min();
  std::string holder_;
};

using leadership_ptr = std::shared_ptr<const leadership>;

} // namespace motorcade
