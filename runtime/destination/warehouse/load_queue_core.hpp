#pragma once

#include "runtime/destination/warehouse/load_queue.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

namespace motorcade {

/// What the threads of a queue share. It outlives the queue where a thread
/// does.
struct load_queue::core {
  /// @param factory Makes the loader of an upload.
  explicit core(loader_factory factory) : make{std::move(factory)} {}

  using loads = std::vector<load_ptr>;
  using time_point = std::chrono::steady_clock::time_point;

  /// The next step of the serving thread.
  enum class step : uint8_t { add, commit, drop, rest };

  /// What becomes of an upload that was served.
  enum class after : uint8_t {
    /// It has ended.
    over,
    /// It goes on when rows or an end come for it.
    goes_on,
    /// It is parked: another thread may serve it by now.
    parked,
  };

  /// Lets a thread serve an upload. The mutex is locked.
  void enqueue(const load_ptr& one);

  /// Waits a moment for what comes next.
  /// @param rows Gets the rows for `add`.
  step next(const load_ptr& one, block_ptr& rows);

  /// Serves an upload until it is over or has to wait.
  after serve(const load_ptr& one);

  /// Ends an upload, and tells its handler.
  void end(const load_ptr& one, const result<void>& how,
           const std::optional<load_summary>& summary = {});

  /// @returns what a commit did that began at that time and has ended.
  static load_summary summarize(const load& one, time_point began);

  // Joint commits, in load_queue_joint.cpp.

  /// @returns whether the upload is to be committed with others.
  bool is_joint(const load_ptr& one);

  /// Commits a finished upload with the others if it is the last one, or parks
  /// it.
  after meet(const load_ptr& one);

  /// @returns all uploads of the joint commit, that one first, which no other
  /// thread serves from now on; none if some of them are missing. The mutex is
  /// locked.
  loads take_all(const load_ptr& one);

  /// @returns whether the upload waits for others. The mutex is locked.
  bool is_parked(const load_ptr& one) const;

  /// Lets an upload wait for the others; its thread may not touch it any more.
  /// The mutex is locked.
  void park(const load_ptr& one);

  /// Ends the wait for others, if there is one. The mutex is locked.
  void unpark(const load_ptr& one);

  /// Commits uploads together. If that fails, one of them ends, and the others
  /// wait for its next attempt.
  /// @param all All uploads of the joint commit, that one first.
  after commit_together(const load_ptr& one, const loads& all);

  const loader_factory make;
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<load_ptr> ready;
  std::set<load_ptr> open;
  /// Uploads that wait for the others of their joint commits, with all rows in
  /// their own tables and no connection.
  std::map<const joint_commit*, loads> parked;
  bool stopping = false;
  bool silent = false;
};

} // namespace motorcade
