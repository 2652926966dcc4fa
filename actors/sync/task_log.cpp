#include "actors/sync/task_log.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/log.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// @returns the lines as Bulker's table `task_log` wants them.
std::string to_ndjson(const std::vector<log_row>& rows,
                      const task_log_settings& settings) {
  std::string out;
  for (const auto& row : rows) {
    out += R"({"id":")" + row.id + R"(","level":")" + row.level
           + R"(","logger":)" + encode_json_string(row.logger)
           + R"(,"message":)" + encode_json_string(row.message)
           + R"(,"sync_id":)" + encode_json_string(settings.sync_id)
           + R"(,"task_id":)" + encode_json_string(settings.task_id)
           + R"(,"timestamp":")" + to_iso8601_millis(row.time) + "\"}\n";
  }
  return out;
}

} // namespace

task_log_state::~task_log_state() {
  rt::end(bulker_);
}

std::vector<log_row> task_log_state::take_rows() {
  std::vector<log_row> rows;
  while (!waiting_.empty() && rows.size() < most_lines) {
    const auto& batch = *waiting_.front();
    for (; next_line_ < batch.size() && rows.size() < most_lines;
         ++next_line_) {
      auto [level, text] = batch[next_line_];
      if (level >= settings_.min_level)
        rows.push_back(
            {make_line_id(batch.time_of(next_line_), next_line_),
             std::string{to_string(level)}, std::string{batch.logger},
             mask_line(batch.logger, text), batch.time_of(next_line_)});
    }
    if (next_line_ == batch.size()) {
      waiting_bytes_ -= batch.bytes();
      due_ -= due_ > 0;
      waiting_.pop_front();
      next_line_ = 0;
    }
  }
  return rows;
}

void task_log_state::add(const log_batch_ptr& lines) {
  // Batches that are not stored yet are ordered by the time at which their
  // lines were read: lines of stderr and of the sidecar come earlier than those
  // of stdout, which are parsed. A batch that is stored in part stays the
  // first.
  auto place = waiting_.end();
  auto first = waiting_.begin() + (next_line_ > 0 ? 1 : 0);
  while (place != first && (*std::prev(place))->time() > lines->time())
    --place;
  waiting_.insert(place, lines);
  waiting_bytes_ += lines->bytes();
  if (waiting_bytes_ >= settings_.most_waiting_bytes) {
    store_waiting();
  } else if (!ticking_) {
    ticking_ = true;
    rt::tell_later(self_, 1s, self_, atom::tick_v);
  }
}

void task_log_state::store_waiting() {
  due_ = waiting_.size();
  send();
}

void task_log_state::send() {
  if (under_way_)
    return;
  auto rows = take_rows();
  if (rows.empty()) {
    if (waiting_.empty())
      answer_flush();
    else
      send();
    return;
  }
  under_way_ = true;
  lines_under_way_ = rows.size();
  if (bulker_) {
    auto text = to_ndjson(rows, settings_);
    rt::tell(self_, bulker_, atom::open_v, ++requests_,
             std::make_shared<const upload_request>(settings_.request));
    rt::tell(self_, bulker_, make_block(text, rows.size()));
    rt::tell(self_, bulker_, atom::commit_v);
    return;
  }
  auto lines = rows.size();
  rt::ask(self_, write_patience, settings_.store,
          std::make_shared<const std::vector<log_row>>(std::move(rows)))
      .then([this, lines](atom::ok) { sent(nullptr, lines); },
            [this, lines](const caf::error& error) {
              auto reason = to_failure(error);
              sent(&reason, lines);
            });
}

void task_log_state::sent(const failure* reason, size_t lines) {
  under_way_ = false;
  if (settings_.metrics)
    settings_.metrics->add(
        reason == nullptr ? metric::log_lines : metric::lost_log_lines, lines);
  if (reason != nullptr) {
    lost_ += lines;
    if (lost_why_.empty()) {
      lost_why_ = reason->what;
      log::error("lines of log could not be stored: {}", reason->what);
    }
  }
  if (due_ > 0 || !flushes_.empty())
    send();
}

void task_log_state::start_bulker() {
  bulker_ =
      self_->spawn(motorcade::bulker, caf::actor_cast<delivery_listener>(self_),
                   *settings_.destination);
  self_->monitor(bulker_);
}

void task_log_state::replace_bulker(const failure& reason) {
  start_bulker();
  if (under_way_)
    sent(&reason, lines_under_way_);
}

void task_log_state::answer_flush() {
  for (auto& promise : std::exchange(flushes_, {}))
    promise.deliver(lost_, lost_why_);
}

task_log_actor::behavior_type
task_log_state::make_behavior(task_log_actor::pointer self,
                              task_log_settings settings) {
  self_ = self;
  settings_ = std::move(settings);
  tell_exceptions(self, [this](const failure& why) {
    lost_ += std::max<size_t>(1, lines_under_way_);
    lost_why_ = why.what;
    answer_flush();
  });
  self->set_down_handler([this](const caf::down_msg& down) {
    if (bulker_ && bulker_.address() == down.source)
      replace_bulker(to_failure(down.reason));
  });
  if (settings_.destination)
    start_bulker();
  return {
      [this](const log_batch_ptr& lines) {
        if (lines == nullptr || lines->empty())
          return;
        show_lines(*lines);
        add(lines);
      },
      [this](atom::flush) -> caf::result<uint64_t, std::string> {
        auto promise = self_->make_response_promise<uint64_t, std::string>();
        flushes_.push_back(promise);
        flush_lines();
        send();
        return promise;
      },
      [this](atom::tick) {
        ticking_ = false;
        store_waiting();
      },
      [this](atom::commit, uint64_t, uint64_t) {
        sent(nullptr, lines_under_way_);
      },
      [this](const failure_ptr& reason, uint64_t) {
        // A bulker that gave up takes no more lines; the next batch gets a new
        // bulker.
        rt::end(bulker_);
        replace_bulker(*reason);
      },
      [](atom::abort, uint64_t) {
        // Logs are never aborted.
      },
  };
}

task_log_actor::behavior_type
task_log(task_log_actor::stateful_pointer<task_log_state> self,
         task_log_settings settings) {
  return rt::state(self).make_behavior(self, std::move(settings));
}

} // namespace motorcade
