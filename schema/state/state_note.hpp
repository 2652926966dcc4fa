#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
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
  shared_note(state_note content, size_t requests)
      : content_{std::move(content)}, missing_{requests} {}

  /// Replaces the state by a newer one that waits for the same requests.
  void renew(std::string state);

  /// Notes that one of the requests was committed without knowing of the note.
  void lower();

private:
  friend class note_turn;

  std::mutex mutex_;
  state_note content_;
  size_t missing_;
};

using shared_note_ptr = std::shared_ptr<shared_note>;
using state_notes = std::vector<shared_note_ptr>;

/// One request's turn to commit: while it lives no other request that shares a
/// note can commit, so that exactly one of them is the last. Make it right
/// before COMMIT.
class note_turn {
public:
  /// @param notes Those of the request, in the order of their states. Must
  /// outlive the turn.
  explicit note_turn(std::span<const shared_note_ptr> notes);

  /// @returns the notes that this commit makes true, the newest of each key.
  std::vector<state_note> due() const;

  /// Notes that the destination has answered: the request is committed.
  void committed();

private:
  std::span<const shared_note_ptr> notes_;
  std::vector<std::unique_lock<std::mutex>> locks_;
};

} // namespace motorcade
