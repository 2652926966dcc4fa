#include "actors/sync/coordinator.hpp"

#include "actors/sync/new_secrets.hpp"
#include "runtime/base/log.hpp"
#include "schema/base/counted.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

std::string in_seconds(session_time time) {
  return counted(
      static_cast<uint64_t>(
          std::chrono::duration_cast<std::chrono::seconds>(time).count()),
      "second");
}

} // namespace

coordinator_state::~coordinator_state() {
  for (auto& receiver : bulkers)
    rt::end(receiver);
}

// -- what the session decides -------------------------------------------------

void coordinator_state::open_unit(size_t stream, uint64_t unit,
                                  write_mode mode) {
  auto& receiver = bulkers[stream];
  const auto& life = session->stream(stream);
  if (!receiver) {
    bulker_settings own{
        stream,          life.config.id.key(), settings.where,  settings.budget,
        settings.policy, settings.spool_dir,   settings.metrics};
    receiver = self->spawn(bulker, caf::actor_cast<delivery_listener>(self),
                           std::move(own));
    deaths.add(self, receiver, "the delivery of " + life.config.id.key());
  }
  auto request = life.config.request;
  request.mode = mode;
  request.unit = unit;
  rt::tell(self, receiver, atom::open_v, unit,
           std::make_shared<const upload_request>(std::move(request)));
}

void coordinator_state::write(size_t stream, block_ptr rows) {
  rt::tell(self, bulkers[stream], std::move(rows));
}

void coordinator_state::commit(size_t stream) {
  sent_at[stream].push_back(self->clock().now());
  rt::tell(self, bulkers[stream], atom::commit_v);
}

void coordinator_state::abort(size_t stream) {
  rt::tell(self, bulkers[stream], atom::abort_v);
}

void coordinator_state::save_states(std::vector<saveable_state> states) {
  auto count = states.size();
  auto rows = std::make_shared<std::vector<state_row>>();
  for (auto& state : states)
    rows->push_back(
        {std::move(state.key), std::move(state.state), state.supersedes});
  rt::ask(self, write_patience, settings.store, state_rows_ptr{std::move(rows)})
      .then(
          [this, count](atom::ok) {
            session->on_states_saved(count);
            advance();
          },
          [this, count](const caf::error& error) {
            session->on_states_refused(to_failure(error), count);
            advance();
          });
}

void coordinator_state::save_config(std::string config) {
  config_changed = true;
  keep_config(self, settings.store, settings.config, std::move(config),
              write_patience, [this](const failure& wrong) {
                if (wrong.code == ec::none)
                  session->on_config_saved();
                else
                  session->on_config_refused(wrong);
                advance();
              });
}

void coordinator_state::log(log_level level, std::string text) {
  remarks.add(level, text);
}

void coordinator_state::flush_own_lines() {
  if (auto lines = remarks.take())
    rt::tell(self, settings.log, std::move(lines));
}

void coordinator_state::on_committed(size_t stream) {
  auto& sent = sent_at[stream];
  if (!settings.metrics || sent.empty())
    return;
  std::chrono::duration<double> took = self->clock().now() - sent.front();
  sent.pop_front();
  settings.metrics->add(metric::commits, 1,
                        session->stream(stream).config.id.key());
  settings.metrics->observe(metric::commit_time, took.count());
}

// -- the start ----------------------------------------------------------------

session_time coordinator_state::now() const {
  return std::chrono::duration_cast<session_time>(
      self->clock().now().time_since_epoch());
}

void coordinator_state::prepare() {
  at = phase::preparing;
  started = now();
  watch.emplace(settings.exit_code_file, settings.exit_code_timeout);
  if (!stopped)
    deadline = started + settings.storage_patience;
  session.emplace(settings.session, *this, started);
  progress.emplace(settings.terminal);
  bulkers.resize(session->stream_count());
  sent_at.resize(session->stream_count());
  rt::tell_later(self, 1s, self, atom::tick_v);
  rt::ask(self, write_patience, settings.store, atom::prepare_v)
      .then([this](atom::ok) { start(); },
            [this](const caf::error& error) {
              auto why = to_failure(error).what;
              log::error("{}", why);
              finish({task_status::failed, platform_failure(why), 2});
            });
}

