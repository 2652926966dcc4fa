#pragma once

#include "actors/sync/coordinator.hpp"
#include "support/actor_fixture.hpp"
#include "support/scratch_folder.hpp"
#include "support/scripted_destination.hpp"

#include <algorithm>
#include <deque>
#include <set>
#include <string>
#include <vector>

namespace motorcade::test {

/// The messages to the coordinator's peers, and their answers.
struct peers {
  std::vector<std::string> rows;
  std::vector<std::string> states;
  std::vector<std::string> lines;
  /// stored: row statuses and `flush`, in their order.
  std::vector<std::string> order;
  task_row last_row;
  std::vector<result_row> results;
  std::vector<config_row> configs;
  size_t flushes = 0;
  size_t stops = 0;
  /// The coordinator that is tested, as its reader knows it.
  coordinator_actor leader;
  /// The slabs of stdout so far, and the pipes that have ended.
  uint64_t slabs = 0;
  std::set<pipe_kind> ended;
  /// The bytes that the reader leaves in stdout, and the slab that it finds
  /// there when it stops.
  uint64_t unread_bytes = 0;
  parsed_slab_ptr left_in_pipe;
  /// Readers ignore all that they are told.
  bool readers_hang = false;
  size_t readings = 0;
  /// The store answers nothing while this is set.
  bool database_away = false;
  /// The store answers to states when it is told to, in their order.
  bool owes_states = false;
  std::deque<caf::typed_response_promise<atom::ok>> owed_states;
  failure states_refusal;
  failure refusal;
  task_status row_has = task_status::running;
  uint64_t lost_lines = 0;
  /// The log keeps its lines, as while the database is away.
  bool keeps_lines = false;
  std::vector<log_batch_ptr> kept_lines;
};

/// A coordinator among peers that do what the test says.
struct coordinator_world : actor_fixture {
  coordinator_world() {
    settings.row.task_id = "the-task";
    settings.row.package = "the-package";
    settings.where = where;
    settings.budget = std::make_shared<retry_budget>(1 << 20);
    settings.window = window;
    settings.store = spawn([seen = seen](store_actor::pointer actor) {
      return mock_store(actor, seen);
    });
    settings.log = spawn([seen = seen](task_log_actor::pointer actor) {
      return mock_log(actor, seen);
    });
    reader = spawn([seen = seen](pipe_reader_actor::pointer actor) {
      return mock_reader(actor, seen);
    });
    parser = spawn([]() -> parser_actor::behavior_type {
      return {[](const slab_ptr&) {
      }};
    });
    settings.read = [this](const coordinator_actor& leader) {
      ++seen->readings;
      seen->leader = leader;
      return reading_actors{{reader}, {parser}};
    };
    settings.session.pace = {100, 1 << 20, std::chrono::seconds{30}};
    session_stream stream;
    stream.id.name = "a";
    stream.request.table = "a";
    settings.session.streams.push_back(stream);
  }

  ~coordinator_world() {
    seen->leader = nullptr;
    // Those who wait for an answer hold the ones they asked.
    for (auto& promise : held_)
      caf::anon_send_exit(promise, caf::exit_reason::kill);
  }

  static store_actor::behavior_type
  mock_store(store_actor::pointer self, const std::shared_ptr<peers>& seen) {
    return {
        [self, seen](atom::prepare) -> caf::result<atom::ok> {
          if (seen->database_away)
            return self->make_response_promise<atom::ok>();
          if (seen->refusal.code != ec::none)
            return to_error(seen->refusal);
          return atom::ok_v;
        },
        [self, seen](const task_row_ptr& row) -> caf::result<task_status> {
          if (seen->database_away)
            return self->make_response_promise<task_status>();
          if (seen->refusal.code != ec::none)
            return to_error(seen->refusal);
          seen->rows.emplace_back(to_string(row->status));
          seen->order.emplace_back(to_string(row->status));
          seen->last_row = *row;
          auto left_alone =
              seen->row_has == task_status::cancelled
              || (row->yields && seen->row_has != task_status::running);
          return left_alone ? seen->row_has : row->status;
        },
        [self, seen](const result_row_ptr& row) -> caf::result<atom::ok> {
          if (seen->database_away)
            return self->make_response_promise<atom::ok>();
          if (seen->refusal.code != ec::none)
            return to_error(seen->refusal);
          seen->order.emplace_back(to_string(row->status));
          seen->results.push_back(*row);
          return atom::ok_v;
        },
        [self, seen](const config_row_ptr& row) -> caf::result<atom::ok> {
          if (seen->database_away)
            return self->make_response_promise<atom::ok>();
          if (seen->refusal.code != ec::none)
            return to_error(seen->refusal);
          seen->configs.push_back(*row);
          return atom::ok_v;
        },
        [self, seen](const state_rows_ptr& rows) -> caf::result<atom::ok> {
          if (seen->database_away)
            return self->make_response_promise<atom::ok>();
          for (const auto& row : *rows)
            seen->states.push_back(row.stream + "=" + row.state);
          if (!seen->owes_states)
            return atom::ok_v;
          auto promise = self->make_response_promise<atom::ok>();
          seen->owed_states.push_back(promise);
          return promise;
        },
        [](const log_rows_ptr&) { return atom::ok_v; },
        [](atom::work) {},
        [seen](atom::tick) {
          auto promise = std::move(seen->owed_states.front());
          seen->owed_states.pop_front();
          if (seen->states_refusal.code != ec::none)
            promise.deliver(to_error(seen->states_refusal));
          else
            promise.deliver(atom::ok_v);
        },
    };
  }

