#include "support/airbyte_lines.hpp"

namespace motorcade::test {

using nlohmann::json;

namespace {

json descriptor_of(const stream_ref& stream) {
  json out{{"name", stream.name}};
  if (!stream.target_namespace.empty())
    out["namespace"] = stream.target_namespace;
  return out;
}

std::string trace_line(json trace) {
  trace["emitted_at"] = 1'700'000'000'000;
  return json{{"type", "TRACE"}, {"trace", std::move(trace)}}.dump() + "\n";
}

} // namespace

std::string record_line(const stream_ref& stream, const std::string& data) {
  auto space = stream.target_namespace.empty()
                   ? std::string{}
                   : ",\"namespace\":" + json(stream.target_namespace).dump();
  return "{\"type\":\"RECORD\",\"record\":{\"stream\":"
         + json(stream.name).dump() + space + ",\"data\":" + data
         + ",\"emitted_at\":1700000000000}}\n";
}

std::string state_line(const stream_ref& stream, const std::string& state,
                       std::optional<double> records) {
  auto stats =
      records ? ",\"sourceStats\":" + json{{"recordCount", *records}}.dump()
              : std::string{};
  return "{\"type\":\"STATE\",\"state\":{\"type\":\"STREAM\",\"stream\":{"
         "\"stream_descriptor\":"
         + descriptor_of(stream).dump() + ",\"stream_state\":" + state + "}"
         + stats + "}}\n";
}

std::string global_state_line(const std::string& inside) {
  return "{\"type\":\"STATE\",\"state\":{\"type\":\"GLOBAL\",\"global\":{"
         + inside + "}}}\n";
}

std::string legacy_state_line(const std::string& data) {
  return "{\"type\":\"STATE\",\"state\":{\"data\":" + data + "}}\n";
}

std::string status_line(const stream_ref& stream, const std::string& status) {
  return trace_line(
      {{"type", "STREAM_STATUS"},
       {"stream_status",
        {{"stream_descriptor", descriptor_of(stream)}, {"status", status}}}});
}

std::string log_line(const std::string& level, const std::string& message) {
  return json{{"type", "LOG"},
              {"log", {{"level", level}, {"message", message}}}}
             .dump()
         + "\n";
}

std::string error_line(const std::string& message,
                       const std::string& failure_type,
                       const std::optional<stream_ref>& stream) {
  json error{{"message", message}, {"failure_type", failure_type}};
  if (stream)
    error["stream_descriptor"] = descriptor_of(*stream);
  return trace_line({{"type", "ERROR"}, {"error", error}});
}

json configured_stream(const stream_ref& stream, const std::string& sync_mode) {
  auto inner = descriptor_of(stream);
  inner["json_schema"] = json::object();
  inner["supported_sync_modes"] = {"full_refresh", "incremental"};
  return {{"stream", inner},
          {"sync_mode", sync_mode},
          {"destination_sync_mode", "append"}};
}

json configured_catalog(const std::vector<stream_ref>& streams,
                        const std::string& sync_mode) {
  json out{{"streams", json::array()}};
  for (const auto& stream : streams)
    out["streams"].push_back(configured_stream(stream, sync_mode));
  return out;
}

std::vector<std::string> numbered_rows(size_t first, size_t count) {
  std::vector<std::string> rows;
  for (auto n = first; n < first + count; ++n)
    rows.push_back("{\"n\":" + std::to_string(n) + "}");
  return rows;
}

std::string record_lines(const stream_ref& stream,
                         const std::vector<std::string>& rows) {
  std::string out;
  for (const auto& row : rows)
    out += record_line(stream, row);
  return out;
}

} // namespace motorcade::test
