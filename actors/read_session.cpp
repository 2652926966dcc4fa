#include "actors/read_session.hpp"
#include "actors/progress.hpp"

#include "runtime/console.hpp"
#include "schema/config_change.hpp"
#include "schema/stream_guess.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// Bulker ends a request after 30 minutes.
constexpr auto oldest_request = std::chrono::minutes{25};

/// Past so many rows a full refresh is committed at a STATE.
constexpr uint64_t full_refresh_rows = 500'000;

constexpr size_t longest_reason = 2000;

/// Makes foreign text fit to be stored as a reason.
std::string shorten(std::string text) {
  text = mask_secrets(std::move(text));
  if (text.size() <= longest_reason)
    return text;
  text.resize(longest_reason);
  return to_clean_text(text) + "…";
}

failure_reason incomplete_reason(const std::string& text) {
  failure_reason out;
  out.message = "the connector ended the stream as incomplete";
  if (!text.empty())
    out.message += ": " + shorten(text);
  return out;
}

} // namespace

read_session::read_session(read_session_settings settings,
                           session_backend& backend, session_time now)
    : settings_{std::move(settings)},
      backend_{backend},
      ledger_{settings_.streams.size()},
      last_activity_{now} {
  for (auto& stream : settings_.streams) {
    index_.emplace(stream.id, streams_.size());
    streams_.emplace_back(std::move(stream));
  }
}

// -- what the connector says -------------------------------------------------

void read_session::on_slab(const parsed_slab& input, session_time now) {
  if (input.lines > 0)
    last_activity_ = now;
  // States among the items may depend on them.
  for (const auto& misnamed : input.misnamed)
    on_misnamed(misnamed);
  for (const auto& item : input.items) {
    if (const auto* rows = std::get_if<row_batch>(&item))
      on_rows(*rows, now);
    else if (const auto* content = std::get_if<message>(&item))
      on_message(*content, now);
    else if (const auto* row = std::get_if<withheld_row>(&item))
      ledger_.withhold(row->stream);
    else
      on_report(std::get<line_report>(item));
  }
  lines_ += input.lines;
  unread_.add(input);
  bytes_ += input.bytes;
  for (size_t i = 0; i < faults_.size(); ++i)
    faults_[i] += input.faults[i];
  for (const auto& rejected : input.rejected) {
    auto known =
        std::find_if(streams_.begin(), streams_.end(), [&](const auto& life) {
          return life.config.id.key() == rejected.stream;
        });
    if (known == streams_.end()) {
      unattributed_rows_ += rejected.rows;
    } else {
      known->seen = true;
      known->rejected_rows += rejected.rows;
    }
  }
  save_what_may_be();
}

void read_session::on_logs(const log_batch& lines, session_time now) {
  last_activity_ = now;
  for (size_t i = lines.size(); i > 0; --i) {
    auto entry = lines[i - 1];
    if (entry.level >= log_level::error) {
      last_error_log_ = shorten(std::string{entry.text.substr(0, 4000)});
      return;
    }
  }
}

void read_session::on_stderr(const log_batch& lines, session_time now) {
  heard_stderr_ = true;
  on_logs(lines, now);
}

