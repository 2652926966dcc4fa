#include "schema/task/task_status.hpp"

#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <array>

namespace motorcade {

namespace {

constexpr std::array<std::string_view, 6> task_names = {
    "RUNNING", "SUCCESS", "PARTIAL", "FAILED", "CANCELLED", "TIME_EXCEEDED"};

constexpr std::array<std::string_view, 7> stream_names = {
    "PENDING", "RUNNING",   "SUCCESS",      "PARTIAL",
    "FAILED",  "CANCELLED", "TIME_EXCEEDED"};

} // namespace

std::string_view to_string(task_status status) {
  return task_names.at(static_cast<size_t>(status));
}

bool from_string(std::string_view text, task_status& status) {
  for (size_t i = 0; i < task_names.size(); ++i)
    if (task_names[i] == text) {
      status = static_cast<task_status>(i);
      return true;
    }
  return false;
}

std::string_view to_string(stream_status status) {
  return stream_names.at(static_cast<size_t>(status));
}

std::string describe(const std::vector<stream_summary>& streams) {
  auto all = nlohmann::ordered_json::object();
  for (const auto& stream : streams) {
    nlohmann::ordered_json entry = {{"events", stream.events},
                                    {"bytes", stream.bytes},
                                    {"status", to_string(stream.status)}};
    if (!stream.error.empty())
      entry["error"] = stream.error;
    all[stream.key] = std::move(entry);
  }
  // Connectors may send anything as an error; a bad byte must not cost the
  // status.
  return write_json(all);
}

} // namespace motorcade
