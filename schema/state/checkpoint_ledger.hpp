#pragma once

#include "schema/state/joint_commit.hpp"
#include "schema/state/saved_states.hpp"
#include "schema/state/state_chains.hpp"
#include "schema/state/state_note.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace motorcade {

/// A state that may be saved now.
struct saveable_state {
  /// The stream's key, `_GLOBAL_STATE` or `_LEGACY_STATE`.
  std::string key;
  /// As it came.
  std::string state;
  /// Saving it ends the states of other kinds.
  bool supersedes = true;
  /// Made by `state_chains`; empty: not made yet.
  std::string fingerprint = {};
};

/// Decides when a state may be saved: once every row that came before it, of
/// the streams that it covers, is committed.
///
/// The rows of a stream fall into requests, which are committed in their order.
/// A state waits, of every stream that it covers, for the request that was the
/// last one with rows when the state came. Of states that wait for the same
/// requests only the newest of a key is kept, so the ledger holds no more
/// states than there are requests under way.
///
/// The newest kind of state counts (STREAM, GLOBAL, LEGACY), so states of
/// different kinds become saveable in the order in which they came: a state of
/// one stream waits, whatever rows it needs, until every older state of all
/// streams is saveable or lost. A state of all streams needs the rows of each
/// older state, so it is never saveable before one. Saved out of order, a state
/// would bring back what a newer one has ended, or end what came after it.
class checkpoint_ledger {
public:
  /// @param streams How many there are; they are named by 0 … streams - 1.
  explicit checkpoint_ledger(size_t streams);

  /// Notes that each read begins the stream anew, whatever states there are: it
  /// is a full refresh. A state of all streams is noted beside the rows of the
  /// other streams without waiting for the rows of this one. It is saved only
  /// after those, too.
  void set_begins_anew(size_t stream) { streams_[stream].begins_anew = true; }

  /// Counts rows of the stream into its open request.
  void add_rows(size_t stream, uint64_t rows);

  /// Forgets the rows in the open request, which turned out to be none of the
  /// stream's: no state waits for them any more.
  void forget_rows(size_t stream);

  /// @returns the rows in the stream's open request.
  uint64_t open_rows(size_t stream) const { return streams_[stream].open_rows; }

  /// Ends the open request; the next rows begin another. Precondition: it has
  /// rows.
  /// @returns the number of the request, counted from 1 within the stream.
  uint64_t close(size_t stream);

  /// The requests that must become visible in one transaction.
  struct bond {
    /// Their streams; these requests are open.
    std::vector<size_t> streams;
    /// The number of closed requests that must be committed before.
    size_t before = 0;
  };

  /// @returns what the commit of a stream's open request is bound to by the
  /// newest state of all streams that is to be noted and needs it; no streams:
  /// nothing.
  bond bond_of(size_t stream, const state_chains& chains) const;

  /// Notes that requests were closed together which `bond_of` has named.
  /// @param stream One of them.
  /// @param number As `close` has returned it for that stream.
  void join(size_t stream, uint64_t number, const joint_commit_ptr& joint,
            const state_chains& chains);

  /// Makes notes of the states that become saveable with a request, for the
  /// destination to keep in the same transaction. To be called once, when the
  /// request is closed. Connectors that mix kinds of states get fewer notes.
  /// @param number As `close` has returned it.
  /// @param chains Which states are noted, and what the database may hold.
  state_notes notes_of(size_t stream, uint64_t number,
                       const state_chains& chains);

  /// Notes that the destination has committed a request, and so all requests of
  /// the stream before it.
  /// @param number As `close` has returned it.
  void commit(size_t stream, uint64_t number);

  /// Gives up the rows of the stream that are not committed. States that cover
  /// them are lost, and so are later ones.
  void fail(size_t stream);

  /// Loses states that come from now on and cover the stream. States that wait
  /// for its requests are kept.
  void bar(size_t stream) { streams_[stream].barred = true; }

