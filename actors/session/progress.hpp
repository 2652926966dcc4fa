#pragma once

#include "actors/session/read_session.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// Shows the progress of a read: on a terminal a live line, replaced every
/// second; otherwise a line of log every ten seconds.
class progress_view {
public:
  /// @param terminal Whether stderr is a terminal.
  explicit progress_view(bool terminal) : terminal_{terminal} {}

  /// To be called about once a second.
  void show(const read_session& session, session_time now);

  /// Removes the live line.
  void clear();

  /// @returns e.g. `2/3 streams, 4,100 rows, 1.8 MB, 820 rows/s, 63 %`.
  std::string line(const read_session& session, session_time now);

private:
  bool terminal_;
  session_time shown_{};
  /// The time of the last call of `line`, for the rate.
  session_time last_time_{};
  uint64_t last_rows_ = 0;
  bool begun_ = false;
};

/// @returns e.g. `1,234,567`.
std::string with_commas(uint64_t n);

/// @returns e.g. `1.8 MB`, or `12.3 KB` below 50 KB; MB are millions of bytes.
std::string readable_bytes(uint64_t bytes);

} // namespace motorcade
