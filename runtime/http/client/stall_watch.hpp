#pragma once

#include "runtime/http/client/http_engine.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace motorcade {

using http_clock = std::chrono::steady_clock;

/// Notices that an upload gets no further: each phase of it has a time limit,
/// which begins anew with every byte.
class stall_watch {
public:
  /// What the upload waits for.
  enum class phase { connecting, sending, dry, answer_due, answering };

  /// How far the upload is.
  struct sight {
    phase now = phase::connecting;
    /// Bytes of the body, and of the answer.
    uint64_t sent = 0;
    uint64_t received = 0;
    bool aborting = false;
  };

  /// @param request Has the limits; outlives it.
  explicit stall_watch(const http_upload& request) : request_{request} {}

  /// Notes that the upload gets further although no byte was sent.
  void note_progress(http_clock::time_point now) { progress_at_ = now; }

  /// Gives the upload `abort_timeout` from now on, whatever else happens.
  void begin_abort(http_clock::time_point now);

  /// @returns when to look again, or nothing if there is no time limit.
  /// `expired()` is true if a limit ran out.
  std::optional<http_clock::time_point> watch(http_clock::time_point now,
                                              const sight& upload);

  /// @returns whether a stall was found.
  bool expired() const noexcept { return expired_; }

  /// @returns which limit ran out; may be empty.
  const std::string& reason() const noexcept { return reason_; }

  /// @returns the phase at the last `watch`.
  phase seen() const noexcept { return seen_.now; }

private:
  const http_upload& request_;
  sight seen_;
  http_clock::time_point progress_at_ = http_clock::now();
  http_clock::time_point abort_at_ = {};
  bool expired_ = false;
  std::string reason_;
};

} // namespace motorcade