void read_session::on_rows(const row_batch& batch, session_time now) {
  auto& life = streams_[batch.stream];
  auto count = batch.rows->rows();
  life.seen = true;
  life.rows += count;
  life.bytes += batch.data_bytes;
  life.rows_since_state += count;
  rows_since_global_state_ += count;
  if (life.end == stream_end::complete) {
    // How the stream ends is open again, and no status may come any more.
    life.end = stream_end::open;
    life.status_seen = false;
    backend_.log(log_level::warn, "stream " + life.config.id.key()
                                      + ": rows came after its COMPLETE");
  }
  if (!life.takes_rows()) {
    life.failed_rows += count;
    ledger_.fail(batch.stream);
    return;
  }
  if (life.unit_rows == 0) {
    life.unit_since = now;
    backend_.open_unit(batch.stream, life.units_opened + 1, life.next_mode());
    ++life.units_opened;
  }
  ledger_.add_rows(batch.stream, count);
  life.unit_rows += count;
  life.unit_bytes += batch.rows->size();
  life.at_state = false;
  open_bytes_ += life.config.incremental ? batch.rows->size() : 0;
  backend_.write(batch.stream, batch.rows);
  while (open_bytes_ > settings_.open_bytes_limit) {
    // The largest is cut, so that small ones are not cut for its sake.
    auto largest = streams_.end();
    for (auto i = streams_.begin(); i != streams_.end(); ++i)
      if (i->config.incremental && i->unit_bytes > 0 && !i->aborting
          && (largest == streams_.end() || i->unit_bytes > largest->unit_bytes))
        largest = i;
    if (largest == streams_.end())
      break;
    close_unit(static_cast<size_t>(largest - streams_.begin()));
  }
}

void read_session::on_message(const message& content, session_time now) {
  if (const auto* state = std::get_if<state_message>(&content)) {
    on_state(*state, now);
  } else if (const auto* status = std::get_if<stream_status_trace>(&content)) {
    on_status(*status, now);
  } else if (const auto* error = std::get_if<error_trace>(&content)) {
    on_error(*error);
  } else if (const auto* estimate = std::get_if<estimate_trace>(&content)) {
    on_estimate(*estimate);
  } else if (const auto* control = std::get_if<control_message>(&content)) {
    on_control(*control);
  } else if (const auto* analytics = std::get_if<analytics_trace>(&content)) {
    backend_.log(log_level::debug,
                 "analytics " + analytics->type + ": " + analytics->value);
  } else if (const auto* document = std::get_if<document_message>(&content)) {
    backend_.log(log_level::info, "ignored a message of type " + document->type
                                      + ", which a read does not expect");
  } else if (const auto* unknown = std::get_if<unknown_message>(&content)) {
    backend_.log(log_level::info, "ignored a message of unknown type "
                                      + shorten(to_clean_text(unknown->type)));
  }
}

void read_session::on_state(const state_message& state, session_time now) {
  if (state.kind == state_kind::stream) {
    auto found = find_or_say(state.stream, "state");
    // Saved, it would skip rows that were never delivered, were the stream to
    // join the catalog later.
    if (!found)
      return;
    auto& life = streams_[*found];
    life.seen = true;
    ++life.states;
    check_count(state, life.rows_since_state, "stream " + state.stream.key());
    life.rows_since_state = 0;
    life.at_state = true;
    ledger_.add_stream_state(*found, state.stream.key(), state.state);
    if (ripe(life, now))
      close_unit(*found);
  } else {
    auto global = state.kind == state_kind::global;
    check_count(state, rows_since_global_state_, "all streams");
    rows_since_global_state_ = 0;
    ledger_.add_global_state(global ? "_GLOBAL_STATE" : "_LEGACY_STATE",
                             state.state);
    auto any = false;
    for (auto& life : streams_) {
      life.at_state = true;
      any = any || ripe(life, now);
    }
    // The state needs them all, so they go together.
    for (size_t i = 0; any && i < streams_.size(); ++i)
      if (streams_[i].unit_rows > 0
          && (streams_[i].config.incremental || ripe(streams_[i], now)))
        close_unit(i);
  }
}

void read_session::on_status(const stream_status_trace& trace,
                             session_time now) {
  auto found = find_or_say(trace.stream, "status");
  if (!found)
    return;
  using status = stream_status_trace::status;
  auto& life = streams_[*found];
  life.seen = true;
  life.status_seen = true;
  last_activity_ = now;
  switch (trace.value) {
  case status::started:
    backend_.log(log_level::info, "stream " + trace.stream.key() + " started");
    break;
  case status::running:
    if (!trace.reason.empty())
      backend_.log(log_level::info, "stream " + trace.stream.key() + ": "
                                        + shorten(trace.reason));
    break;
  case status::complete:
    finish(*found, stream_end::complete, {});
    break;
  case status::incomplete:
    finish(*found, stream_end::incomplete, incomplete_reason(trace.reason));
    break;
  }
}

