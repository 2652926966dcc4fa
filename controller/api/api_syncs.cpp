#include "controller/api/api.hpp"
#include "controller/api/api_documents.hpp"
#include "controller/api/api_parameters.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/json/json_view.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

constexpr size_t most_shown = 1000;
constexpr size_t usual_shown = 100;
/// The longest wait for the end of a run, in seconds.
constexpr size_t longest_wait = 60;
/// The most requests that wait: each holds a thread.
constexpr size_t most_waiting = 16;

http_reply not_kept() {
  return http_error(501,
                    "this syncctl keeps no syncs: set "
                    "SYNCCTL_ENCRYPTION_KEYS, the key that their secrets "
                    "are sealed with; `openssl rand -base64 32` makes one");
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

/// @returns the refusal of a request about syncs whose parameters were read;
/// nothing: it may be answered.
std::optional<http_reply> refuse(const http_request& request,
                                 const api_parameters& from,
                                 const sync_service* syncs) {
  if (request.segments.size() > 1)
    if (auto no = check_sync_id(request.segments[1]))
      return no;
  if (auto no = from.refusal())
    return no;
  if (syncs == nullptr)
    return not_kept();
  return {};
}

std::string header_of(const http_request& request, std::string_view name) {
  for (const auto& [key, value] : request.headers)
    if (key == name)
      return value;
  return {};
}

/// Reads If-Match and If-None-Match: one version in quotes, or `*`.
/// @returns the refusal of anything else; nothing: `out` holds it.
std::optional<http_reply> read_precondition(const http_request& request,
                                            sync_precondition& out) {
  const auto match = header_of(request, "if-match");
  if (!match.empty() && match != "*") {
    if (match.size() < 3 || match.front() != '"' || match.back() != '"'
        || match.find('"', 1) != match.size() - 1)
      return http_error(400, "If-Match must be one version as ETag gave it, in "
                             "quotes");
    out.version = match.substr(1, match.size() - 2);
  }
  const auto none = header_of(request, "if-none-match");
  if (none == "*")
    out.is_new = true;
  else if (!none.empty() && request.method != "GET")
    return http_error(400, "If-None-Match must be * here: only a sync that is "
                           "not there yet");
  return {};
}

http_reply precondition_failed(const std::string& id) {
  return http_error(412, "sync " + excerpt(id)
                             + " is not in the version that the request is "
                               "for; get it, and send the change again");
}

json time_or_null(const std::optional<wall_time>& time) {
  return time ? json(to_iso8601_micros(*time)) : json{};
}

json text_or_null(const std::string& text) {
  return text.empty() ? json{} : json(text);
}

json to_tree(const sync_run& run) {
  return {{"taskId", run.id},
          {"trigger", run.trigger},
          {"attempt", run.attempt},
          {"status", to_string(run.stage)},
          {"error", text_or_null(run.error)},
          {"dueAt", to_iso8601_micros(run.due_at)},
          {"createdAt", to_iso8601_micros(run.created_at)},
          {"updatedAt", to_iso8601_micros(run.updated_at)}};
}

json to_tree(const shown_sync& sync) {
  return {{"syncId", sync.row.id},
          {"version", sync.row.version},
          {"definition",
           sync.definition.empty() ? json{} : json::parse(sync.definition)},
          {"trouble", text_or_null(sync.trouble)},
          {"managedBy", sync.by_file ? json("files") : json{}},
          {"paused", text_or_null(sync.row.paused)},
          {"nextRunAt", sync.row.paused.empty()
                            ? time_or_null(sync.row.next_run_at)
                            : json{}},
          {"createdAt", to_iso8601_micros(sync.row.created_at)},
          {"updatedAt", to_iso8601_micros(sync.row.updated_at)},
          {"lastRun", sync.last ? to_tree(*sync.last) : json{}}};
}

http_reply reply(const json& tree) {
  http_reply out;
  out.body = write_json(tree);
  return out;
}

/// An answer `{"ok":true,…}`.
json fine() {
  return {{"ok", true}};
}

/// @returns the committed rows of a task; null if they are not known.
json rows_of(controller_service& service, const std::string& task_id) {
  auto task = service.find(task_id);
  if (!task || !*task || (*task)->metrics.empty())
    return {};
  const auto metrics = nlohmann::json::parse((*task)->metrics, nullptr, false);
  return metrics.is_discarded() ? json{}
                                : json(integer_at(metrics, "committed_rows"));
}

} // namespace

http_reply controller_api::syncs(http_request& request) const {
  api_parameters from{request.query};
  const auto after = from.text("after");
  const auto limit = from.count("limit", usual_shown, most_shown);
  if (auto no = refuse(request, from, syncs_))
    return *no;
  // One more than is shown tells whether there is a next page.
  auto rows = syncs_->list(after, limit + 1);
  if (!rows)
    return failure_reply(rows.error());
  auto out = fine();
  auto& list = out["syncs"] = json::array();
  for (size_t i = 0; i < rows->size() && i < limit; ++i)
    list.push_back(to_tree((*rows)[i]));
  if (rows->size() > limit)
    out["next"] = (*rows)[limit - 1].row.id;
  if (auto faults = syncs_->file_faults(); !faults.empty() && after.empty()) {
    auto& files = out["fileFaults"] = json::array();
    for (const auto& one : faults)
      files.push_back({{"file", one.file}, {"error", one.error}});
  }
  return reply(out);
}

http_reply controller_api::sync(http_request& request) const {
  if (auto no = refuse(request, api_parameters{request.query}, syncs_))
    return *no;
  auto found = syncs_->find(request.segments[1]);
  if (!found)
    return failure_reply(found.error());
  auto out = fine();
  out.update(to_tree(*found));
  auto answer = reply(out);
  answer.headers.emplace_back("ETag", '"' + found->row.version + '"');
  return answer;
}

