#include "bench/instruction_count.hpp"

#include "runtime/process/process.hpp"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace motorcade::bench {

namespace {

bool has_valgrind() {
  const auto* path = std::getenv("PATH");
  std::istringstream folders{path == nullptr ? "" : path};
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + "/valgrind").c_str(), X_OK) == 0)
      return true;
  return false;
}

/// @returns the sum in a file that callgrind wrote; 0: there is none.
double read_total(const std::string& path) {
  std::ifstream file{path};
  constexpr std::string_view key = "totals: ";
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key))
      return std::strtod(line.c_str() + key.size(), nullptr);
  return 0;
}

} // namespace

std::optional<double> count_instructions(play_settings settings,
                                         generator_settings shape,
                                         counting_sink& sink) {
  if (!has_valgrind())
    return std::nullopt;
  const auto folder = make_private_directory("replay-count-");
  if (!folder)
    throw std::runtime_error{folder.error().what};
  const auto counted = *folder + "/callgrind";
  settings.sidecar_arguments = {"--tool=callgrind", "--quiet",
                                "--callgrind-out-file=" + counted,
                                settings.sidecar};
  settings.sidecar = "valgrind";
  double instructions = 0;
  double bytes = 0;
  for (const auto sign : {-1, 1}) {
    const auto recording = generate(shape);
    settings.recording = recording;
    const auto run = play(settings, sink);
    const auto total = read_total(counted);
    if (!run.delivered_all() || total == 0)
      throw std::runtime_error{
          fmt::format("under valgrind the sidecar ended with {} and delivered "
                      "{} of {} rows",
                      run.exit_code, run.delivered_rows, run.rows)};
    instructions += sign * total;
    bytes += sign * static_cast<double>(recording.size());
    shape.rows *= 3;
  }
  std::error_code ignored; // A folder that is left in /tmp does no harm.
  std::filesystem::remove_all(*folder, ignored);
  return instructions / bytes;
}

} // namespace motorcade::bench