void read_session::on_error(const error_trace& trace) {
  any_trace_error_ = true;
  auto reason = mask_secrets(to_failure_reason(trace));
  backend_.log(log_level::error, to_log_text(reason));
  auto found = trace.stream ? find(*trace.stream) : std::nullopt;
  if (found) {
    streams_[*found].seen = true;
    reason.stream.reset();
  }
  auto& error = found ? streams_[*found].trace_error : task_error_;
  if (!error)
    error = std::move(reason);
}

void read_session::on_estimate(const estimate_trace& trace) {
  if (!trace.stream)
    estimate_ = trace;
  else if (auto found = find(*trace.stream))
    streams_[*found].estimate = trace;
}

void read_session::on_control(const control_message& control) {
  backend_.log(
      log_level::warn,
      describe_config_change(settings_.connector_config, control.config));
  settings_.connector_config = control.config;
  ++configs_under_way_;
  backend_.save_config(control.config);
}

void read_session::on_report(const line_report& report) {
  if (auto text = faults_told_.tell(report, lines_))
    backend_.log(log_level::warn, std::move(*text));
  unread_.add(report, lines_);
}

void read_session::on_misnamed(const misnamed_rows& rows) {
  for (auto stream : rows.streams) {
    auto& life = streams_[stream];
    life.misnamed_rows += rows.rows;
    if (life.rows > 0)
      continue;
    life.seen = true;
    life.misnamed_as = to_clean_text(rows.sent.key()) + " ("
                       + std::string{rows.difference} + ")";
    // No state is saved over them until rows of the stream's own name show that
    // they are another stream's.
    ledger_.add_rows(stream, rows.rows);
  }
}

// -- what became of it -------------------------------------------------------

void read_session::on_commit(size_t stream, uint64_t unit, session_time) {
  auto& life = streams_[stream];
  while (!life.under_way.empty() && life.under_way.front().unit <= unit) {
    life.committed_rows += life.under_way.front().rows;
    life.under_way.erase(life.under_way.begin());
  }
  ledger_.commit(stream, unit);
  save_what_may_be();
}

void read_session::on_failure(size_t stream, const failure& reason) {
  auto& life = streams_[stream];
  if (!life.delivery_failure) {
    auto& told = life.delivery_failure.emplace();
    told.origin = failure_origin::destination;
    if (reason.code == ec::destination_unavailable)
      told.type = failure_type::transient_error;
    told.message = shorten(reason.what);
  }
  life.delivery_failed = true;
  life.aborting = false;
  backend_.log(log_level::error,
               "stream " + life.config.id.key() + ": " + reason.what);
  drop_unit(stream);
}

void read_session::on_aborted(size_t stream) {
  streams_[stream].aborting = false;
  streams_[stream].dropped = true;
  drop_unit(stream);
}

void read_session::drop_unit(size_t stream) {
  auto& life = streams_[stream];
  open_bytes_ -= life.config.incremental ? life.unit_bytes : 0;
  life.failed_rows += life.unit_rows;
  for (auto& sent : life.under_way)
    life.failed_rows += sent.rows;
  life.under_way.clear();
  life.unit_rows = life.unit_bytes = 0;
  ledger_.fail(stream);
}

void read_session::on_states_saved(uint64_t count) {
  // They may have been given up before the answer came.
  states_under_way_ -= std::min(count, states_under_way_);
  states_saved_ += count;
}

void read_session::on_states_refused(const failure& reason, uint64_t count) {
  states_under_way_ -= std::min(count, states_under_way_);
  if (storage_error_.empty())
    storage_error_ = "a state could not be stored: " + reason.what;
  backend_.log(log_level::error, "a state could not be stored: " + reason.what);
}