void coordinator_state::start() {
  if (at != phase::preparing)
    return;
  if (stopped) {
    end_session({session_end::cancelled, std::nullopt, stop_reason});
    return;
  }
  put_row({});
  at = phase::reading;
  deadline = session_time::max();
  session->on_started(now());
  log(log_level::info,
      "task " + settings.row.task_id + " reads "
          + counted(session->stream_count(), "stream") + " of "
          + settings.row.package
          + (settings.row.version.empty() ? "" : ":" + settings.row.version));
  flush_own_lines();
  auto reading = settings.read(caf::actor_cast<coordinator_actor>(self));
  deaths.add_task(self, reading, settings.store, settings.log);
  readers = std::move(reading.readers);
}

// -- the reading --------------------------------------------------------------

void coordinator_state::take(const parsed_slab_ptr& slab) {
  early.emplace(slab->number, slab);
  for (auto next = early.find(next_slab); next != early.end();
       next = early.find(next_slab)) {
    auto turn = std::move(next->second);
    early.erase(next);
    ++next_slab;
    if (!takes_output())
      continue;
    keep_new_secrets(*turn, settings.connector_spec);
    stdout_lines.join(turn->logs.get(), turn->lead);
    if (turn->logs) {
      session->on_logs(*turn->logs, now());
      rt::tell(self, settings.log, log_batch_ptr{turn->logs});
    }
    session->on_slab(*turn, now());
  }
  flush_own_lines();
  check_source();
}

void coordinator_state::on_pipe_end(const pipe_end& end) {
  watch->on_pipe_end(end, now());
  if (at == phase::reading && end.error.code != ec::none
      && end.error.code != ec::cancelled) {
    auto wrong_setting = end.error.code == ec::invalid_argument;
    session->set_exit_code_of_failure(wrong_setting ? 2 : 1);
    end_reading({session_end::broken, std::nullopt, end.error.what});
    return;
  }
  check_source();
}

void coordinator_state::check_source() {
  if (at == phase::draining && watch->is_read(next_slab))
    end_session(std::move(ending));
  if (at != phase::reading)
    return;
  auto seen = watch->look(next_slab, now());
  switch (seen.is) {
  case source_watch::verdict::state::under_way:
    break;
  case source_watch::verdict::state::exit_code_due:
    if (!watching) {
      watching = true;
      rt::tell_later(self, 50ms, self, atom::watch_v);
    }
    break;
  case source_watch::verdict::state::over:
    if (!seen.complaint.empty())
      log(log_level::error, std::move(seen.complaint));
    end_session({session_end::source_ended, seen.exit_code, {}});
  }
}

void coordinator_state::check_stuck_pipes(session_time at_time) {
  // While the window is full nobody reads, so that a quiet pipe may hold much.
  source_watch::signs signs{std::max(session->last_activity(), blocked_at),
                            session->totals().lines > 0,
                            session->heard_stderr()};
  auto remedy = watch->look_for_stuck_pipes(signs, at_time);
  if (remedy == source_watch::remedy::none)
    return;
  if (remedy == source_watch::remedy::stop_reading_and_say_so)
    log(log_level::warn, std::string{orphaned_pipes_remark});
  stop_readers();
}

void coordinator_state::tick() {
  if (at == phase::over)
    return;
  rt::tell_later(self, 1s, self, atom::tick_v);
  auto time = now();
  if (time >= deadline) {
    force();
    return;
  }
  if (at == phase::preparing)
    return;
  session->set_pace(settings.where->pace());
  session->on_tick(time);
  flush_own_lines();
  progress->show(*session, time);
  measure();
  if (!settings.window->open())
    blocked_at = time;
  if (at == phase::reading)
    check_stuck_pipes(time);
  if (at == phase::reading)
    check_outlived_work(time);
  if (at == phase::reading)
    check_time_limits(time);
  if (at == phase::draining)
    drain(time);
  if (takes_output() || at == phase::settling)
    put_row({});
}

