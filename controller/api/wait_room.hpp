#pragma once

#include <atomic>
#include <cstddef>
#include <optional>

namespace motorcade {

/// Room for a bounded number of requests that wait: each holds a thread.
/// Thread-safe.
class wait_room {
public:
  /// The place of one request, until it is destroyed.
  class place {
  public:
    /// @param all Outlives it.
    explicit place(std::atomic<size_t>& all) : count_{all}, number_{++all} {}

    ~place() { --count_; }

    place(const place&) = delete;
    place& operator=(const place&) = delete;

    /// @returns the number of places that are taken, this one included.
    size_t number() const { return number_; }

  private:
    std::atomic<size_t>& count_;
    const size_t number_;
  };

  /// @param most How many places there are.
  explicit wait_room(size_t most) : most_{most} {}

  /// Takes a place.
  /// @returns whether there was one; if not, none is taken.
  bool enter(std::optional<place>& own) {
    if (own.emplace(taken_).number() <= most_)
      return true;
    own.reset();
    return false;
  }

private:
  const size_t most_;
  std::atomic<size_t> taken_ = 0;
};

} // namespace motorcade