  static task_log_actor::behavior_type
  mock_log(task_log_actor::pointer self, const std::shared_ptr<peers>& seen) {
    return {
        [seen](const log_batch_ptr& batch) {
          if (seen->keeps_lines)
            seen->kept_lines.push_back(batch);
          for (size_t i = 0; i < batch->size(); ++i)
            seen->lines.push_back(std::string{batch->logger} + ": "
                                  + std::string{(*batch)[i].text});
        },
        [self, seen](atom::flush) -> caf::result<uint64_t, std::string> {
          ++seen->flushes;
          seen->order.emplace_back("flush");
          if (seen->database_away)
            return self->make_response_promise<uint64_t, std::string>();
          return {seen->lost_lines,
                  std::string{seen->lost_lines > 0 ? "disk full" : ""}};
        },
        [](atom::tick) {},
        [](atom::commit, uint64_t, uint64_t) {},
        [](const failure_ptr&, uint64_t) {},
        [](atom::abort, uint64_t) {},
    };
  }

  /// Reads both pipes: ends those that have not ended once it is told to stop.
  static pipe_reader_actor::behavior_type
  mock_reader(pipe_reader_actor::pointer self,
              const std::shared_ptr<peers>& seen) {
    return {
        [](atom::poll) {},
        [self, seen](atom::stop) {
          ++seen->stops;
          if (seen->readers_hang)
            return;
          if (auto last = std::exchange(seen->left_in_pipe, nullptr)) {
            ++seen->slabs;
            rt::tell(self, seen->leader, last);
          }
          for (auto kind : {pipe_kind::err, pipe_kind::out})
            if (seen->ended.insert(kind).second)
              rt::tell(self, seen->leader,
                       std::make_shared<const pipe_end>(pipe_end{
                           kind,
                           kind == pipe_kind::out ? seen->slabs : 0,
                           true,
                           {ec::cancelled, "told to stop"},
                           kind == pipe_kind::out ? seen->unread_bytes : 0}));
        },
    };
  }

  void spawn_subject() { subject = spawn(coordinator, settings); }

  /// Starts the task and waits for its end in the background.
  void start() {
    if (!subject)
      spawn_subject();
    auto asker = system.spawn([this](caf::event_based_actor* self_) {
      self_->request(subject, caf::infinite, atom::run_v)
          .then([this](const task_result_ptr& got) { result = got; },
                [](const caf::error& error) {
                  FAIL("run failed: " << to_string(error));
                });
    });
    held_.push_back(asker);
    run();
  }

  parsed_slab_ptr slab(uint64_t number) const {
    auto out = std::make_shared<parsed_slab>();
    out->number = number;
    out->lines = 1;
    return out;
  }

  void say(uint64_t number, parsed_slab::item item) {
    seen->slabs = std::max(seen->slabs, number + 1);
    auto out = slab(number);
    out->items.push_back(std::move(item));
    tell(subject, std::move(out));
  }

  static row_batch rows(std::string_view text) {
    row_batch batch;
    batch.rows = make_block(text, 1);
    batch.data_bytes = text.size();
    return batch;
  }

  static message complete() {
    return stream_status_trace{
        {"", "a"}, stream_status_trace::status::complete, {}};
  }

  static message state(std::string value) {
    return state_message{state_kind::stream, {"", "a"}, std::move(value), {}};
  }

  void end_pipe(pipe_kind kind, uint64_t slabs, failure error = {}) {
    seen->ended.insert(kind);
    tell(subject, std::make_shared<const pipe_end>(
                      pipe_end{kind, slabs, true, std::move(error)}));
  }

  void end_pipes(uint64_t slabs) {
    end_pipe(pipe_kind::err, 0);
    end_pipe(pipe_kind::out, slabs);
  }

  void answer() {
    where->last().commit();
    run();
  }

  /// Has the store answer to the oldest states.
  void answer_states(failure refusal = {}) {
    seen->states_refusal = std::move(refusal);
    tell(settings.store, atom::tick_v);
  }

  /// e.g. `SUCCESS 0`, or `running`.
  std::string outcome() const {
    if (!result)
      return "running";
    auto text = std::string{to_string(result->status)} + " "
                + std::to_string(result->exit_code);
    return result->reason ? text + " " + result->error() : text;
  }

  bool logged(std::string_view part) const {
    for (const auto& line : seen->lines)
      if (line.find(part) != std::string::npos)
        return true;
    return false;
  }

  std::shared_ptr<peers> seen = std::make_shared<peers>();
  std::shared_ptr<scripted_destination> where =
      std::make_shared<scripted_destination>();
  byte_window_ptr window = std::make_shared<byte_window>(1000);
  scratch_folder folder;
  coordinator_settings settings;
  pipe_reader_actor reader;
  parser_actor parser;
  coordinator_actor subject;
  task_result_ptr result;

private:
  std::vector<caf::actor> held_;
};

} // namespace motorcade::test
