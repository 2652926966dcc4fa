#include "bench/demo/demo_config.hpp"

#include "runtime/base/whole_file.hpp"

#include <filesystem>

namespace motorcade {

namespace {

using nlohmann::ordered_json;

constexpr auto schema_text = R"({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "title": "Demo connector",
  "type": "object",
  "required": ["recording"],
  "additionalProperties": true,
  "properties": {
    "recording": {
      "title": "Recording",
      "description": "A recorded connector's stdout, .jsonl or .jsonl.zst; a relative path starts at the folder of this config.",
      "type": "string",
      "minLength": 1,
      "order": 0
    },
    "catalog": {
      "title": "Catalog",
      "description": "The catalog that discover answers with; without it, one is inferred from the recorded rows.",
      "type": "string",
      "minLength": 1,
      "order": 1
    },
    "whole": {
      "title": "Whole",
      "description": "Play all rows at once where no state is given, instead of leaving some for the next sync.",
      "type": "boolean",
      "default": false,
      "order": 2
    },
    "rows_per_second": {
      "title": "Rows per second",
      "description": "Play no faster than this; without it, as fast as possible.",
      "type": "number",
      "minimum": 0.001,
      "maximum": 1000000000,
      "order": 3
    },
    "exit_code": {
      "title": "Exit code",
      "description": "What read exits with, however it ended.",
      "type": "integer",
      "minimum": 0,
      "maximum": 255,
      "order": 4
    },
    "stop_after_rows": {
      "title": "Stop after rows",
      "description": "Break off after so many rows, with exit code 1 unless exit_code says otherwise.",
      "type": "integer",
      "minimum": 1,
      "order": 5
    }
  }
})";

failure wrong(const std::string& key, const std::string& expected) {
  return {ec::invalid_argument, "the config's " + key + " is not " + expected};
}

/// Reads a path; `folder` is where a relative one starts.
result<std::string> read_path(const std::string& key, const ordered_json& value,
                              const std::filesystem::path& folder) {
  if (!value.is_string() || value.get_ref<const std::string&>().empty())
    return wrong(key, "a path");
  return (folder / value.get<std::string>()).string();
}

result<void> read_key(const std::string& key, const ordered_json& value,
                      const std::filesystem::path& folder,
                      demo_config& config) {
  if (key == "recording" || key == "catalog") {
    auto path = read_path(key, value, folder);
    if (!path)
      return path.error();
    (key == "recording" ? config.recording : config.catalog) = *path;
  } else if (key == "whole") {
    if (!value.is_boolean())
      return wrong(key, "true or false");
    config.whole = value.get<bool>();
  } else if (key == "rows_per_second") {
    // The bounds keep the time of any row within the clock's range.
    if (!value.is_number() || value.get<double>() < 0.001
        || value.get<double>() > 1e9)
      return wrong(key, "a number from 0.001 to 1000000000");
    config.rows_per_second = value.get<double>();
  } else if (key == "exit_code") {
    if (!value.is_number_unsigned() || value.get<uint64_t>() > 255)
      return wrong(key, "an integer from 0 to 255");
    config.exit_code = value.get<int>();
  } else if (key == "stop_after_rows") {
    if (!value.is_number_unsigned() || value.get<uint64_t>() == 0)
      return wrong(key, "a positive integer");
    config.stop_after_rows = value.get<uint64_t>();
  } else {
    config.unknown_keys.push_back(key);
  }
  return {};
}

} // namespace

result<ordered_json> read_json_file(const std::string& path) {
  auto text = read_whole_file(path);
  if (!text)
    return failure{ec::invalid_argument, text.error().what};
  auto content = ordered_json::parse(*text, nullptr, false);
  if (content.is_discarded())
    return failure{ec::invalid_argument, path + " is not JSON"};
  return content;
}

result<demo_config> read_demo_config(const std::string& path) {
  auto content = read_json_file(path);
  if (!content)
    return content.error();
  if (!content->is_object())
    return failure{ec::invalid_argument, path + " is not a JSON object"};
  demo_config config;
  auto folder = std::filesystem::path{path}.parent_path();
  for (const auto& [key, value] : content->items())
    if (auto read = read_key(key, value, folder, config); !read)
      return read.error();
  if (config.recording.empty())
    return failure{ec::invalid_argument,
                   "the config does not say where the recording lies"};
  return config;
}

const ordered_json& demo_config_schema() {
  static const auto schema = ordered_json::parse(schema_text);
  return schema;
}

} // namespace motorcade
