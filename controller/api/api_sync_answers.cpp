#include "controller/api/api_sync_answers.hpp"

#include "schema/base/cut_text.hpp"
#include "schema/base/trim.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/task/failure_reason.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

/// The longest error of a run in an answer, in characters.
constexpr size_t longest_error = 500;

http_reply not_kept() {
  return http_error(501,
                    "this syncctl keeps no syncs: set "
                    "SYNCCTL_ENCRYPTION_KEYS, the key that their secrets "
                    "are sealed with; `openssl rand -base64 32` makes one",
                    "syncs_not_kept");
}

/// @returns the refusal of an id that cannot be a sync's; nothing: it can.
std::optional<http_reply> check_sync_id(const std::string& id) {
  const std::string name = "the sync's id in the path ";
  if (id.size() > api_parameters::id_limit)
    return http_error(400, name + "is longer than "
                               + std::to_string(api_parameters::id_limit)
                               + " bytes");
  if (!is_plain_text(id))
    return http_error(400, name + "is not UTF-8 or holds a control character");
  if (id == "." || id == "..")
    return http_error(400, name + "must not be . or ..");
  return {};
}

json error_kind_of(const sync_run& run) {
  const auto type = failure_type_of(run);
  return type ? json(to_string(*type)) : json{};
}

/// @returns what a list of many runs shows of one.
json to_brief_tree(const sync_run& run) {
  return {{"taskId", run.id},
          {"status", to_string(run.stage)},
          {"startedAt", time_or_null(run.started_at)},
          {"endedAt", is_active(run.stage)
                          ? json{}
                          : json(to_iso8601_micros(run.updated_at))},
          {"rows", number_or_null(run.figures.rows)},
          {"bytes", number_or_null(run.figures.bytes)}};
}

} // namespace

std::optional<http_reply> refuse_of_syncs(const http_request& request,
                                          const api_parameters& from,
                                          const sync_service* syncs) {
  if (request.segments.size() > 1)
    if (auto no = check_sync_id(request.segments[1]))
      return no;
  if (auto no = from.refusal())
    return no;
  // A client would believe that its call counts for one version alone.
  if (request.method == "POST")
    for (const auto& [header, name] :
         {std::pair{"if-match", "If-Match"},
          std::pair{"if-none-match", "If-None-Match"}})
      if (header_of(request, header))
        return http_error(400, std::string{name}
                                   + " counts for PUT and DELETE alone; leave "
                                     "it out");
  // A client that sends `{"stream":"users"}` means one stream: if the body were
  // ignored, the call would reset all of them.
  const auto body = trim(request.body, " \t\r\n");
  if (request.method == "POST" && !body.empty() && body != "{}"
      && body != "null")
    return http_error(400, "this call takes no body; what it takes stands in "
                           "the query, e.g. ?stream=users or ?wait=60");
  if (syncs == nullptr)
    return not_kept();
  return {};
}

std::optional<std::string> header_of(const http_request& request,
                                     std::string_view name) {
  std::optional<std::string> out;
  for (const auto& [key, value] : request.headers)
    if (key == name)
      out = out ? *out + ", " + value : value;
  return out;
}

json number_or_null(const std::optional<uint64_t>& number) {
  return number ? json(*number) : json{};
}

std::optional<failure_type> failure_type_of(const sync_run& run) {
  if (run.stage == run_stage::cancelled)
    return failure_type::cancelled;
  if (run.stage != run_stage::failed && run.stage != run_stage::partial)
    return {};
  return told_failure_type(run.error).value_or(failure_type::system_error);
}

json time_or_null(const std::optional<wall_time>& time) {
  return time ? json(to_iso8601_micros(*time)) : json{};
}

json text_or_null(const std::string& text) {
  return text.empty() ? json{} : json(text);
}

json to_tree(const sync_run& run) {
  auto out = to_brief_tree(run);
  out.update(json{{"trigger", run.trigger},
                  {"attempt", run.attempt},
                  {"error", text_or_null(cut_middle(run.error, longest_error))},
                  {"errorKind", error_kind_of(run)},
                  {"dueAt", to_iso8601_micros(run.due_at)},
                  {"createdAt", to_iso8601_micros(run.created_at)},
                  {"updatedAt", to_iso8601_micros(run.updated_at)}});
  return out;
}

json to_tree(const shown_sync& sync) {
  return {
      {"syncId", sync.row.id},
      {"version", sync.row.version},
      {"definition",
       sync.definition.empty() ? json{} : json::parse(sync.definition)},
      {"definitionCut", sync.cut},
      {"trouble", text_or_null(sync.trouble)},
      {"configHidden", text_or_null(sync.config_hidden)},
      {"managedBy", text_or_null(sync.managed_by)},
      {"fileGone", sync.file_gone},
      {"paused", text_or_null(sync.row.paused)},
      {"nextRunAt",
       sync.row.paused.empty() ? time_or_null(sync.row.next_run_at) : json{}},
      {"lastSuccessAt", time_or_null(sync.row.last_success_at)},
      {"catalogKey", text_or_null(sync.catalog_key)},
      {"createdAt", to_iso8601_micros(sync.row.created_at)},
      {"updatedAt", to_iso8601_micros(sync.row.updated_at)},
      {"lastRun", sync.runs.empty() ? json{} : to_tree(sync.runs.front())},
      {"lastEndedRun", sync.last_ended ? to_tree(*sync.last_ended) : json{}}};
}

json runs_of(const shown_sync& sync, size_t most) {
  auto out = json::array();
  const auto shown = std::min(most, sync.runs.size());
  for (auto i = shown; i > 0; --i)
    out.push_back(to_brief_tree(sync.runs[i - 1]));
  return out;
}

json fine() {
  return {{"ok", true}};
}

http_reply tree_reply(const json& tree) {
  http_reply out;
  out.body = write_json(tree);
  return out;
}

} // namespace motorcade
