#include "sidecar/sidecar_input_file.hpp"

#include "config/sidecar_input.hpp"
#include "runtime/base/found_file.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/stop_signals.hpp"
#include "runtime/stream/folder_watch.hpp"

#include <filesystem>

namespace motorcade {

namespace {

using namespace std::chrono_literals;

/// The longest wait before the signals are checked.
constexpr auto longest_wait = 200ms;

result<variables> read_file(const std::string& path) {
  auto text = read_found_file(path, most_document_bytes);
  if (!text)
    return text.error();
  return read_sidecar_input(*text);
}

} // namespace

result<environment> with_sidecar_input(const environment& from,
                                       std::chrono::milliseconds patience) {
  if (from("SIDECAR_INPUT").value_or("") != "files")
    return from;
  auto path = sidecar_input_path(from);
  auto needed = from("COMMAND").value_or("").empty();
  std::error_code error;
  if (!needed && !std::filesystem::exists(path, error))
    return from;
  // The folder is watched before the file is looked at, so that no change is
  // missed.
  auto changes =
      folder_watch::open(std::filesystem::path{path}.parent_path().string());
  if (!changes)
    return changes.error();
  auto until = std::chrono::steady_clock::now() + patience;
  for (auto first = true;; first = false) {
    // The file may be half written.
    auto input = read_file(path);
    if (input)
      return fill_in_environment(from, make_environment(std::move(*input)));
    if (std::chrono::steady_clock::now() >= until)
      return failure{ec::invalid_argument,
                     "SIDECAR_INPUT is files, and COMMAND is to be read from "
                         + path + ": " + input.error().what};
    if (told_to_stop_within(0ms))
      return failure{ec::cancelled,
                     "told to stop while " + path + " was waited for"};
    if (first)
      log::info("waiting for {}: {}", path, input.error().what);
    changes->wait(longest_wait);
  }
}

} // namespace motorcade
