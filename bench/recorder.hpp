#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motorcade::bench {

/// Runs a connector and stores what it prints on stdout, compressed. Throws
/// std::runtime_error if the file or the process cannot be made.
/// @returns the connector's exit code; 127 if there is no such program; 128 and
/// the number of the signal that ended it.
int record(const std::string& output,
           const std::vector<std::string>& connector);

/// Stores lines, compressed if the name ends in `.zst`. Throws
/// std::runtime_error if the file cannot be written.
void save_recording(const std::string& path, std::string_view lines);

/// @returns the whole lines of a `.jsonl` or `.jsonl.zst` file.
/// Throws std::runtime_error.
std::string load_recording(const std::string& path);

/// @returns the names of the streams in a recording, in order of appearance,
/// and whether it has states.
std::pair<std::vector<std::string>, bool> survey(std::string_view recording);

} // namespace motorcade::bench
