#include "actors/session/read_session.hpp"

#include "runtime/log/stderr_log.hpp"
#include "schema/base/counted.hpp"
#include "schema/base/name_in_message.hpp"
#include "schema/secrets/config_change.hpp"

#include <algorithm>

namespace motorcade {

namespace {

failure_reason incomplete_reason(const std::string& text) {
  failure_reason out;
  out.message = "the connector ended the stream as incomplete";
  if (!text.empty())
    out.message += ": " + fit_for_reason(text);
  return out;
}

std::vector<stream_id> ids_of(const std::vector<session_stream>& streams) {
  std::vector<stream_id> out;
  out.reserve(streams.size());
  for (const auto& stream : streams)
    out.push_back(stream.id);
  return out;
}

} // namespace

read_session::read_session(read_session_settings settings,
                           session_backend& backend, session_time now)
    : settings_{std::move(settings)},
      backend_{backend},
      ledger_{settings_.streams.size()},
      last_activity_{now},
      last_word_{now},
      coverage_{settings_.whole_state_given},
      strangers_{ids_of(settings_.streams)} {
  for (auto& stream : settings_.streams) {
    index_.emplace(stream.id, streams_.size());
    if (!stream.incremental)
      ledger_.set_begins_anew(streams_.size());
    streams_.emplace_back(std::move(stream));
  }
}

// -- what the connector says -------------------------------------------------

void read_session::on_slab(const parsed_slab& input, session_time now) {
  if (input.lines > 0)
    last_activity_ = now;
  // States among the items may depend on them.
  attribute_unknown(input);
  attribute_rejected(input);
  for (const auto& item : input.items) {
    if (const auto* rows = std::get_if<row_batch>(&item))
      on_rows(*rows, now);
    else if (const auto* content = std::get_if<message>(&item))
      on_message(*content, now);
    else if (const auto* row = std::get_if<withheld_row>(&item))
      ledger_.bar(row->stream);
    else
      on_report(std::get<line_report>(item));
  }
  lines_ += input.lines;
  unread_.add(input);
  bytes_ += input.bytes;
  for (size_t i = 0; i < faults_.size(); ++i)
    faults_[i] += input.faults[i];
  faults_in_same_line_ += input.faults_in_same_line;
  save_what_may_be();
}

void read_session::attribute_unknown(const parsed_slab& input) {
  auto rows = input.faults[static_cast<size_t>(line_fault::unknown_stream)];
  // A connector counts the rows of streams that were not asked for, too.
  tally_.reject(rows);
  for (const auto& misnamed : input.misnamed) {
    on_misnamed(misnamed);
    if (!misnamed.may_be_another)
      rows -= std::min(rows, misnamed.rows);
  }
  strangers_.add_rows(rows);
}

void read_session::attribute_rejected(const parsed_slab& input) {
  for (const auto& rejected : input.rejected) {
    auto known =
        std::find_if(streams_.begin(), streams_.end(), [&](const auto& life) {
          return life.config.id.key() == rejected.stream;
        });
    if (known == streams_.end()) {
      unattributed_rows_ += rejected.rows;
      continue;
    }
    known->seen = true;
    known->rejected_rows += rejected.rows;
    known->tally.reject(rejected.rows);
    tally_.reject(rejected.rows);
  }
}

void read_session::on_logs(const log_batch& lines, session_time now) {
  last_activity_ = now;
  words_.add(lines);
}

void read_session::on_stderr(const log_batch& lines, session_time now) {
  heard_stderr_ = true;
  for (auto& text : unread_.add_stderr(lines))
    backend_.log(log_level::warn, std::move(text));
  last_activity_ = now;
  words_.add_stderr(lines);
}

void read_session::on_rows(const row_batch& batch, session_time now) {
  auto& life = streams_[batch.stream];
  auto count = batch.rows->rows();
  life.seen = true;
  life.rows += count;
  life.bytes += batch.data_bytes;
  life.tally.add_rows(count);
  tally_.add_rows(count);
  last_word_ = now;
  if (life.end == stream_end::complete) {
    // The end of the stream is open again, and no other status may come for it.
    life.end = stream_end::open;
    life.status_seen = false;
    backend_.log(log_level::warn, "stream " + life.config.id.key()
                                      + ": rows came after its COMPLETE");
  }
  if (!life.takes_rows()) {
    life.failed_rows += count;
    ledger_.bar(batch.stream);
  } else if (life.state_in_request) {
    hold(batch.stream, batch.rows, now);
  } else {
    add_to_request(batch.stream, batch.rows, now);
    cut_largest();
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
    on_control(*control, now);
  } else if (const auto* analytics = std::get_if<analytics_trace>(&content)) {
    backend_.log(log_level::debug,
                 "analytics " + analytics->type + ": " + analytics->value);
  } else if (const auto* document = std::get_if<document_message>(&content)) {
    backend_.log(log_level::info, "ignored a message of type " + document->type
                                      + ", which a read does not expect");
  } else if (const auto* unknown = std::get_if<unknown_message>(&content)) {
    backend_.log(log_level::info, "ignored a message of unknown type "
                                      + fit_for_reason(unknown->type));
  }
}

void read_session::on_status(const stream_status_trace& trace,
                             session_time now) {
  any_status_seen_ = true;
  auto found = find_or_say(trace.stream, "ignored a status of");
  if (!found)
    return;
  using status = stream_status_trace::status;
  auto& life = streams_[*found];
  life.seen = true;
  // Rows under a near name are not this stream's, then.
  if (life.near_rows > 0 && life.request_rows == 0 && !life.known_by_name()
      && life.misnamed_rows == 0)
    ledger_.forget_rows(*found);
  life.status_seen = life.status_ever_seen = true;
  last_activity_ = last_word_ = now;
  switch (trace.value) {
  case status::started:
    backend_.log(log_level::info,
                 "stream " + name_in_message(trace.stream) + " started");
    break;
  case status::running:
    if (!trace.reason.empty())
      backend_.log(log_level::info, "stream " + name_in_message(trace.stream)
                                        + ": " + fit_for_reason(trace.reason));
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
  auto reason = to_failure_reason(mask_secrets(trace));
  backend_.log(log_level::error, to_log_text(reason));
  headline_.add(reason);
  auto found = trace.stream ? find(*trace.stream) : std::nullopt;
  if (trace.stream && !found)
    find_or_say(*trace.stream, "an error names the");
  if (!found) {
    task_errors_.add(reason);
    return;
  }
  auto& life = streams_[*found];
  life.seen = true;
  reason.stream.reset();
  life.trace_errors.add(reason);
}

void read_session::on_estimate(const estimate_trace& trace) {
  if (!trace.stream)
    estimate_ = trace;
  else if (auto found = find(*trace.stream))
    streams_[*found].estimate = trace;
}

void read_session::on_control(const control_message& control,
                              session_time now) {
  backend_.log(
      log_level::warn,
      describe_config_change(settings_.connector_config, control.config));
  settings_.connector_config = control.config;
  last_word_ = now;
  ++configs_under_way_;
  backend_.save_config(control.config);
}

void read_session::on_report(const line_report& report) {
  if (auto text = faults_told_.tell(report, lines_))
    backend_.log(log_level::warn, std::move(*text));
  if (report.reason == line_fault::unknown_stream)
    strangers_.add_name(report.stream);
  unread_.add(report, lines_);
}

void read_session::on_near_name(size_t stream, const stream_id& sent,
                                std::string_view difference) {
  auto& life = streams_[stream];
  if (life.near_name.empty())
    life.near_name =
        name_in_message(sent) + " (" + std::string{difference} + ")";
}

void read_session::on_misnamed(const misnamed_rows& rows) {
  if (rows.may_be_another) {
    for (auto stream : rows.streams) {
      on_near_name(stream, rows.sent, rows.difference);
      streams_[stream].near_rows += rows.rows;
      if (!streams_[stream].known_by_name())
        ledger_.add_rows(stream, rows.rows);
    }
    return;
  }
  for (auto stream : rows.streams) {
    auto& life = streams_[stream];
    life.misnamed_rows += rows.rows;
    if (life.misnamed_as.empty())
      life.misnamed_as = name_in_message(rows.sent) + " ("
                         + std::string{rows.difference} + ")";
    life.seen = true;
    // No state is saved over them until rows of the stream's own name show that
    // the connector has both.
    if (life.rows == 0)
      ledger_.add_rows(stream, rows.rows);
  }
}

// -- outcomes of states ------------------------------------------------------

void read_session::on_states_saved(uint64_t count) {
  // They may have been given up before the answer came.
  states_under_way_ -= std::min(count, states_under_way_);
  states_saved_ += count;
  if (passed_.empty())
    return;
  for (const auto& [key, print] : passed_.front())
    settings_.chains.note_saved(key, print);
  passed_.pop_front();
}

void read_session::on_states_refused(const failure& reason, uint64_t count) {
  states_under_way_ -= std::min(count, states_under_way_);
  if (!passed_.empty())
    passed_.pop_front();
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
        counted(lines, "line") + " of log could not be stored: " + reason;
}

// -- helpers -----------------------------------------------------------------

std::optional<size_t> read_session::find(const stream_id& id) const {
  auto found = index_.find(id);
  return found == index_.end() ? std::nullopt : std::optional{found->second};
}

std::optional<size_t> read_session::find_or_say(const stream_id& id,
                                                std::string_view what) {
  auto found = find(id);
  if (!found && strangers_.reports_first_time(id))
    backend_.log(log_level::warn, std::string{what} + " stream "
                                      + name_in_message(id)
                                      + ", which the catalog does not name"
                                      + strangers_.in_words(id));
  return found;
}

} // namespace motorcade
