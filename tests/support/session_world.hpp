#pragma once

#include "actors/session/read_session.hpp"

#include <catch2/catch_all.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace motorcade::test {

/// A read session, what its connector says, and a record of what it decides.
/// Nothing is answered unless the test says so.
class session_world : public session_backend {
public:
  using strings = std::vector<std::string>;

  session_world() { settings.pace = {100, 100'000, std::chrono::seconds{30}}; }

  // What the session decides, as text.
  void open_request(size_t stream, uint64_t number, write_mode mode) override {
    calls.push_back(
        "open " + std::to_string(stream) + "." + std::to_string(number)
        + (mode == write_mode::replace_table ? " replace_table" : " batch"));
  }

  void write(size_t stream, block_ptr rows) override {
    calls.push_back("write " + std::to_string(stream) + " "
                    + std::to_string(rows->rows()));
  }

  void note(size_t stream, commit_terms terms) override {
    for (const auto& note : terms.notes)
      noted.emplace_back(stream, note);
    if (terms.part)
      parts.emplace(stream, std::move(terms.part));
  }

  void finish_request(size_t stream) override {
    calls.push_back("commit " + std::to_string(stream));
  }

  void abort(size_t stream) override {
    calls.push_back("abort " + std::to_string(stream));
  }

  void save_states(std::vector<saveable_state> states) override {
    unsaved += states.size();
    for (auto& state : states)
      calls.push_back("save " + state.key + "=" + state.state);
  }

  void save_config(std::string config) override {
    configs.push_back(std::move(config));
  }

  void log(log_level level, std::string text) override {
    logs.push_back(std::string{to_string(level)} + " " + text);
  }

  // The streams are named a, b, c …
  session_world& full(size_t count = 1) { return add(count, false, false); }

  session_world& incremental(bool state_given = false) {
    return add(1, true, state_given);
  }

  /// The destination keeps the states of these keys beside the rows; their
  /// fingerprints are `#` and the state.
  void keep_notes(const strings& keys) {
    settings.chains = state_chains{std::make_shared<state_fingerprints>(
        catalog{},
        [](std::string_view text) { return "#" + std::string{text}; })};
    for (const auto& key : keys)
      settings.chains.keep(key, "#\"given\"");
  }

  /// @returns what is noted with the requests since the last call.
  strings take_notes() {
    strings out;
    for (const auto& [stream, note] : std::exchange(noted, {})) {
      const state_notes notes{note};
      for (const auto& due : note_turn{notes}.due()) {
        auto& text = out.emplace_back(std::to_string(stream) + " " + due.key
                                      + "=" + due.state + " after");
        for (const auto& link : due.links)
          text += ' ' + link;
      }
    }
    return out;
  }

  read_session& operator*() {
    if (!session_)
      session_ = std::make_unique<read_session>(settings, *this, now);
    return *session_;
  }

  read_session* operator->() { return &**this; }

  stream_id id(size_t stream) const { return settings.streams.at(stream).id; }

  // What the connector says.
  void rows(size_t stream, size_t count, size_t bytes = 10) {
    row_batch batch;
    batch.stream = static_cast<uint32_t>(stream);
    batch.rows = make_block(std::string(bytes, '\n'), count);
    batch.data_bytes = bytes;
    say(std::move(batch));
  }

  void state(size_t stream, std::string value,
             std::optional<double> records = {}) {
    say(message{state_message{state_kind::stream, id(stream), std::move(value),
                              records}});
  }

  void global(std::string value, std::optional<double> records = {}) {
    say(message{
        state_message{state_kind::global, {}, std::move(value), records}});
  }

  void legacy(std::string value) {
    say(message{state_message{state_kind::legacy, {}, std::move(value), {}}});
  }

  void status(size_t stream, stream_status_trace::status value,
              std::string reason = {}) {
    say(message{stream_status_trace{id(stream), value, std::move(reason)}});
  }

  void complete(size_t stream) {
    status(stream, stream_status_trace::status::complete);
  }

  void incomplete(size_t stream, std::string reason = {}) {
    status(stream, stream_status_trace::status::incomplete, std::move(reason));
  }

  void error(std::string text, std::optional<stream_id> stream = {}) {
    error_trace trace;
    trace.message = std::move(text);
    trace.stream = std::move(stream);
    say(message{std::move(trace)});
  }

  void say(parsed_slab::item item) {
    parsed_slab slab;
    slab.lines = 1;
    slab.items.push_back(std::move(item));
    (**this).on_slab(slab, now);
  }

  /// Rows that the parser refused.
  void reject(const std::string& key, uint64_t count) {
    parsed_slab slab;
    slab.lines = count;
    slab.faults[static_cast<size_t>(line_fault::row_too_long)] = count;
    slab.rejected.push_back({key, count});
    (**this).on_slab(slab, now);
  }

  void log_line(log_level level, std::string_view text) {
    log_batch batch;
    batch.add(level, text);
    (**this).on_logs(batch, now);
  }

  // What becomes of it.
  void committed(size_t stream, uint64_t number) {
    (**this).on_commit(stream, number, now);
  }

  void saved() { (**this).on_states_saved(std::exchange(unsaved, 0)); }

  void pass(session_time time) {
    now += time;
    (**this).on_tick(now);
  }

  void end(session_end why = session_end::source_ended,
           std::optional<int> code = {}, std::string reason = {}) {
    (**this).end(why, code, std::move(reason));
  }

  /// @returns what was decided since the last call.
  strings decided() { return std::exchange(calls, {}); }

  bool logged(std::string_view part) const {
    for (const auto& line : logs)
      if (line.find(part) != std::string::npos)
        return true;
    return false;
  }

  /// The outcome in one line, e.g. `FAILED 1 stream a: not processed`.
  std::string outcome() {
    auto end = (**this).outcome();
    auto text = std::string{to_string(end.status)} + " "
                + std::to_string(end.exit_code);
    return end.reason ? text + " " + end.error() : text;
  }

  std::string stream_status(size_t stream) {
    auto summary = (**this).summaries().at(stream);
    auto text = std::string{to_string(summary.status)};
    return summary.error.empty() ? text : text + " " + summary.error;
  }

  read_session_settings settings;
  session_time now{1'000'000};
  strings calls;
  /// The notes of requests, with their streams.
  std::vector<std::pair<size_t, shared_note_ptr>> noted;
  /// The parts in joint commits of requests, by stream.
  std::multimap<size_t, std::unique_ptr<const joint_part>> parts;
  strings logs;
  uint64_t unsaved = 0;
  strings configs;

private:
  session_world& add(size_t count, bool incremental, bool state_given) {
    for (size_t i = 0; i < count; ++i) {
      session_stream stream;
      stream.id.name =
          std::string(1, static_cast<char>('a' + settings.streams.size()));
      stream.incremental = incremental;
      stream.state_given = state_given;
      settings.streams.push_back(std::move(stream));
    }
    return *this;
  }

  std::unique_ptr<read_session> session_;
};

} // namespace motorcade::test
