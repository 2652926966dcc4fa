#include "bench/instruction_count.hpp"

#include "runtime/process/process.hpp"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <system_error>

namespace motorcade::bench {

namespace {

/// @returns the sum in a file that callgrind wrote; 0: there is none. It is
/// spread over several sections where the process has forked.
uint64_t read_total(const std::string& path) {
  std::ifstream file{path};
  constexpr std::string_view key = "totals: ";
  uint64_t out = 0;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key))
      out += std::strtoull(line.c_str() + key.size(), nullptr, 10);
  return out;
}

} // namespace

bool can_count_instructions() {
  const auto* path = std::getenv("PATH");
  std::istringstream folders{path == nullptr ? "" : path};
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + "/valgrind").c_str(), X_OK) == 0)
      return true;
  return false;
}

uint64_t count_instructions(play_settings settings, counting_sink& sink) {
  const auto folder = make_private_directory("replay-count-");
  if (!folder)
    throw std::runtime_error{folder.error().what};
  const auto counted = *folder + "/callgrind";
  settings.sidecar_arguments.insert(settings.sidecar_arguments.begin(),
                                    {"--tool=callgrind", "--quiet",
                                     "--callgrind-out-file=" + counted,
                                     settings.sidecar});
  settings.sidecar = "valgrind";
  const auto run = play(settings, sink);
  const auto total = read_total(counted);
  std::error_code ignored; // A directory left in /tmp hurts nobody.
  std::filesystem::remove_all(*folder, ignored);
  if (run.exit_code != 0 || run.delivered_rows != run.rows || total == 0)
    throw std::runtime_error{
        fmt::format("under valgrind the sidecar ended with {}, delivered {} of "
                    "{} rows, and {} instructions were counted",
                    run.exit_code, run.delivered_rows, run.rows, total)};
  return total;
}

double per_byte(const counted_run& few, const counted_run& many) {
  return static_cast<double>(many.instructions - few.instructions)
         / static_cast<double>(many.bytes - few.bytes);
}

} // namespace motorcade::bench
