#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace motorcade::bench {

/// The shape of a synthetic recording.
struct generator_settings {
  uint64_t rows = 100'000;
  uint32_t streams = 1;
  /// The bytes of `data`, about.
  uint32_t row_bytes = 500;
  /// `none`: one stream after another; `rows`: in turn, row by row; `random`.
  std::string interleave = "none";
  /// A STATE of its stream behind so many rows of it; 0: none.
  uint64_t states_every = 0;
  /// A line of log behind so many rows; 0: none.
  uint64_t logs_every = 0;
  /// `message`: a LOG; `json` and `text`: as loggers write by themselves.
  std::string log_form = "message";
  uint64_t seed = 1;
};

/// @returns the names of the streams, `stream_0` and so on.
std::vector<std::string> stream_names(const generator_settings& settings);

/// Makes the lines of such a recording; the same settings make the same bytes.
std::string generate(const generator_settings& settings);

/// @returns a ConfiguredAirbyteCatalog of these streams.
/// @param incremental Else they are full refreshes.
std::string make_catalog(const std::vector<std::string>& streams,
                         bool incremental);

} // namespace motorcade::bench