  /// Takes a state that covers one stream.
  /// @param supersedes Whether saving it ends the states of other kinds.
  void add_stream_state(size_t stream, std::string key, std::string state,
                        bool supersedes = true);

  /// Takes a state that covers all streams.
  void add_global_state(std::string key, std::string state);

  /// @returns whether states that come now and cover the stream can ever be
  /// saved.
  bool takes_states(size_t stream) const {
    return !streams_[stream].failed && !streams_[stream].barred;
  }

  /// @returns the same for states that cover all streams.
  bool takes_whole_states() const;

  /// @returns whether a waiting state needs the stream's open request, so that
  /// it is worth committing.
  bool open_request_wanted(size_t stream) const;

  /// @returns the states that became saveable, in their order, the newest of
  /// each key; each is returned once.
  std::vector<saveable_state> take_saveable();

  /// @returns how many states wait.
  size_t waiting() const { return waiting_.size(); }

  /// @returns how many states came that can never be saved.
  uint64_t lost() const { return lost_; }

private:
  struct stream_requests {
    /// The number of the open request, and that of the last committed one.
    uint64_t open_request = 1;
    uint64_t open_rows = 0;
    uint64_t committed = 0;
    bool failed = false;
    bool barred = false;
    bool begins_anew = false;
  };

  struct need {
    size_t stream;
    uint64_t number;

    friend bool operator==(const need&, const need&) = default;
  };

  struct waiting_state {
    saveable_state content;
    std::vector<need> needs;
    /// Null: no request was given one.
    shared_note_ptr note = {};
    /// The requests that know the note.
    std::vector<need> noted = {};
    /// The number of the state, in the order in which they came.
    uint64_t order = 0;
    /// The requests that keep it beside their rows in one transaction; null:
    /// there are none.
    joint_commit_ptr joint = {};
    std::vector<need> joined = {};
  };

  /// @returns whether a waiting state is of all streams, and to be noted.
  static bool binds(const waiting_state& state, const state_chains& chains);

  /// @returns whether a note of the state needs that request.
  bool needed_by_note(const waiting_state& state, const need& n) const;

  /// @returns whether a request under way knows the note of the state.
  bool is_noted_under_way(const waiting_state& state) const;

  /// Takes a state that waits for these requests, in place of an older one of
  /// its key that waits for the same.
  /// @param possible False: it can never be saved, and counts as lost.
  void add(std::vector<need> needs, bool possible, saveable_state content);

  /// Drops the needs that are met.
  void drop_met_needs(waiting_state& state) const;

  /// Drops each state that will be saveable at the very moment of a newer one
  /// of its key, whatever is committed or fails until then.
  void drop_outdated();

  /// @returns whether `drop_outdated` drops a state: a newer one of its key
  /// waits for the same requests, and both are held back by the same state of
  /// all streams, or by two that wait for the same. A state of all streams is
  /// dropped only if the next one holds back every state that it holds back.
  bool is_outdated(size_t index) const;

  /// @returns what the newest state of all streams that is older than that one
  /// waits for; null: there is none.
  const std::vector<need>* needs_of_whole_before(size_t index) const;

  /// @returns whether a state is of all streams.
  static bool is_whole(const waiting_state& state) {
    return kind_of_state(state.content.key) != state_kind::stream;
  }

  /// Makes saveable each waiting state that needs no more rows and that no
  /// older state of all streams holds back.
  void release_in_order();

  /// @returns the stream's last request with rows, which a state that comes now
  /// waits for.
  need need_of(size_t stream) const;

  /// @returns whether the request is committed.
  bool met(const need& n) const {
    return streams_[n.stream].committed >= n.number;
  }

  std::vector<stream_requests> streams_;
  std::deque<waiting_state> waiting_;
  std::vector<saveable_state> saveable_;
  uint64_t lost_ = 0;
  uint64_t states_ = 0;
};

} // namespace motorcade
