#include "actors/sync/coordinator.hpp"

#include "actors/sync/new_secrets.hpp"
#include "runtime/base/log.hpp"
#include "schema/base/counted.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

std::string in_seconds(session_time time) {
  return counted(
      static_cast<uint64_t>(
          std::chrono::duration_cast<std::chrono::seconds>(time).count()),
      "second");
}

} // namespace

coordinator_state::~coordinator_state() {
  for (auto& receiver : bulkers_)
    rt::end(receiver);
}

// -- what the session decides -------------------------------------------------

void coordinator_state::open_request(size_t stream, uint64_t number,
                                     write_mode mode) {
  auto& receiver = bulkers_[stream];
  const auto& life = session_->stream(stream);
  if (!receiver) {
    bulker_settings own{stream,           life.config.id.key(),
                        settings_.where,  settings_.budget,
                        settings_.policy, settings_.spool_dir,
                        settings_.metrics};
    own.log = settings_.log;
    own.totals = loads_[stream] = std::make_shared<load_totals>();
    receiver = self_->spawn(bulker, caf::actor_cast<delivery_listener>(self_),
                            std::move(own));
    crew_->deaths().add(self_, receiver,
                        "the delivery of " + life.config.id.key());
  }
  auto request = life.config.request;
  request.mode = mode;
  request.unit = number;
  rt::tell(self_, receiver, atom::open_v, number,
           std::make_shared<const upload_request>(std::move(request)));
}

void coordinator_state::write(size_t stream, block_ptr rows) {
  rt::tell(self_, bulkers_[stream], std::move(rows));
}

void coordinator_state::note(size_t stream, commit_terms terms) {
  rt::tell(self_, bulkers_[stream],
           std::make_shared<const commit_terms>(std::move(terms)));
}

void coordinator_state::finish_request(size_t stream) {
  sent_at_[stream].push_back(self_->clock().now());
  rt::tell(self_, bulkers_[stream], atom::commit_v);
}

void coordinator_state::abort(size_t stream) {
  rt::tell(self_, bulkers_[stream], atom::abort_v);
}

void coordinator_state::save_states(std::vector<saveable_state> states) {
  for (const auto& state : states)
    held_bytes_ += sizeof(state) + state.key.size() + state.state.size();
  held_states_.push_back(std::move(states));
  if (states_asked_ == 0 || held_bytes_ > most_held_bytes)
    ask_to_save();
}

void coordinator_state::ask_to_save() {
  held_bytes_ = 0;
  for (auto& states : std::exchange(held_states_, {})) {
    auto count = states.size();
    auto rows = std::make_shared<std::vector<state_row>>();
    for (auto& state : states)
      rows->push_back(
          {std::move(state.key), std::move(state.state), state.supersedes});
    ++states_asked_;
    rt::ask(self_, write_patience, settings_.store,
            state_rows_ptr{std::move(rows)})
        .then(
            [this, count](atom::ok) {
              session_->on_states_saved(count);
              on_states_answered();
            },
            [this, count](const caf::error& error) {
              session_->on_states_refused(to_failure(error), count);
              on_states_answered();
            });
  }
}

void coordinator_state::on_states_answered() {
  if (--states_asked_ == 0)
    ask_to_save();
  advance();
}

void coordinator_state::save_config(std::string config) {
  config_changed_ = true;
  keep_config(self_, settings_.store, settings_.config, std::move(config),
              [this](const failure& wrong) {
                if (wrong.code == ec::none)
                  session_->on_config_saved();
                else
                  session_->on_config_refused(wrong);
                advance();
              });
}

void coordinator_state::log(log_level level, std::string text) {
  crew_->log(level, text);
}

void coordinator_state::on_committed(size_t stream) {
  auto& sent = sent_at_[stream];
  if (!settings_.metrics || sent.empty())
    return;
  std::chrono::duration<double> took = self_->clock().now() - sent.front();
  sent.pop_front();
  settings_.metrics->add(metric::commits, 1,
                         session_->stream(stream).config.id.key());
  settings_.metrics->observe(metric::commit_time, took.count());
}