void coordinator_state::check_outlived_work(session_time time) {
  auto word = session->complete_since();
  if (word != last_word) {
    last_word = word;
    complete_at = time;
  }
  // If the connector has ended and its pipes have not, `check_stuck_pipes` sees
  // to that.
  if (!word || watch->has_exit_code())
    return;
  auto silent = time - std::max(session->last_activity(), blocked_at);
  auto late = time - complete_at >= settings.exit_timeout;
  if (!late && silent < settings.idle_timeout)
    return;
  auto missing = session->shortcomings();
  log(log_level::warn,
      (missing.empty() ? std::string{"every stream is complete and stored"}
                       : "the connector called every stream complete, though "
                         "not all of it is well ("
                             + missing + ")")
          + ", and the connector did not end within "
          + in_seconds(late ? settings.exit_timeout : settings.idle_timeout)
          + " (SOURCE_EXIT_TIMEOUT_SECONDS): it is ended");
  end_reading({session_end::source_ended, std::nullopt, {}},
              /*ends_connector*/ true);
}

void coordinator_state::check_time_limits(session_time time) {
  auto silent = time - std::max(session->last_activity(), blocked_at);
  if (time - started >= settings.task_timeout)
    end_reading({session_end::time_exceeded, std::nullopt,
                 "the task took longer than TASK_TIMEOUT_HOURS allows"});
  else if (silent >= settings.idle_timeout)
    end_reading({session_end::source_silent, std::nullopt,
                 "no message came from the connector for " + in_seconds(silent)
                     + " (SOURCE_IDLE_TIMEOUT_SECONDS)"});
}

void coordinator_state::on_down(const caf::down_msg& down) {
  if (!session || at == phase::over)
    return;
  auto reason = deaths.words_of(down);
  log::error("{}", reason.what);
  auto delivers = [&down](const bulker_actor& one) {
    return one && one.address() == down.source;
  };
  auto bulker = std::find_if(bulkers.begin(), bulkers.end(), delivers);
  // The death of a bulker ends its stream alone, any other one the reading.
  if (bulker != bulkers.end())
    session->on_failure(static_cast<size_t>(bulker - bulkers.begin()), reason);
  else if (takes_output())
    // A last reading would wait in vain for what the dead actor has not passed
    // on.
    end_session({session_end::broken, std::nullopt, reason.what});
  advance();
}

void coordinator_state::stop_readers() {
  for (auto& reader : readers)
    rt::tell(self, reader, atom::stop_v);
}

coordinator_actor::behavior_type
coordinator(coordinator_actor::stateful_pointer<coordinator_state> self,
            coordinator_settings settings) {
  auto& st = rt::state(self);
  st.self = self;
  st.settings = std::move(settings);
  self->set_down_handler(
      [&st](const caf::down_msg& down) { st.on_down(down); });
  tell_exceptions(self, [&st](const failure& why) {
    if (st.promise.pending())
      st.promise.deliver(to_error(why));
  });
  return {
      [&st](atom::run) -> caf::result<task_result_ptr> {
        // Told to stop before the start.
        if (st.ended)
          return st.ended;
        st.promise = st.self->make_response_promise<task_result_ptr>();
        auto answer = st.promise;
        if (st.at == coordinator_state::phase::idle)
          st.prepare();
        return answer;
      },
      [&st](const parsed_slab_ptr& slab) { st.take(slab); },
      [&st](const log_batch_ptr& lines) {
        if (!st.session || lines == nullptr || lines->empty())
          return;
        st.session->on_stderr(*lines, st.now());
        rt::tell(st.self, st.settings.log, lines);
      },
      [&st](const pipe_end_ptr& end) {
        if (st.watch)
          st.on_pipe_end(*end);
      },
      [&st](atom::commit, uint64_t stream, uint64_t unit) {
        st.on_committed(stream);
        st.session->on_commit(stream, unit, st.now());
        st.advance();
      },
      [&st](const failure_ptr& reason, uint64_t stream) {
        st.session->on_failure(stream, *reason);
        st.advance();
      },
      [&st](atom::abort, uint64_t stream) {
        st.session->on_aborted(stream);
        st.advance();
      },
      [&st](atom::cancel) { st.cancel(); },
      [&st](const failure_ptr& reason) { st.break_off(*reason); },
      [&st](atom::tick) { st.tick(); },
      [&st](atom::watch) {
        st.watching = false;
        st.check_source();
      },
  };
}

} // namespace motorcade
