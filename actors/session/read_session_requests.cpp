// The requests of a read session: when they begin and end, and which rows they
// hold.
#include "actors/session/progress.hpp"
#include "actors/session/read_session.hpp"

#include "runtime/log/stderr_log.hpp"
#include "schema/base/counted.hpp"
#include "schema/base/cut_text.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// Past so many rows a full refresh is committed at a STATE.
constexpr uint64_t full_refresh_rows = 500'000;

constexpr size_t longest_reason = 2000;

/// The most requests of one transaction: each of them locks some tables and
/// indexes, and Postgres keeps 64 locks for each connection that it allows.
constexpr size_t most_joint_requests = 200;

} // namespace

// -- rows ---------------------------------------------------------------------

void read_session::add_to_request(size_t stream, block_ptr rows,
                                  session_time now) {
  auto& life = streams_[stream];
  if (life.request_rows == 0) {
    auto mode = life.next_mode();
    life.request_since = now;
    life.request_replaces = mode == write_mode::replace_table;
    backend_.open_request(stream, life.requests_opened + 1, mode);
    ++life.requests_opened;
  }
  ledger_.add_rows(stream, rows->rows());
  life.request_rows += rows->rows();
  life.request_bytes += rows->size();
  count_open_bytes(life);
  backend_.write(stream, std::move(rows));
}

void read_session::hold(size_t stream, block_ptr rows, session_time now) {
  auto& life = streams_[stream];
  if (life.held.empty())
    life.held_since = now;
  life.held_rows += rows->rows();
  life.held_bytes += rows->size();
  held_bytes_ += rows->size();
  life.held.push_back(std::move(rows));
  if (held_bytes_ <= settings_.held_bytes_limit)
    return;
  // All of them: a GLOBAL state needs the requests of every stream.
  for (size_t i = 0; i < streams_.size(); ++i) {
    auto& one = streams_[i];
    if (one.held.empty())
      continue;
    if (settings_.commits_are_costly
        && now - one.request_since < settings_.pace.age) {
      release(i);
      one.state_in_request = false;
      one.rows_behind_state = true;
    } else {
      close_request(i);
    }
  }
}

void read_session::release(size_t stream) {
  auto& life = streams_[stream];
  held_bytes_ -= life.held_bytes;
  life.held_rows = life.held_bytes = 0;
  for (auto& rows : std::exchange(life.held, {}))
    add_to_request(stream, std::move(rows), life.held_since);
}

void read_session::drop_held(size_t stream) {
  auto& life = streams_[stream];
  if (life.held.empty())
    return;
  life.failed_rows += life.held_rows;
  life.dropped = true;
  ledger_.bar(stream);
  held_bytes_ -= life.held_bytes;
  life.held_rows = life.held_bytes = 0;
  life.held.clear();
}

// -- when requests end --------------------------------------------------------

void read_session::count_open_bytes(stream_life& life) {
  // Ended without a state, a request would bring its rows twice where the
  // stream or the sidecar then fails, unless they are merged by key; and one
  // that replaces the table would leave a part of it.
  const auto needs_state = settings_.requests_are_kept
                           || settings_.chains.keeps(life.config.id.key());
  auto may_end =
      life.state_in_request
      || (life.config.incremental && !life.request_replaces
          && (!life.config.request.primary_key.empty() || !needs_state));
  open_bytes_ -= life.open_bytes;
  life.open_bytes = may_end ? life.request_bytes : 0;
  open_bytes_ += life.open_bytes;
}

void read_session::note_state_in_request(stream_life& life) {
  life.state_in_request = life.config.incremental && life.request_rows > 0;
  life.rows_behind_state = false;
  count_open_bytes(life);
}

void read_session::cut_largest() {
  while (open_bytes_ > settings_.open_bytes_limit) {
    // The largest is cut, so that small ones are not cut for its sake.
    auto largest = streams_.end();
    for (auto i = streams_.begin(); i != streams_.end(); ++i)
      if (i->open_bytes > 0 && !i->aborting
          && (largest == streams_.end() || i->open_bytes > largest->open_bytes))
        largest = i;
    if (largest == streams_.end())
      break;
    close_request(static_cast<size_t>(largest - streams_.begin()));
  }
}

bool read_session::ripe(const stream_life& life, session_time now) const {
  if (life.request_rows == 0 || life.aborting)
    return false;
  if (!life.config.incremental)
    return life.request_rows >= full_refresh_rows;
  return life.request_rows >= settings_.pace.rows
         || life.request_bytes >= settings_.pace.bytes
         || now - life.request_since >= settings_.pace.age
         || open_bytes_ >= settings_.open_bytes_limit / 2;
}

checkpoint_ledger::bond read_session::bond_of(size_t stream) const {
  if (settings_.chains.empty())
    return {};
  auto bond = ledger_.bond_of(stream, settings_.chains);
  const auto& bound = bond.streams;
  // One that cannot end now keeps the state from being true.
  const auto can_end = std::all_of(bound.begin(), bound.end(), [&](size_t one) {
    return streams_[one].request_rows > 0 && !streams_[one].aborting;
  });
  // Rows that replace others or are merged by a key may come twice.
  const auto must_be_once =
      std::any_of(bound.begin(), bound.end(), [&](size_t one) {
        return settings_.chains.keeps(streams_[one].config.id.key());
      });
  if (!can_end || !must_be_once || bound.size() > most_joint_requests
      || bound.size() + bond.before < 2)
    return {};
  return bond;
}

