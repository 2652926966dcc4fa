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
  rt::end(bulker);
}

std::vector<log_row> task_log_state::take_rows() {
  std::vector<log_row> rows;
  while (!waiting.empty() && rows.size() < most_lines) {
    const auto& batch = *waiting.front();
    for (; next_line < batch.size() && rows.size() < most_lines; ++next_line) {
      auto [level, text] = batch[next_line];
      if (level >= settings.min_level)
        rows.push_back(
            {make_line_id(batch.time_of(next_line), next_line),
             std::string{to_string(level)}, std::string{batch.logger},
             mask_line(batch.logger, text), batch.time_of(next_line)});
    }
    if (next_line == batch.size()) {
      waiting_bytes -= batch.bytes();
      due -= due > 0;
      waiting.pop_front();
      next_line = 0;
    }
  }
  return rows;
}

void task_log_state::add(const log_batch_ptr& lines) {
  // By the time at which they were read, as far as they are not stored yet: the
  // lines of stderr and our own overtake those of stdout, which are parsed. One
  // that is stored in part stays the first.
  auto place = waiting.end();
  auto first = waiting.begin() + (next_line > 0 ? 1 : 0);
  while (place != first && (*std::prev(place))->time() > lines->time())
    --place;
  waiting.insert(place, lines);
  waiting_bytes += lines->bytes();
  if (waiting_bytes >= settings.most_waiting_bytes) {
    store_waiting();
  } else if (!ticking) {
    ticking = true;
    rt::tell_later(self, 1s, self, atom::tick_v);
  }
}

void task_log_state::store_waiting() {
  due = waiting.size();
  send();
}

void task_log_state::send() {
  if (under_way)
    return;
  auto rows = take_rows();
  if (rows.empty()) {
    if (waiting.empty())
      answer_flush();
    else
      send();
    return;
  }
  under_way = true;
  lines_under_way = rows.size();
  if (bulker) {
    auto text = to_ndjson(rows, settings);
    rt::tell(self, bulker, atom::open_v, ++requests,
             std::make_shared<const upload_request>(settings.request));
    rt::tell(self, bulker, make_block(text, rows.size()));
    rt::tell(self, bulker, atom::commit_v);
    return;
  }
  auto lines = rows.size();
  rt::ask(self, write_patience, settings.store,
          std::make_shared<const std::vector<log_row>>(std::move(rows)))
      .then([this, lines](atom::ok) { sent(nullptr, lines); },
            [this, lines](const caf::error& error) {
              auto reason = to_failure(error);
              sent(&reason, lines);
            });
}

void task_log_state::sent(const failure* reason, size_t lines) {
  under_way = false;
  if (settings.metrics)
    settings.metrics->add(
        reason == nullptr ? metric::log_lines : metric::lost_log_lines, lines);
  if (reason != nullptr) {
    lost += lines;
    if (lost_why.empty()) {
      lost_why = reason->what;
      log::error("lines of log could not be stored: {}", reason->what);
    }
  }
  if (due > 0 || !flushes.empty())
    send();
}

void task_log_state::start_bulker() {
  bulker =
      self->spawn(motorcade::bulker, caf::actor_cast<delivery_listener>(self),
                  *settings.destination);
  self->monitor(bulker);
}

void task_log_state::replace_bulker(const failure& reason) {
  start_bulker();
  if (under_way)
    sent(&reason, lines_under_way);
}

void task_log_state::answer_flush() {
  for (auto& promise : std::exchange(flushes, {}))
    promise.deliver(lost, lost_why);
}

task_log_actor::behavior_type
task_log(task_log_actor::stateful_pointer<task_log_state> self,
         task_log_settings settings) {
  auto& st = rt::state(self);
  st.self = self;
  st.settings = std::move(settings);
  tell_exceptions(self, [&st](const failure& why) {
    st.lost += std::max<size_t>(1, st.lines_under_way);
    st.lost_why = why.what;
    st.answer_flush();
  });
  self->set_down_handler([&st](const caf::down_msg& down) {
    if (st.bulker && st.bulker.address() == down.source)
      st.replace_bulker(to_failure(down.reason));
  });
  if (st.settings.destination)
    st.start_bulker();
  return {
      [&st](const log_batch_ptr& lines) {
        if (lines == nullptr || lines->empty())
          return;
        show_lines(*lines);
        st.add(lines);
      },
      [&st](atom::flush) -> caf::result<uint64_t, std::string> {
        auto promise = st.self->make_response_promise<uint64_t, std::string>();
        st.flushes.push_back(promise);
        flush_lines();
        st.send();
        return promise;
      },
      [&st](atom::tick) {
        st.ticking = false;
        st.store_waiting();
      },
      [&st](atom::commit, uint64_t, uint64_t) {
        st.sent(nullptr, st.lines_under_way);
      },
      [&st](const failure_ptr& reason, uint64_t) {
        // A bulker that gave up takes no more; the next batch gets a new one.
        rt::end(st.bulker);
        st.replace_bulker(*reason);
      },
      [](atom::abort, uint64_t) {
        // Logs are never aborted.
      },
  };
}

} // namespace motorcade
