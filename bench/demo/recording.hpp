#pragma once

#include "schema/base/result.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace motorcade {

/// A stream's identity in the Airbyte protocol; an absent namespace and an
/// empty one are the same.
struct stream_name {
  std::string space;
  std::string name;

  bool operator==(const stream_name&) const = default;
};

/// @returns `namespace.name`, or `name` alone.
std::string to_string(const stream_name& stream);

/// Reads a stream descriptor: the members `name` and, maybe, `namespace`.
/// @returns whether `descriptor` is one.
bool read_stream_name(const nlohmann::json& descriptor, stream_name& stream);

/// The kind of a recorded line within its stream.
enum class line_kind : uint8_t {
  /// Belongs to no stream: a LOG, or what is no message at all.
  other,
  record,
  state,
  trace,
};

struct recorded_line {
  line_kind kind = line_kind::other;
  /// The number of its stream in the recording; meaningless for `other`.
  uint32_t stream = 0;
};

struct recorded_state {
  /// Where it stands, counted from 1.
  uint64_t line = 0;
  /// The number of records of its stream before it.
  uint64_t rows_before = 0;
  /// Its `stream_state`.
  nlohmann::json value;
};

struct recorded_stream {
  stream_name name;
  uint64_t rows = 0;
  /// In the order of the recording.
  std::vector<recorded_state> states;
};

/// The index of a recording of a connector's stdout.
struct recording {
  std::string path;
  std::vector<recorded_line> lines;
  /// In the order in which they are first met.
  std::vector<recorded_stream> streams;

  /// @returns the stream's index, or `streams.size()`.
  size_t find(const stream_name& stream) const;
};

/// Is shown the `data` of every record, and its stream's index.
using row_observer =
    std::function<void(size_t stream, const nlohmann::json& data)>;

/// Reads a whole recording (`.jsonl` or `.jsonl.zst`), keeping a few bytes a
/// line and every state. Lines that are not messages are kept as they are:
/// connectors print such.
/// @returns invalid_argument if the file is missing or damaged, or holds a
/// GLOBAL or LEGACY state, which belongs to no single stream; system_failed if
/// it cannot be read.
result<recording> scan_recording(const std::string& path,
                                 const row_observer& observer = nullptr);

} // namespace motorcade
