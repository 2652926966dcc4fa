#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace motorcade::test {

/// A stream as connectors name it.
struct stream_ref {
  stream_ref(const char* of_name, std::string of_namespace = {})
      : name{of_name}, target_namespace{std::move(of_namespace)} {}

  std::string name;
  /// Empty: left out.
  std::string target_namespace;
};

// One line of a connector's stdout each, with its newline. What is given as
// `data` or `state` is JSON and stands in the line byte for byte.

std::string record_line(const stream_ref& stream, const std::string& data);

/// @param records `sourceStats.recordCount`.
std::string state_line(const stream_ref& stream, const std::string& state,
                       std::optional<double> records = std::nullopt);

/// @param inside The members of `global`.
std::string global_state_line(const std::string& inside);

std::string legacy_state_line(const std::string& data);

/// @param status STARTED, RUNNING, COMPLETE or INCOMPLETE.
std::string status_line(const stream_ref& stream, const std::string& status);

std::string log_line(const std::string& level, const std::string& message);

std::string error_line(const std::string& message,
                       const std::string& failure_type,
                       const std::optional<stream_ref>& stream = std::nullopt);

/// @returns a stream of a ConfiguredAirbyteCatalog.
nlohmann::json configured_stream(const stream_ref& stream,
                                 const std::string& sync_mode);

/// @returns a ConfiguredAirbyteCatalog.
nlohmann::json
configured_catalog(const std::vector<stream_ref>& streams,
                   const std::string& sync_mode = "full_refresh");

/// @returns `{"n":<first>}` and so on, `count` of them.
std::vector<std::string> numbered_rows(size_t first, size_t count);

/// @returns a RECORD line for each row.
std::string record_lines(const stream_ref& stream,
                         const std::vector<std::string>& rows);

} // namespace motorcade::test
