#pragma once

#include <chrono>
#include <thread>

namespace motorcade {

/// The patience of a call of the API with what is left to do after a task is
/// over: 2 s, with a look every 20 ms. It blocks the thread that calls it.
class end_wait {
public:
  /// Pauses before the next look.
  /// @returns false, at once, if the time is over.
  bool pause() const {
    if (std::chrono::steady_clock::now() >= last_look_)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
    return true;
  }

private:
  std::chrono::steady_clock::time_point last_look_ =
      std::chrono::steady_clock::now() + std::chrono::seconds{2};
};

} // namespace motorcade