void read_session::close_request(size_t stream) {
  if (streams_[stream].request_rows == 0 || streams_[stream].aborting)
    return;
  auto [bound, before] = bond_of(stream);
  const auto joint = bound.empty()
                         ? nullptr
                         : std::make_shared<joint_commit>(bound.size(), before);
  if (bound.empty())
    bound.push_back(stream);
  for (const auto one : bound) {
    auto& life = streams_[one];
    const auto number = ledger_.close(one);
    life.under_way.push_back({number, life.request_rows,
                              life.request_replaces && life.config.incremental
                                  && life.end != stream_end::complete});
    life.request_rows = life.request_bytes = 0;
    life.state_in_request = life.rows_behind_state = false;
    count_open_bytes(life);
    if (joint)
      ledger_.join(one, number, joint, settings_.chains);
  }
  for (const auto one : bound) {
    commit_terms terms;
    if (!settings_.chains.empty())
      terms.notes = ledger_.notes_of(one, streams_[one].under_way.back().number,
                                     settings_.chains);
    if (joint)
      terms.part = std::make_unique<const joint_part>(joint);
    if (!terms.notes.empty() || terms.part)
      backend_.note(one, std::move(terms));
    backend_.finish_request(one);
  }
  for (const auto one : bound)
    release(one);
}

void read_session::close_old_request(size_t stream) {
  auto& life = streams_[stream];
  if (life.request_replaces && !life.state_in_request) {
    backend_.log(log_level::warn,
                 "stream " + life.config.id.key()
                     + ": its table is replaced by the "
                     + counted(life.request_rows, "row")
                     + " that came so far, as the destination keeps no request "
                       "open for longer; until the stream is complete the "
                       "table holds a part");
  }
  close_request(stream);
}

void read_session::abort_request(size_t stream) {
  auto& life = streams_[stream];
  life.aborting = true;
  ledger_.bar(stream);
  backend_.abort(stream);
}

void read_session::on_tick(session_time now) {
  for (size_t i = 0; i < streams_.size(); ++i) {
    auto& life = streams_[i];
    if (life.request_rows == 0 || life.aborting || end_)
      continue;
    auto age = now - life.request_since;
    if (age >= settings_.longest_request)
      close_old_request(i);
    else if (life.state_in_request && age >= settings_.pace.age
             && ledger_.open_request_wanted(i))
      close_request(i);
  }
}

// -- outcomes of requests -----------------------------------------------------

void read_session::on_commit(size_t stream, uint64_t number, session_time) {
  auto& life = streams_[stream];
  auto part = false;
  while (!life.under_way.empty() && life.under_way.front().number <= number) {
    part = part || life.under_way.front().part;
    life.committed_rows += life.under_way.front().rows;
    life.under_way.erase(life.under_way.begin());
  }
  ledger_.commit(stream, number);
  save_what_may_be(part ? &life : nullptr);
}

void read_session::on_failure(size_t stream, const failure& reason) {
  auto& life = streams_[stream];
  if (end_ == session_end::cancelled) {
    // The task was cancelled first; what failed says only what is in doubt.
    if (!life.has_own_failure()) {
      life.end = stream_end::cancelled;
      life.end_failure = stop_reason();
      life.end_failure->internal_message =
          cut_middle(mask_secrets(std::string{reason.what}), longest_reason);
    }
  } else if (!life.delivery_failure) {
    auto& told = life.delivery_failure.emplace();
    told.origin = failure_origin::destination;
    if (reason.code == ec::destination_unavailable)
      told.type = failure_type::transient_error;
    // A login that is refused, a database that is not there.
    if (reason.code == ec::invalid_argument)
      told.type = failure_type::config_error;
    told.message =
        cut_middle(mask_secrets(std::string{reason.what}), longest_reason);
    auto of_stream = told;
    of_stream.stream = life.config.id;
    headline_.add(of_stream);
  }
  life.delivery_failed = life.delivery_failed || end_ != session_end::cancelled;
  life.aborting = false;
  backend_.log(log_level::error,
               "stream " + life.config.id.key() + ": " + reason.what);
  drop_request(stream);
}

void read_session::on_aborted(size_t stream) {
  streams_[stream].aborting = false;
  streams_[stream].dropped = true;
  drop_request(stream);
}

void read_session::drop_request(size_t stream) {
  auto& life = streams_[stream];
  drop_held(stream);
  life.failed_rows += life.request_rows;
  for (auto& sent : life.under_way)
    life.failed_rows += sent.rows;
  life.under_way.clear();
  life.request_rows = life.request_bytes = 0;
  life.state_in_request = life.rows_behind_state = false;
  count_open_bytes(life);
  ledger_.fail(stream);
  // The state that is lost now held back later ones.
  save_what_may_be();
}

} // namespace motorcade
