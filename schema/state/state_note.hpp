#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace motorcade {

/// A state that is kept beside the rows before it, in the transaction that
/// brings them: the sidecar's own database may not have it yet.
struct state_note {
  /// The stream's key, `_GLOBAL_STATE` or `_LEGACY_STATE`.
  std::string key;
  /// JSON, as the connector sent it.
  std::string state;
  /// The fingerprints of the states that the database may hold instead:
  /// if it holds one of them, the run ended before this state was
  /// saved.
  std::vector<std::string> links;

  friend bool operator==(const state_note&, const state_note&) = default;
};

class note_turn;

/// A note that several requests share: a state of all streams is true once the
/// last of them is committed, so that one's transaction keeps it. Thread-safe.
class shared_note {
public:
  /// @param requests How many commits make the state true.
  /// @param order Grows with the states: of two notes that one request has the
  /// larger one is the newer state's.
  shared_note(state_note content, size_t requests, uint64_t order = 0)
      : order_{order}, content_{std::move(content)}, missing_{requests} {}

  /// Replaces the state by a newer one that waits for the same requests.
  void renew(std::string state);

  /// Notes that one of the requests was committed without knowing of the note.
  void lower();

private:
  friend class note_turn;

  const uint64_t order_;
  std::mutex mutex_;
  state_note content_;
  size_t missing_;
};

using shared_note_ptr = std::shared_ptr<shared_note>;
using state_notes = std::vector<shared_note_ptr>;

/// The turn of one request to commit, or of several in one transaction: while
/// it lives no other request that shares a note can commit, so that exactly one
/// commit is the last. Make it right before COMMIT.
class note_turn {
public:
  /// @param notes Those of the requests: a note that several of them share
  /// stands there once for each.
  explicit note_turn(state_notes notes);

  /// @returns the notes that this commit makes true, the newest of each key.
  std::vector<state_note> due() const;

  /// Notes that the destination has answered: the requests are committed.
  void committed();

private:
  struct share {
    shared_note_ptr note;
    /// How many requests of this commit have it.
    size_t requests;
    std::unique_lock<std::mutex> lock;
  };

  /// In the order of the states.
  std::vector<share> shares_;
};

} // namespace motorcade