// -- the start ----------------------------------------------------------------

void coordinator_state::prepare() {
  at_ = phase::preparing;
  started_ = now();
  source_.emplace(crew_->callbacks_for_reading(settings_.signal_connector),
                  source_reading::limits{settings_.exit_code_file,
                                         settings_.exit_code_timeout,
                                         settings_.stop_timeout});
  if (!stopped_)
    deadline_ = started_ + settings_.storage_patience;
  session_.emplace(settings_.session, static_cast<session_backend&>(*this),
                   started_);
  progress_.emplace(settings_.terminal);
  bulkers_.resize(session_->stream_count());
  loads_.resize(session_->stream_count());
  sent_at_.resize(session_->stream_count());
  crew_->tick_later();
  crew_->prepare_store(
      [this] { start(); },
      [this](const std::string& why) {
        log::error("{}", why);
        finish({task_status::failed, platform_failure(why), 2});
      });
}

void coordinator_state::start() {
  if (at_ != phase::preparing)
    return;
  if (!stopped_)
    put_row({});
  // syncctl has begun the row and may have ended the task since, as when its
  // image came too late. The answer tells: a connector that starts for nothing
  // may use up a token that is good for one use.
  if (stopped_ || !settings_.stop_is_failure)
    begin_reading();
}

void coordinator_state::begin_reading() {
  if (stopped_) {
    end_reading({session_end::cancelled, std::nullopt, stop_reason_});
    return;
  }
  at_ = phase::reading;
  deadline_ = session_time::max();
  session_->on_started(now());
  log(log_level::info,
      "task " + settings_.row.task_id + " reads "
          + counted(session_->stream_count(), "stream") + " of "
          + settings_.row.package
          + (settings_.row.version.empty() ? "" : ":" + settings_.row.version));
  crew_->send_own_lines();
  crew_->start_readers(settings_.read);
  source_->begin();
}

// -- the reading --------------------------------------------------------------

void coordinator_state::take(const parsed_slab_ptr& slab) {
  early_.emplace(slab->number, slab);
  for (auto next = early_.find(next_slab_); next != early_.end();
       next = early_.find(next_slab_)) {
    auto turn = std::move(next->second);
    early_.erase(next);
    ++next_slab_;
    if (!source_->takes_output())
      continue;
    keep_new_secrets(*turn, settings_.connector_spec);
    stdout_lines_.join(turn->logs.get(), turn->lead);
    if (turn->logs) {
      session_->on_logs(*turn->logs, now());
      crew_->send_lines(turn->logs);
    }
    session_->on_slab(*turn, now());
  }
  crew_->send_own_lines();
  go_on(source_->on_slabs(next_slab_, now()));
}

void coordinator_state::take_lines(const log_batch_ptr& lines) {
  if (!session_ || lines == nullptr || lines->empty())
    return;
  session_->on_stderr(*lines, now());
  crew_->send_lines(lines);
}

void coordinator_state::tick() {
  if (at_ == phase::over)
    return;
  crew_->tick_later();
  auto time = now();
  if (time >= deadline_) {
    force();
    return;
  }
  if (at_ == phase::preparing)
    return;
  session_->set_pace(settings_.where->pace());
  session_->on_tick(time);
  crew_->send_own_lines();
  progress_->show(*session_, time);
  measure();
  if (!settings_.window->open())
    blocked_at_ = time;
  go_on(source_->on_tick({silent_since(), session_->totals().lines,
                          session_->heard_stderr(), blocked_at_},
                         time));
  if (source_->is_under_way())
    check_outlived_work(time);
  if (source_->is_under_way())
    check_time_limits(time);
  if (at_ == phase::reading || at_ == phase::settling)
    put_row({});
}

session_time coordinator_state::silent_since() const {
  // While the byte window is full the pipe readers pause, and the connector's
  // output waits in the pipes: that is no silence of the connector.
  return std::max(session_->last_activity(), blocked_at_);
}

