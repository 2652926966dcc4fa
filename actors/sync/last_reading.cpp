#include "actors/sync/last_reading.hpp"

#include <algorithm>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// How long a connector may take over SIGTERM.
constexpr session_time longest_goodbye = 10s;

} // namespace

last_reading::last_reading(bool ends_connector, session_time grace,
                           session_time now)
    : due_{ends_connector ? step::end_connector : step::stop_readers} {
  auto third = grace / 3;
  kill_at_ = now + std::min(third, longest_goodbye);
  stop_at_ = ends_connector ? kill_at_ + third : now;
  give_up_at_ = stop_at_ + third;
}

last_reading::step last_reading::next(session_time now) {
  switch (due_) {
  case step::end_connector:
    due_ = step::kill_connector;
    return step::end_connector;
  case step::kill_connector:
    if (now < kill_at_)
      return step::wait;
    due_ = step::stop_readers;
    return step::kill_connector;
  case step::stop_readers:
    if (now < stop_at_)
      return step::wait;
    due_ = step::give_up;
    return step::stop_readers;
  case step::give_up:
    if (now < give_up_at_)
      return step::wait;
    due_ = step::wait;
    return step::give_up;
  case step::wait:
    break;
  }
  return step::wait;
}

void last_reading::hurry(session_time now) {
  if (due_ == step::end_connector || due_ == step::kill_connector)
    due_ = step::stop_readers;
  auto left = give_up_at_ - stop_at_;
  stop_at_ = std::min(stop_at_, now);
  give_up_at_ = std::min(give_up_at_, stop_at_ + left);
}

} // namespace motorcade