void read_session::on_config_saved() {
  configs_under_way_ -= std::min<uint64_t>(1, configs_under_way_);
}

void read_session::on_config_refused(const failure& reason) {
  on_config_saved();
  auto text = "the config that the connector changed is lost: " + reason.what;
  if (storage_error_.empty())
    storage_error_ = text;
  backend_.log(log_level::error, std::move(text));
}

void read_session::give_up_storing() {
  storing_given_up_ =
      storing_given_up_ || states_under_way_ > 0 || configs_under_way_ > 0;
  states_under_way_ = configs_under_way_ = 0;
}

void read_session::on_logs_lost(uint64_t lines, const std::string& reason) {
  if (storage_error_.empty())
    storage_error_ =
        plural(lines, "line") + " of log could not be stored: " + reason;
}

void read_session::on_tick(session_time now) {
  for (size_t i = 0; i < streams_.size(); ++i) {
    auto& life = streams_[i];
    if (life.unit_rows == 0 || life.aborting || end_)
      continue;
    auto age = now - life.unit_since;
    auto waited = life.at_state && life.config.incremental
                  && age >= settings_.pace.age && ledger_.open_unit_wanted(i);
    if (age >= oldest_request || waited)
      close_unit(i);
  }
}

// -- helpers -----------------------------------------------------------------

std::optional<size_t> read_session::find(const stream_id& id) const {
  auto found = index_.find(id);
  return found == index_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<size_t> read_session::find_or_say(const stream_id& id,
                                                std::string_view what) {
  auto found = find(id);
  constexpr size_t most_strangers = 1000;
  if (!found && strangers_.size() < most_strangers
      && strangers_.insert(id.key()).second)
    backend_.log(log_level::warn, "ignored a " + std::string{what}
                                      + " of stream " + to_clean_text(id.key())
                                      + ", which the catalog does not name"
                                      + near_name(id));
  return found;
}

std::string read_session::near_name(const stream_id& id) const {
  std::vector<stream_id> known;
  for (const auto& life : streams_)
    known.push_back(life.config.id);
  auto guess = guess_stream(id, known);
  if (guess.streams.empty())
    return {};
  return "; perhaps " + known[guess.streams[0]].key()
         + " is meant: " + std::string{guess.difference};
}

bool read_session::ripe(const stream_life& life, session_time now) const {
  if (life.unit_rows == 0 || life.aborting)
    return false;
  if (!life.config.incremental)
    return life.unit_rows >= full_refresh_rows;
  return life.unit_rows >= settings_.pace.rows
         || life.unit_bytes >= settings_.pace.bytes
         || now - life.unit_since >= settings_.pace.age
         || open_bytes_ >= settings_.open_bytes_limit / 2;
}

void read_session::close_unit(size_t stream) {
  auto& life = streams_[stream];
  if (life.unit_rows == 0 || life.aborting)
    return;
  auto unit = ledger_.close(stream);
  life.under_way.push_back({unit, life.unit_rows});
  open_bytes_ -= life.config.incremental ? life.unit_bytes : 0;
  life.unit_rows = life.unit_bytes = 0;
  backend_.commit(stream);
}

void read_session::save_what_may_be() {
  auto states = ledger_.take_saveable();
  if (states.empty())
    return;
  states_under_way_ += states.size();
  backend_.save_states(std::move(states));
}

void read_session::check_count(const state_message& state, uint64_t seen,
                               const std::string& of) {
  if (!state.source_records
      || *state.source_records == static_cast<double>(seen))
    return;
  backend_.log(log_level::warn,
               of + ": the connector counts "
                   + std::to_string(static_cast<int64_t>(
                       std::clamp(*state.source_records, -1e18, 1e18)))
                   + " records since the last state, " + std::to_string(seen)
                   + " came");
}

} // namespace motorcade
