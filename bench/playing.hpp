#pragma once

#include "bench/counting_sink.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motorcade::bench {

/// The recording that is played into a sidecar, and how.
struct play_settings {
  /// The sidecar's program.
  std::string sidecar;
  std::vector<std::string> sidecar_arguments;
  /// Whole lines.
  std::string_view recording;
  /// The number of times that it is played, one after another.
  uint64_t repeat = 1;
  /// Rows a second; 0: as fast as it goes.
  double rows_per_second = 0;
  /// Keep the distances of the records' `emitted_at`.
  bool own_timing = false;
  /// Prints no line and stays silent for so long.
  double silent_seconds = 0;
  std::string catalog;
  /// DATABASE_URL.
  std::string database;
  /// BULKER_URL; empty: the counting sink.
  std::string bulker_url;
  /// More variables for the sidecar.
  std::map<std::string, std::string> environment;
};

/// The outcome.
struct play_figures {
  /// As the connector printed them.
  uint64_t bytes = 0;
  uint64_t rows = 0;
  uint64_t delivered_rows = 0;
  /// From the first byte written to the last request answered, or, with a
  /// BULKER_URL, to the end of the process.
  double seconds = 0;
  /// From the first byte written to the end of the process.
  double whole_seconds = 0;
  /// The CPU time of the sidecar, user and system.
  double cpu_seconds = 0;
  /// How often a thread of the sidecar gave up its core, or lost it.
  uint64_t context_switches = 0;
  /// The cores of the machine that were busy meanwhile, with any program.
  double cores_busy = 0;
  uint64_t peak_rss_bytes = 0;
  /// From the write of a row to its arrival, in milliseconds.
  std::optional<double> p50;
  std::optional<double> p99;
  int exit_code = -1;

  /// @returns whether the sidecar succeeded and every row reached the sink.
  bool delivered_all() const {
    return exit_code == 0 && delivered_rows == rows;
  }

  /// @returns 10^6 bytes a second.
  double megabytes_per_second() const {
    return static_cast<double>(bytes) / 1e6 / seconds;
  }

  /// @returns rows a second.
  double rows_per_second() const { return static_cast<double>(rows) / seconds; }

  /// @returns seconds of a core for 10^9 bytes.
  double cpu_per_gigabyte() const {
    return cpu_seconds / (static_cast<double>(bytes) / 1e9);
  }

  /// @returns context switches for 10^6 bytes.
  double switches_per_megabyte() const {
    return static_cast<double>(context_switches)
           / (static_cast<double>(bytes) / 1e6);
  }
};

/// The outcome of `cat fifo > socket`.
struct floor_figures {
  /// From the first byte written to the last received.
  double seconds = 0;
  /// The CPU time of `cat`, user and system.
  double cpu_seconds = 0;
};

/// Plays a recording through real FIFOs into a real sidecar process.
/// Throws std::runtime_error if that cannot be set up.
play_figures play(const play_settings& settings, counting_sink& sink);

/// Plays the same bytes into `cat fifo > socket`.
floor_figures play_floor(std::string_view recording, uint64_t repeat,
                         counting_sink& sink);

/// Sends the same bytes to the sink over a socket, with nothing between.
/// @returns the seconds that took.
double push_directly(std::string_view recording, uint64_t repeat,
                     counting_sink& sink);

} // namespace motorcade::bench
