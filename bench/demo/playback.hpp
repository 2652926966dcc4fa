#pragma once

#include "bench/demo/message_writer.hpp"
#include "bench/demo/recording.hpp"
#include "schema/base/result.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

namespace motorcade {

/// A stream that a ConfiguredAirbyteCatalog selects.
struct selected_stream {
  stream_name name;
  bool incremental = false;
};

/// A stream's state as an earlier run left it.
struct played_state {
  stream_name stream;
  nlohmann::json value;
};

/// @returns the streams of a ConfiguredAirbyteCatalog, or invalid_catalog.
result<std::vector<selected_stream>>
read_catalog(const nlohmann::json& catalog);

/// Reads what `--state` names: an array of AirbyteStateMessages of type STREAM.
/// An empty object and null stand for no state at all, and a stream whose state
/// is null or an empty object has none.
/// @returns invalid_argument for anything else.
result<std::vector<played_state>> read_states(const nlohmann::json& states);

/// Which records and states of a stream are played: those on the lines past
/// `after` up to and including `through`, counted from 1.
struct stream_range {
  bool selected = false;
  uint64_t after = 0;
  uint64_t through = std::numeric_limits<uint64_t>::max();
};

/// Decides what one sync plays; the answer is parallel to `source.streams`.
///
/// A saved state is looked up among the recorded ones as a JSON value (the last
/// equal one wins), and what follows it is played to the end. Without one, an
/// incremental stream plays its first part: up to the last STATE that leaves at
/// least a fifth of its records to come, so that a second sync has something
/// left. It plays whole if `whole` asks for it, if it has a single STATE,
/// or none that cuts so. A full refresh always plays whole.
///
/// @returns invalid_catalog if a selected stream is not in the recording,
/// invalid_argument if a selected stream's state is not.
result<std::vector<stream_range>>
plan_playback(const recording& source,
              const std::vector<selected_stream>& selected,
              const std::vector<played_state>& states, bool whole);

/// @returns how many records of the stream the range plays.
uint64_t rows_in(const recorded_stream& stream, const stream_range& range);

struct playback_settings {
  std::optional<double> rows_per_second;
  /// Ends right after so many records.
  std::optional<uint64_t> stop_after_rows;
};

struct playback_outcome {
  uint64_t rows = 0;
  /// Whether `stop_after_rows` cut it short.
  bool stopped = false;
};

/// Writes the planned lines, byte for byte as recorded and in their order:
/// records and states of the ranges, every TRACE of a selected stream, and
/// every line that belongs to no stream. Flushes at the end.
/// Fails like `message_writer::flush`, and if the recording is not any more
/// what was scanned.
result<playback_outcome> play(const recording& source,
                              const std::vector<stream_range>& plan,
                              const playback_settings& settings,
                              message_writer& out);

} // namespace motorcade
