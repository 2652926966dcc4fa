#pragma once

#include "runtime/destination/warehouse/table_loader.hpp"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace motorcade {

/// An upload to a warehouse: a queue of blocks that any thread fills, and a
/// loader into which one thread at a time empties it.
struct load {
  upload_request request;
  std::string place;
  std::function<void(upload_outcome)> done;
  interruption stop;
  /// Whether the upload can be part of a joint commit.
  bool keeps_states = false;

  // Guarded by the queue's mutex.
  std::deque<block_ptr> incoming;
  state_notes notes = {};
  /// Null: the upload is committed by itself.
  joint_commit_ptr joint = {};
  bool queued = false;
  bool served = false;
  bool finished = false;
  bool aborted = false;
  bool closed = false;

  // The serving thread only.
  std::unique_ptr<table_loader> loader;
  /// The time that rows took so far.
  std::chrono::nanoseconds loading{0};
};

using load_ptr = std::shared_ptr<load>;

/// A few threads that serve any number of uploads, each by one thread at a
/// time, so that a task with hundreds of streams needs no more connections
/// than threads. Thread-safe.
class load_queue {
public:
  /// @param make Makes the loader of an upload, in the thread that serves it.
  load_queue(size_t threads, loader_factory make);

  /// Drops the uploads under way and calls each handler. If it is destroyed
  /// from within a handler, no further handler is called.
  ~load_queue();

  /// Begins an upload.
  void open(const load_ptr& one);

  /// Adds rows to an upload.
  void write(const load_ptr& one, block_ptr rows);

  /// Has states kept by the commit of an upload.
  void note(const load_ptr& one, const state_notes& notes);

  /// Commits an upload in one transaction with others; until all of them are
  /// finished it waits, without a thread and a connection.
  void join(const load_ptr& one, const joint_commit_ptr& joint);

  /// Has an upload committed; its handler is called with the outcome.
  void finish(const load_ptr& one);

  /// Ends an upload without a commit.
  /// @param even_if_finished Also if the commit may be under way.
  void abort(const load_ptr& one, bool even_if_finished);

private:
  struct core;

  /// Runs in each thread: serves uploads until the queue is destroyed.
  static void run(const std::shared_ptr<core>& shared);

  std::shared_ptr<core> core_;
  std::vector<std::thread> threads_;
};

} // namespace motorcade
