#include "actors/session/source_reading.hpp"

#include <utility>

namespace motorcade {

source_reading::source_reading(callbacks with, limits within)
    : with_{std::move(with)},
      grace_{within.grace},
      watch_{std::move(within.exit_code_file), within.exit_code_timeout} {}

void source_reading::begin() {
  at_ = stage::reading;
  begun_ = true;
}

source_reading::end source_reading::on_slabs(uint64_t taken, session_time now) {
  slabs_taken_ = taken;
  return look(now);
}

source_reading::end source_reading::on_pipe_end(const pipe_end& ended,
                                                session_time now) {
  watch_.on_pipe_end(ended, now);
  if (at_ != stage::reading || ended.error.code == ec::none
      || ended.error.code == ec::cancelled)
    return look(now);
  wrong_setting_ = ended.error.code == ec::invalid_argument;
  return decide({session_end::broken, std::nullopt, ended.error.what}, now);
}

source_reading::end source_reading::look(session_time now) {
  if (at_ == stage::ending && watch_.is_read(slabs_taken_))
    return over(std::move(decided_));
  if (at_ != stage::reading)
    return {};
  auto seen = watch_.look(slabs_taken_, now);
  switch (seen.state) {
  case source_watch::finding::progress::under_way:
    return {};
  case source_watch::finding::progress::exit_code_due:
    if (!std::exchange(look_is_due_, true))
      with_.look_later();
    return {};
  case source_watch::finding::progress::over:
    break;
  }
  if (!seen.complaint.empty())
    with_.log(log_level::error, seen.complaint);
  return over({session_end::source_ended, seen.exit_code, {}});
}

source_reading::end source_reading::look_again(session_time now) {
  look_is_due_ = false;
  return look(now);
}

source_reading::end
source_reading::on_tick(const source_watch::life_signs& signs,
                        session_time now) {
  if (at_ == stage::ending)
    return go_on(now);
  if (at_ != stage::reading)
    return {};
  auto remedy = watch_.look_for_stuck_pipes(signs, now);
  if (remedy == source_watch::remedy::stop_reading_and_report)
    with_.log(log_level::warn,
              "the connector has ended, and another process holds its output "
              "open: what that process may still print is not read");
  if (remedy != source_watch::remedy::none)
    with_.stop_readers();
  return {};
}

source_reading::end source_reading::decide(decided_end why, session_time now,
                                           bool ends_connector) {
  at_ = stage::ending;
  decided_ = std::move(why);
  last_.emplace(
      last_reading::callbacks{with_.signal_connector, with_.stop_readers},
      ends_connector && with_.signal_connector, grace_, now);
  return go_on(now);
}

source_reading::end source_reading::cancel(const std::string& reason,
                                           bool outranks_failures,
                                           session_time now) {
  decided_end stop{session_end::cancelled, std::nullopt, reason};
  if (at_ == stage::reading)
    return decide(std::move(stop), now);
  if (at_ != stage::ending)
    return {};
  if (outranks_failures || decided_.why == session_end::source_ended)
    decided_ = std::move(stop);
  last_->hurry(now);
  return go_on(now);
}

decided_end source_reading::give_up() {
  at_ = stage::over;
  return std::move(decided_);
}

unread_output source_reading::left_behind() const {
  return begun_ ? watch_.left_behind() : unread_output{};
}

source_reading::end source_reading::go_on(session_time now) {
  return last_->carry_out(now) ? over(std::move(decided_)) : look(now);
}

source_reading::end source_reading::over(decided_end why) {
  at_ = stage::over;
  return why;
}

} // namespace motorcade
