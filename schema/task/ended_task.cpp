#include "schema/task/ended_task.hpp"

#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

/// @returns an object without members if the text is no object.
json read_object(std::string_view text) {
  auto read = json::parse(text, nullptr, /*allow_exceptions*/ false);
  return read.is_object() ? read : json::object();
}

/// @returns 0 if there is no such count.
uint64_t count_of(const json& metrics, const char* name) {
  auto found = metrics.find(name);
  return found != metrics.end() && found->is_number_unsigned()
             ? found->get<uint64_t>()
             : 0;
}

} // namespace

std::string end_streams(std::string_view description, task_status status,
                        std::string_view error) {
  auto streams = read_object(description);
  auto changed = false;
  for (auto& stream : streams) {
    if (!stream.is_object())
      continue;
    auto said = stream.find("status");
    if (said == stream.end()
        || (*said != to_string(stream_status::running)
            && *said != to_string(stream_status::pending)))
      continue;
    changed = true;
    *said = to_string(status);
    if (!error.empty() && !stream.contains("error"))
      stream["error"] = error;
  }
  return changed ? write_json(streams) : std::string{description};
}

std::string end_counts(std::string_view metrics) {
  auto counts = read_object(metrics);
  if (!counts.contains("rows"))
    return std::string{metrics};
  auto rows = count_of(counts, "rows");
  auto settled =
      count_of(counts, "committed_rows") + count_of(counts, "rejected_rows");
  auto failed = rows > settled ? rows - settled : 0;
  if (counts.contains("failed_rows") && counts["failed_rows"] == failed)
    return std::string{metrics};
  counts["failed_rows"] = failed;
  return write_json(counts);
}

} // namespace motorcade