http_reply controller_api::put_sync(http_request& request) const {
  const auto& id = request.segments[1];
  if (auto no = refuse(request, api_parameters{request.query}, syncs_))
    return *no;
  if (auto no = check_object_body(request.body))
    return *no;
  sync_precondition when;
  if (auto no = read_precondition(request, when))
    return *no;
  auto done = syncs_->put(id, request.body, when);
  if (!done)
    return failure_reply(done.error());
  if (*done == sync_change::precondition_failed)
    return precondition_failed(id);
  auto answer = sync(request);
  if (*done == sync_change::created && answer.status == 200)
    answer.status = 201;
  return answer;
}

http_reply controller_api::delete_sync(http_request& request) const {
  const auto& id = request.segments[1];
  if (auto no = refuse(request, api_parameters{request.query}, syncs_))
    return *no;
  sync_precondition when;
  if (auto no = read_precondition(request, when))
    return *no;
  auto done = syncs_->erase(id, when);
  if (!done)
    return failure_reply(done.error());
  return *done == sync_change::precondition_failed ? precondition_failed(id)
                                                   : reply(fine());
}

http_reply controller_api::sync_runs(http_request& request) const {
  api_parameters from{request.query};
  const auto limit = from.count("limit", usual_shown, most_shown);
  if (auto no = refuse(request, from, syncs_))
    return *no;
  auto runs = syncs_->runs(request.segments[1], limit);
  if (!runs)
    return failure_reply(runs.error());
  auto out = fine();
  auto& list = out["runs"] = json::array();
  for (const auto& run : *runs)
    list.push_back(to_tree(run));
  return reply(out);
}

http_reply controller_api::sync_changes(http_request& request) const {
  api_parameters from{request.query};
  const auto limit = from.count("limit", usual_shown, most_shown);
  if (auto no = refuse(request, from, syncs_))
    return *no;
  auto changes = syncs_->changes(request.segments[1], limit);
  if (!changes)
    return failure_reply(changes.error());
  auto out = fine();
  auto& list = out["changes"] = json::array();
  for (const auto& change : *changes) {
    json one{{"at", to_iso8601_micros(change.created_at)}};
    one.update(json::parse(change.changes));
    one["action"] = change.action;
    one["summary"] = change.summary;
    list.push_back(std::move(one));
  }
  return reply(out);
}

http_reply controller_api::test_notifications(http_request& request) const {
  if (auto no = refuse(request, api_parameters{request.query}, syncs_))
    return *no;
  auto sent = syncs_->test_notifications(request.segments[1]);
  if (!sent)
    return failure_reply(sent.error());
  auto out = fine();
  auto& list = out["notifications"] = json::array();
  for (const auto& one : *sent)
    list.push_back({{"ok", static_cast<bool>(one)},
                    {"error", one ? json{} : json(one.error().what)}});
  return reply(out);
}

http_reply controller_api::run_sync(http_request& request) const {
  struct place {
    explicit place(std::atomic<size_t>& all) : count{all}, number{++all} {}

    ~place() { --count; }

    std::atomic<size_t>& count;
    const size_t number;
  };

  const auto& id = request.segments[1];
  api_parameters from{request.query};
  const std::chrono::seconds wait{from.count("wait", 0, longest_wait)};
  if (auto no = refuse(request, from, syncs_))
    return *no;
  std::optional<place> own;
  if (wait.count() > 0 && own.emplace(waiting_).number > most_waiting)
    return http_error(429, "too many requests wait for runs; start it without "
                           "wait, and look at its runs");
  auto run = syncs_->run(id);
  if (!run)
    return failure_reply(run.error());
  auto out = fine();
  out["taskId"] = *run;
  out["status"] = to_string(run_stage::waiting);
  if (wait.count() > 0) {
    const auto end = std::chrono::steady_clock::now() + wait;
    auto state = syncs_->find_run(*run);
    while (state && is_active(state->stage)
           && std::chrono::steady_clock::now() < end
           && gate_.wait(follow_pause_))
      state = syncs_->find_run(*run);
    if (!state)
      return failure_reply(state.error());
    out["status"] = to_string(state->stage);
    out["rows"] = rows_of(service_, *run);
    out["error"] = text_or_null(state->error);
  }
  return reply(out);
}

http_reply controller_api::cancel_sync(http_request& request) const {
  const auto& id = request.segments[1];
  if (auto no = refuse(request, api_parameters{request.query}, syncs_))
    return *no;
  auto run = syncs_->cancel(id);
  if (!run)
    return failure_reply(run.error());
  auto out = fine();
  out["taskId"] = *run;
  return reply(out);
}

http_reply controller_api::pause_sync(http_request& request) const {
  const auto& id = request.segments[1];
  if (auto no = refuse(request, api_parameters{request.query}, syncs_))
    return *no;
  auto done = syncs_->pause(id, "by hand");
  return done ? reply(fine()) : failure_reply(done.error());
}

http_reply controller_api::resume_sync(http_request& request) const {
  const auto& id = request.segments[1];
  if (auto no = refuse(request, api_parameters{request.query}, syncs_))
    return *no;
  auto done = syncs_->resume(id);
  return done ? reply(fine()) : failure_reply(done.error());
}

http_reply controller_api::reset_sync(http_request& request) const {
  const auto& id = request.segments[1];
  api_parameters from{request.query};
  const auto stream = from.text("stream", 1000);
  if (auto no = refuse(request, from, syncs_))
    return *no;
  auto gone = syncs_->reset(id, stream);
  if (!gone)
    return failure_reply(gone.error());
  auto out = fine();
  out["streams"] = *gone;
  return reply(out);
}

} // namespace motorcade