void coordinator_state::check_outlived_work(session_time time) {
  auto word = session_->complete_since();
  if (word != last_word_) {
    last_word_ = word;
    complete_at_ = time;
  }
  // If the connector has ended and its pipes have not, `source_` handles
  // that.
  if (!word || source_->connector_has_ended())
    return;
  auto silent = time - silent_since();
  auto late = time - complete_at_ >= settings_.exit_timeout;
  if (!late && silent < settings_.idle_timeout)
    return;
  auto missing = session_->shortcomings();
  log(log_level::warn,
      (missing.empty() ? std::string{"every stream is complete and stored"}
                       : "the connector reported every stream COMPLETE (with "
                         "problems: "
                             + missing + ")")
          + ", but the connector did not exit within "
          + in_seconds(late ? settings_.exit_timeout : settings_.idle_timeout)
          + " (SOURCE_EXIT_TIMEOUT_SECONDS); stopping it");
  go_on(source_->decide({session_end::source_ended, std::nullopt, {}}, now(),
                        /*ends_connector*/ true));
}

void coordinator_state::check_time_limits(session_time time) {
  auto silent = time - silent_since();
  if (time - started_ >= settings_.task_timeout)
    go_on(
        source_->decide({session_end::time_exceeded, std::nullopt,
                         "the task took longer than TASK_TIMEOUT_HOURS allows"},
                        time));
  else if (silent >= settings_.idle_timeout)
    go_on(source_->decide({session_end::source_silent, std::nullopt,
                           "no message came from the connector for "
                               + in_seconds(silent)
                               + " (SOURCE_IDLE_TIMEOUT_SECONDS)"},
                          time));
}

void coordinator_state::on_down(const caf::down_msg& down) {
  if (!session_ || at_ == phase::over)
    return;
  auto reason = crew_->deaths().words_of(down);
  log::error("{}", reason.what);
  auto delivers = [&down](const bulker_actor& one) {
    return one && one.address() == down.source;
  };
  auto bulker = std::find_if(bulkers_.begin(), bulkers_.end(), delivers);
  // The death of a bulker ends its stream alone, any other one the reading.
  if (bulker != bulkers_.end())
    session_->on_failure(static_cast<size_t>(bulker - bulkers_.begin()),
                         reason);
  else if (source_->takes_output())
    // A last reading would wait in vain for the slabs that the dead actor has
    // not passed on.
    end_reading({session_end::broken, std::nullopt, reason.what});
  advance();
}

coordinator_actor::behavior_type
coordinator_state::make_behavior(coordinator_actor::pointer self,
                                 coordinator_settings settings) {
  self_ = self;
  settings_ = std::move(settings);
  crew_.emplace(self, settings_.store, settings_.log, settings_.window);
  return {
      [this](atom::run) -> caf::result<task_result_ptr> {
        return crew_->run([this] { prepare(); });
      },
      [this](const parsed_slab_ptr& slab) { take(slab); },
      [this](const log_batch_ptr& lines) { take_lines(lines); },
      [this](const pipe_end_ptr& end) {
        if (source_)
          go_on(source_->on_pipe_end(*end, now()));
      },
      [this](atom::commit, uint64_t stream, uint64_t number) {
        on_committed(stream);
        session_->on_commit(stream, number, now());
        advance();
      },
      [this](const failure_ptr& reason, uint64_t stream) {
        session_->on_failure(stream, *reason);
        advance();
      },
      [this](atom::abort, uint64_t stream) {
        session_->on_aborted(stream);
        advance();
      },
      [this](atom::cancel) { cancel({}); },
      [this](const failure_ptr& reason) { break_off(*reason); },
      [this](atom::tick) { tick(); },
      [this](atom::watch) { go_on(source_->look_again(now())); },
  };
}

coordinator_actor::behavior_type
coordinator(coordinator_actor::stateful_pointer<coordinator_state> self,
            coordinator_settings settings) {
  return conduct_task(self, std::move(settings));
}

} // namespace motorcade
