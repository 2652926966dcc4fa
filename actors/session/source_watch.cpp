#include "actors/session/source_watch.hpp"

#include "runtime/stream/exit_code_file.hpp"
#include "schema/task/failure_reason.hpp"

#include <algorithm>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// The wait for a pipe that was never opened, as far as one can know, after the
/// other one has ended.
constexpr session_time unopened_pipe = 5s;

/// The wait for pipes that a process of the connector holds open after its end.
constexpr session_time orphaned_pipe = 10s;

} // namespace

void source_watch::on_pipe_end(const pipe_end& end, session_time now) {
  auto is_out = end.pipe == pipe_kind::out;
  (is_out ? out_end_ : err_end_) = end;
  (is_out ? out_ended_at_ : err_ended_at_) = now;
}

source_watch::finding source_watch::look(uint64_t slabs_taken,
                                         session_time now) {
  if (!is_read(slabs_taken))
    return {};
  if (exit_code_file_.empty())
    return {finding::progress::over, std::nullopt, {}};
  if (sources_ended_at_ == session_time{})
    sources_ended_at_ = now;
  auto code = read_exit_code(exit_code_file_);
  if (code)
    return {finding::progress::over, *code, {}};
  if (now - sources_ended_at_ < exit_code_timeout_)
    return {finding::progress::exit_code_due, std::nullopt, {}};
  return {finding::progress::over, unknown_exit_code,
          "the connector's exit code did not appear in " + exit_code_file_
              + ": " + code.error().what};
}

unread_output source_watch::left_behind() const {
  unread_output out;
  out.is_known = out_end_ && err_end_;
  for (const auto* end : {&out_end_, &err_end_})
    if (*end) {
      auto code = (*end)->error.code;
      out.is_known =
          out.is_known && (code == ec::none || code == ec::cancelled);
      out.bytes += (*end)->unread_bytes;
    }
  // The sidecar closed it first: the connector, or a process that it left
  // behind, can still write to it.
  out.stdout_is_open =
      out_end_ && out_end_->was_opened && out_end_->error.code == ec::cancelled;
  return out;
}

bool source_watch::has_exit_code() const {
  return !exit_code_file_.empty() && read_exit_code(exit_code_file_);
}

source_watch::remedy source_watch::look_for_stuck_pipes(const life_signs& signs,
                                                        session_time now) {
  if (signs.stdout_lines != stdout_lines_)
    stdout_line_at_ = now;
  stdout_lines_ = signs.stdout_lines;
  auto quiet_for = [&](session_time since) {
    return now - std::max(since, signs.last_activity);
  };
  // No writer ever opened one of the pipes, and the other one has ended. A
  // connector may also have closed its stdout first and be quiet: it lives as
  // long as its exit code, if there will be one, is not there.
  if (out_end_ && !err_end_ && !signs.heard_stderr
      && quiet_for(out_ended_at_) >= unopened_pipe
      && (exit_code_file_.empty() || has_exit_code()))
    return remedy::stop_reading;
  if (err_end_ && !out_end_ && signs.stdout_lines == 0
      && quiet_for(err_ended_at_) >= unopened_pipe && has_exit_code())
    return remedy::stop_reading;
  // The connector has ended, and a child of it holds the pipes open.
  if (out_end_ && err_end_)
    return remedy::none;
  if (exit_code_at_ == session_time{} && has_exit_code())
    exit_code_at_ = now;
  // Lines of log of such a child do not keep the pipes open: it may log for
  // ever.
  auto last_sign = std::max({exit_code_at_, stdout_line_at_, signs.blocked_at});
  return exit_code_at_ != session_time{} && now - last_sign >= orphaned_pipe
             ? remedy::stop_reading_and_report
             : remedy::none;
}

} // namespace motorcade
