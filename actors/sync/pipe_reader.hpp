#pragma once

#include "actors/sync/sidecar_actors.hpp"
#include "runtime/stream/byte_source.hpp"
#include "runtime/stream/slab_reader.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// The settings of a pipe reader.
struct pipe_reader_settings {
  pipe_kind kind = pipe_kind::out;
  std::string path;
  /// Empty: the path is a pipe. Otherwise a file that is followed as it grows,
  /// until this one appears beside it.
  std::string end_path;
  /// The longest wait for a pipe to appear.
  std::chrono::milliseconds appear_timeout{30'000};
  size_t max_line_bytes = 64u << 20;
  slab_pool_ptr pool;
  byte_window_ptr window;
  /// The parsers, which take the slabs of stdout in turn.
  std::vector<parser_actor> parsers;
  /// Has the bytes of the slabs on their way to and in the parsers. While it is
  /// full the reader does not read: what it would read ahead only takes memory,
  /// and the cache from the parsers.
  byte_window_ptr waiting;
};

/// Reads one pipe: stdout into slabs for the parsers, stderr into lines of log
/// for the coordinator. Stops reading while the byte window is full.
class pipe_reader_state {
public:
  static inline constexpr const char* name = "pipe reader";

  /// To be called once, before all else.
  pipe_reader_actor::behavior_type
  make_behavior(pipe_reader_actor::pointer self, coordinator_actor coordinator,
                pipe_reader_settings settings);

private:
  using clock = std::chrono::steady_clock;

  /// Reads until the pipe is dry, or waits a while for more.
  void poll();

  /// Opens the pipe, or the file that grows in its place.
  result<std::unique_ptr<byte_source>> open_source() const;

  /// Fills the buffer with the bytes in the pipe.
  /// @returns whether the pipe was read dry.
  bool fill();

  /// Reads what the pipe holds, ends the reading, and reports what is left.
  void stop();

  /// Hands over the whole lines in the buffer.
  void hand_over();

  /// Sends a slab to a parser, or its lines to the coordinator.
  void hand_over(slab_ptr slab);

  /// Hands over the rest, with a last line that has no newline.
  void hand_over_rest();

  /// Waits while there is no room in the window, or parsers have enough to do.
  /// @returns whether there is room now.
  bool wait_for_room();

  /// Sleeps while the pipe fills, shorter if it fills fast: a full pipe stops
  /// the connector.
  void gather();

  /// @returns whether a small slab may be handed over now.
  bool small_slab_due() const;

  /// Tells the coordinator that the pipe has ended; code `none`: as usual.
  void end(failure reason);

  pipe_reader_actor::pointer self_ = {};
  coordinator_actor coordinator_ = {};
  pipe_reader_settings settings_;
  std::unique_ptr<byte_source> source_;
  std::optional<slab_reader> lines_;
  /// The levels of lines of stderr: WARN for a line that names none.
  text_context said_{log_line_levels{log_level::warn}};
  clock::time_point started_;
  clock::time_point handed_over_;
  std::chrono::microseconds nap_{0};
  /// The bytes read since the last nap.
  size_t drawn_ = 0;
  uint64_t slabs_ = 0;
  bool ended_ = false;
};

/// Runs in a thread of its own: spawn it detached.
pipe_reader_actor::behavior_type
pipe_reader(pipe_reader_actor::stateful_pointer<pipe_reader_state> self,
            coordinator_actor coordinator, pipe_reader_settings settings);

} // namespace motorcade
