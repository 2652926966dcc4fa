#include "runtime/task/delayed_task.hpp"

#include "config/values.hpp"
#include "runtime/task/packed_documents.hpp"
#include "runtime/task/pod_task.hpp"
#include "schema/base/base64.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <optional>

namespace motorcade {

namespace {

using nlohmann::json;

constexpr const char* request_key = "request";
constexpr const char* start_mark = "StartAt";

template <class T>
struct member {
  const char* name;
  T task_request::*place;
};

constexpr std::array<member<std::string>, 11> text_members = {{
    {"command", &task_request::command},
    {"package", &task_request::package},
    {"version", &task_request::version},
    {"connectorType", &task_request::connector_type},
    {"syncId", &task_request::sync_id},
    {"taskId", &task_request::task_id},
    {"storageKey", &task_request::storage_key},
    {"startedBy", &task_request::started_by},
    {"namespace", &task_request::target_namespace},
    {"tableNamePrefix", &task_request::table_name_prefix},
    {"workspaceId", &task_request::workspace_id},
}};

constexpr std::array<member<bool>, 7> flags = {{
    {"toSameCase", &task_request::to_same_case},
    {"deduplicate", &task_request::deduplicate},
    {"fullSync", &task_request::full_sync},
    {"continue", &task_request::continues},
    {"debug", &task_request::debug},
    {"nodelay", &task_request::no_delay},
    {"thenRun", &task_request::then_run},
}};

constexpr const char* meta_key = "addMeta";

constexpr std::array<member<std::string>, 4> documents = {{
    {"config", &task_request::config},
    {"catalog", &task_request::catalog},
    {"state", &task_request::state},
    {"destinationConfig", &task_request::destination_config},
}};

/// @returns true or false, which an older syncctl reads too, or `airbyte`,
/// which it refuses rather than add other columns.
json from_meta(row_meta which) {
  if (which == row_meta::airbyte)
    return json(to_string(which));
  return which == row_meta::jitsu;
}

/// @returns nothing if `from_meta` did not make the value.
std::optional<row_meta> to_meta(const json& value) {
  if (value.is_boolean())
    return value.get<bool>() ? row_meta::jitsu : row_meta::none;
  if (value == json(to_string(row_meta::airbyte)))
    return row_meta::airbyte;
  return std::nullopt;
}

} // namespace

std::string delayed_secret_name(const std::string& name) {
  return name + "-delayed";
}

std::map<std::string, std::string> to_values(const task_request& task) {
  json request = {{"startedAt", to_iso8601_millis(task.started_at)}};
  for (const auto& [name, place] : text_members)
    request[name] = task.*place;
  for (const auto& [name, place] : flags)
    request[name] = task.*place;
  request[meta_key] = from_meta(task.add_meta);
  std::map<std::string, std::string> out = {{request_key, write_json(request)}};
  for (const auto& [name, place] : documents)
    if (!(task.*place).empty())
      out[name] = task.*place;
  return out;
}

result<task_request>
from_values(const std::map<std::string, std::string>& values) {
  auto found = values.find(request_key);
  auto request = json::parse(found == values.end() ? "" : found->second,
                             nullptr, /*allow_exceptions*/ false);
  const failure none = {ec::invalid_argument,
                        "the stored request cannot be read"};
  if (!request.is_object())
    return none;
  task_request out;
  for (const auto& [name, place] : text_members) {
    auto at = request.find(name);
    if (at == request.end() || !at->is_string())
      return none;
    out.*place = at->get<std::string>();
  }
  for (const auto& [name, place] : flags) {
    auto at = request.find(name);
    // The start may have been put aside by an older syncctl, which did not know
    // all members.
    if (at == request.end())
      continue;
    if (!at->is_boolean())
      return none;
    out.*place = at->get<bool>();
  }
  if (auto at = request.find(meta_key); at != request.end()) {
    const auto meta = to_meta(*at);
    if (!meta)
      return none;
    out.add_meta = *meta;
  }
  for (const auto& [name, place] : documents) {
    if (auto at = values.find(name); at != values.end())
      out.*place = at->second;
    auto packed = values.find(std::string{name} + std::string{packed_suffix});
    if (packed == values.end())
      continue;
    auto text = unpack_document(packed->second);
    if (!text)
      return failure{ec::invalid_argument,
                     std::string{name} + ": " + text.error().what};
    out.*place = std::move(*text);
  }
  if (auto at = request.find("startedAt");
      at != request.end() && at->is_string())
    out.started_at =
        parse_rfc3339(at->get<std::string>()).value_or(wall_time{});
  return out;
}

std::map<std::string, std::string> to_marks(const delayed_task& task) {
  auto out = to_annotations(task.task);
  out[start_mark] = to_iso8601_millis(task.start_at);
  return out;
}

result<delayed_task>
from_marks(const std::string& name,
           const std::map<std::string, std::string>& marks) {
  pod_status about;
  about.name = name;
  about.annotations = marks;
  auto task = read_pod_task(about);
  if (!task)
    return failure{ec::invalid_argument,
                   "the scheduled start " + name + " names no task"};
  auto at = marks.find(start_mark);
  auto start_at = at == marks.end() ? std::nullopt : parse_rfc3339(at->second);
  if (!start_at)
    return failure{ec::invalid_argument,
                   "the scheduled start " + name + " has no time"};
  return delayed_task{name, *start_at, std::move(*task)};
}

std::string make_delayed_secret(const delayed_task& task,
                                const controller_settings& settings) {
  json labels = settings.pods.labels;
  labels[std::string{delayed_label}] = delayed_value;
  auto values = to_values(task.task);
  size_t bytes = 0;
  for (const auto& [name, value] : values)
    bytes += name.size() + value.size();
  auto packed = json::object();
  if (bytes > largest_secret)
    for (const auto& [name, place] : documents)
      if (auto at = values.extract(name))
        packed[std::string{name} + std::string{packed_suffix}] =
            to_base64(pack_document(at.mapped()));
  return write_json(json{{"apiVersion", "v1"},
                         {"kind", "Secret"},
                         {"metadata",
                          {{"name", delayed_secret_name(task.name)},
                           {"namespace", settings.kubernetes_namespace},
                           {"labels", std::move(labels)},
                           {"annotations", to_marks(task)}}},
                         {"type", "Opaque"},
                         {"immutable", true},
                         {"stringData", std::move(values)},
                         {"data", std::move(packed)}});
}

} // namespace motorcade
