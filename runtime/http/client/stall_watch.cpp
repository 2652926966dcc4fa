#include "runtime/http/client/stall_watch.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

std::string seconds(std::chrono::milliseconds limit) {
  auto text = std::to_string(limit.count() / 1000);
  if (auto rest = limit.count() % 1000; rest != 0)
    text += "." + std::to_string(1000 + rest).substr(1);
  return text + " s";
}

} // namespace

void stall_watch::begin_abort(http_clock::time_point now) {
  abort_at_ = now + request_.abort_timeout;
}

std::optional<http_clock::time_point>
stall_watch::watch(http_clock::time_point now, const sight& upload) {
  auto before = std::exchange(seen_, upload);
  if (before.sent != upload.sent || before.received != upload.received
      || before.now != upload.now)
    progress_at_ = now;
  std::chrono::milliseconds limit{0};
  std::string reason;
  switch (upload.now) {
  case phase::connecting:
    limit = request_.connect_timeout + request_.stall_timeout;
    reason = "stalled: the request's head was not sent for " + seconds(limit);
    break;
  case phase::sending:
    limit = request_.stall_timeout;
    reason = "stalled: the server took no byte for " + seconds(limit);
    break;
  case phase::dry:
    if (!upload.aborting)
      return std::nullopt;
    limit = request_.abort_timeout;
    break;
  case phase::answer_due:
    limit = request_.response_timeout;
    reason = "stalled: no answer " + seconds(limit) + " after the end";
    break;
  case phase::answering:
    limit = request_.stall_timeout;
    reason = "stalled: no more of the answer came for " + seconds(limit);
    break;
  }
  auto end = progress_at_ + limit;
  if (upload.aborting)
    end = std::min(end, abort_at_);
  if (now >= end) {
    expired_ = true;
    reason_ = reason;
    return std::nullopt;
  }
  // Progress is seen only at a look, so looks come more often than the limit.
  return std::min(end, now + std::max(limit / 4, std::chrono::milliseconds{5}));
}

} // namespace motorcade
