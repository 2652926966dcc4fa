#include "actors/session/last_reading.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// The longest time that the connector has between SIGTERM and SIGKILL.
constexpr session_time longest_goodbye = 10s;

} // namespace

last_reading::last_reading(callbacks with, bool ends_connector,
                           session_time grace, session_time now)
    : with_{std::move(with)},
      due_{ends_connector ? step::end_connector : step::stop_readers} {
  auto third = grace / 3;
  kill_at_ = now + std::min(third, longest_goodbye);
  stop_at_ = ends_connector ? kill_at_ + third : now;
  give_up_at_ = stop_at_ + third;
}

bool last_reading::carry_out(session_time now) {
  if (due_ == step::end_connector) {
    due_ = step::kill_connector;
    with_.signal_connector(SIGTERM);
  }
  if (due_ == step::kill_connector && now >= kill_at_) {
    due_ = step::stop_readers;
    with_.signal_connector(SIGKILL);
  }
  if (due_ == step::stop_readers && now >= stop_at_) {
    due_ = step::give_up;
    with_.stop_readers();
  }
  return due_ == step::give_up && now >= give_up_at_;
}

void last_reading::hurry(session_time now) {
  if (due_ == step::end_connector || due_ == step::kill_connector)
    due_ = step::stop_readers;
  auto left = give_up_at_ - stop_at_;
  stop_at_ = std::min(stop_at_, now);
  give_up_at_ = std::min(give_up_at_, stop_at_ + left);
}

} // namespace motorcade
