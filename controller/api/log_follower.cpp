#include "controller/api/log_follower.hpp"

#include "controller/api/api.hpp"
#include "controller/api/api_rows.hpp"

#include <utility>

namespace motorcade {

namespace {

/// The most failures of the service in a row that are tried again.
constexpr size_t most_failures = 60;

/// The most bytes of one write.
constexpr size_t piece = size_t{64} << 10;

/// After so many looks all lines of the window are read again, even if they are
/// more than one read gives.
constexpr size_t looks_for_many = 5;

} // namespace

log_follower::log_follower(controller_service& service, std::string task_id,
                           log_position after, size_t limit,
                           std::chrono::milliseconds pause)
    : service_{service},
      task_id_{std::move(task_id)},
      window_{std::move(after)},
      limit_{limit},
      pause_{pause} {}

void log_follower::run(http_stream& to) {
  while (step(to) && to.pause(pause_)) {}
}

bool log_follower::step(http_stream& to) {
  // Asked first: what is logged before the task ends is seen below.
  auto task = service_.find(task_id_);
  if (!task)
    return fail(to, task.error());
  auto runs = *task && (*task)->status == task_status::running;
  auto done = write_behind(window_.end(), to);
  auto look_again =
      !runs || window_.size() < limit_ || ++looks_ % looks_for_many == 0;
  if (done == outcome::done && look_again)
    done = write_behind(window_.begin(), to);
  if (done == outcome::failed)
    return fail(to, last_failure_);
  return done == outcome::done && runs;
}

log_follower::outcome log_follower::write_behind(log_position from,
                                                 http_stream& to) {
  for (;;) {
    auto rows = service_.logs(task_id_, from, limit_);
    if (!rows) {
      last_failure_ = rows.error();
      return outcome::failed;
    }
    failures_ = 0;
    if (rows->empty())
      return outcome::done;
    from = {rows->back().time, rows->back().id};
    // A client that does not read blocks only its own thread; a slow one must
    // not be kept by a task that ended.
    if (!write(*rows, to) || !to.pause(std::chrono::milliseconds{0}))
      return outcome::nobody_reads;
    size_t bytes = 0;
    for (const auto& row : *rows)
      bytes += row.message.size();
    // A read ends at a number of bytes, too.
    if (rows->size() < limit_ && bytes <= page_bytes)
      return outcome::done;
  }
}

bool log_follower::write(const std::vector<log_row>& rows, http_stream& to) {
  std::string lines;
  for (const auto& row : rows) {
    if (!window_.add(row))
      continue;
    lines += to_json(row) + '\n';
    if (lines.size() < piece)
      continue;
    if (!to.write(lines))
      return false;
    lines.clear();
  }
  return lines.empty() || to.write(lines);
}

bool log_follower::fail(http_stream& to, const failure& why) {
  auto passes = why.code == ec::database_unavailable
                || why.code == ec::timed_out || why.code == ec::too_busy
                || why.code == ec::service_unavailable;
  if (passes && ++failures_ < most_failures)
    return true;
  to.write(failure_reply(why).body + '\n');
  return false;
}

} // namespace motorcade
