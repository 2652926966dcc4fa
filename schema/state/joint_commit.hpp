#pragma once

#include "schema/state/state_note.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>

namespace motorcade {

/// Several requests that become visible in one transaction, together with the
/// state of all streams that is true with their rows: were each committed by
/// itself, a sidecar that is killed between two of them would leave rows in the
/// tables that no state tells of, and the next run would append them again.
///
/// Each request waits, with its rows in a table of its own, until all of them
/// do. What each waits for was complete before it or at the same moment, so
/// that they need no further row of the connector, and never wait in a circle.
/// A request that is given up sets the others free: they are committed one by
/// one, and the state is noted with none of them. Thread-safe.
class joint_commit {
public:
  /// @param members How many requests there are.
  /// @param before How many other requests, which are under way, must be
  /// committed first.
  joint_commit(size_t members, size_t before)
      : members_{members}, before_{before} {}

  joint_commit(const joint_commit&) = delete;
  joint_commit& operator=(const joint_commit&) = delete;

  /// @returns how many requests there are.
  size_t members() const { return members_; }

  /// @returns whether other requests must be committed first.
  bool waits_for_others() const;

  /// @returns whether each request is to be committed by itself.
  bool is_dissolved() const;

  /// Notes that one of the `before` requests is committed.
  void one_less();

  /// Has each request committed by itself.
  void dissolve();

  /// @param wake Called within `one_less` or `dissolve`, once that lets the
  /// requests go on. It must not block.
  void on_change(std::function<void()> wake);

private:
  const size_t members_;
  mutable std::mutex mutex_;
  size_t before_;
  bool dissolved_ = false;
  std::function<void()> wake_;
};

using joint_commit_ptr = std::shared_ptr<joint_commit>;

/// The part of one request in a joint commit, held by the object that brings
/// the request to the destination, at all attempts. Destroying it before the
/// request is committed gives the request up.
class joint_part {
public:
  /// @param whole Not null.
  explicit joint_part(joint_commit_ptr whole) : whole_{std::move(whole)} {}

  ~joint_part() { whole_->dissolve(); }

  joint_part(const joint_part&) = delete;
  joint_part& operator=(const joint_part&) = delete;

  /// @returns the joint commit that it is a part of.
  const joint_commit_ptr& whole() const { return whole_; }

private:
  joint_commit_ptr whole_;
};

/// What the commit of a request brings besides its rows.
struct commit_terms {
  /// The states that the commit makes true.
  state_notes notes = {};
  /// Null: the request is committed by itself.
  std::unique_ptr<const joint_part> part = {};
};

} // namespace motorcade
