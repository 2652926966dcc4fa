#include "controller/api/api.hpp"
#include "controller/api/api_answers.hpp"
#include "controller/api/api_documents.hpp"
#include "controller/api/api_parameters.hpp"
#include "controller/api/api_state.hpp"
#include "runtime/kubernetes/pod_manifest.hpp"
#include "runtime/task/end_wait.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/json/json_view.hpp"

#include <chrono>
#include <optional>

namespace motorcade {

namespace {

/// The longest prefixes, namespaces and image names, in bytes.
constexpr size_t name_limit = 500;
constexpr size_t started_by_limit = 4096;

/// Parameters that some commands use, and that a caller may give to all.
constexpr std::string_view start_parameters[] = {
    "storageKey", "workspaceId",     "syncId",     "taskId",  "thenRun",
    "fullSync",   "continue",        "debug",      "nodelay", "startedBy",
    "namespace",  "tableNamePrefix", "toSameCase", "addMeta", "deduplicate"};

task_request begin_task(const char* command) {
  task_request out;
  out.command = command;
  out.started_at = utc_now();
  return out;
}

/// Parameters of all tasks.
/// @param out Its command, and its documents if it has some, are set.
void read_task(task_request& out, api_parameters& from) {
  const auto needs_image =
      has_connector(out) || from.given("package") || from.given("version");
  if (needs_image) {
    out.package = from.required("package", api_parameters::image_limit);
    out.version = from.required("version");
  } else {
    // The check of a destination has no connector. Its row in source_check is
    // stored under this package, with the destination's type as the version.
    from.allow("package");
    from.allow("version");
    out.package = "destination";
    out.version = json_view{out.destination_config}.text_at("destinationType");
  }
  auto type = from.text("connectorType");
  if (!type.empty() && type != out.connector_type)
    from.refuse("connectorType", "must be airbyte");
  for (auto name : start_parameters)
    from.allow(name);
}

/// @returns the columns that rows get besides their own.
row_meta read_meta(api_parameters& from) {
  const auto value = from.text("addMeta");
  if (value == "airbyte")
    return row_meta::airbyte;
  if (value == "true" || value == "1")
    return row_meta::jitsu;
  if (!value.empty() && value != "false" && value != "0")
    from.refuse("addMeta", "is none of airbyte, true, false, 1 and 0");
  return row_meta::none;
}

/// Refuses an id that is the name of another command's log.
void check_task_id(const std::string& task_id, api_parameters& from) {
  if (is_inquiry_log(task_id))
    from.refuse("taskId", "begins with key: or spec:, as the names of other "
                          "commands' logs do");
}

/// Refuses the id of a sync that is kept: a read with it would move the states
/// from which the sync's own runs go on.
/// @param syncs Null: none are kept.
std::optional<http_reply> refuse_kept(sync_service* syncs,
                                      const std::string& sync_id) {
  if (syncs == nullptr)
    return {};
  const auto kept = syncs->has(sync_id);
  if (!kept)
    return failure_reply(kept.error());
  if (!*kept)
    return {};
  return http_error(409, "sync " + excerpt(sync_id)
                             + " is kept by this syncctl, and a /read with its "
                               "id would move the states from which its runs "
                               "go on; run it by POST /syncs/{syncId}/run, or "
                               "give the read a syncId that no kept sync has");
}

inquiry_key key_of(const task_request& task) {
  if (task.command == "spec")
    return {inquiry::spec, task.package, task.version, {}};
  if (task.command == "check")
    return {inquiry::check, {}, {}, task.storage_key};
  return {inquiry::discover, task.package, task.version, task.storage_key};
}

/// Waits while another read of the sync is over, by its row, though its sidecar
/// has not ended.
/// @returns whether none keeps the task off any more; false, too, if it takes
/// too long.
bool await_sidecar(controller_service& service, const task_request& task) {
  const end_wait patience;
  do {
    const auto saving = service.find_saving(task.sync_id);
    if (!saving || *saving == task.task_id)
      return false;
    if (saving->empty())
      return true;
    const auto row = service.find(*saving);
    if (!row || !*row || (*row)->status == task_status::running)
      return false;
  } while (patience.pause());
  return false;
}

/// As `controller_service::start`. A client may know that a read is over before
/// its sidecar has ended, so the next read of that sync waits for that.
result<void> start_task(controller_service& service, const task_request& task) {
  auto out = service.start(task);
  if (!out && out.error().code == ec::already_exists && task.command == "read"
      && await_sidecar(service, task))
    return service.start(task);
  return out;
}

} // namespace

http_reply controller_api::start(const api_parameters& from,
                                 const std::optional<http_reply>& wrong_body,
                                 task_request& task, size_t wait) const {
  if (auto no = from.refusal())
    return *no;
  if (wrong_body)
    return *wrong_body;
  if (!is_image(task.package, task.version))
    return http_error(422,
                      "package and version do not form a valid image name");
  if (task.command == "read") {
    if (auto no = refuse_kept(syncs_, task.sync_id))
      return *no;
    if (auto no = settle_state(service_, task))
      return *no;
  }
  std::optional<wait_room::place> own;
  if (wait > 0 && !waiting_.enter(own))
    return http_error(429, "too many requests wait for answers; start it "
                           "without wait, and ask for its answer");
  const auto until =
      std::chrono::steady_clock::now() + std::chrono::seconds{wait};
  if (auto started = start_task(service_, task); !started)
    return failure_reply(started.error());
  if (wait > 0)
    return await_answer(service_, key_of(task), until, follow_pause_, gate_);
  http_reply out;
  out.body = R"({"ok":true,"status":"ok"})";
  if (task.command == "spec")
    out.body = R"({"ok":true,"status":"ok","startedAt":)"
               + std::to_string(
                   std::chrono::floor<std::chrono::seconds>(task.started_at)
                       .time_since_epoch()
                       .count())
               + "}";
  return out;
}

http_reply controller_api::spec(http_request& request) const {
  api_parameters from{request.query};
  auto task = begin_task("spec");
  read_task(task, from);
  const auto wait = from.seconds("wait", longest_wait);
  return start(from, std::nullopt, task, wait);
}

http_reply controller_api::check(http_request& request) const {
  api_parameters from{request.query};
  auto task = begin_task("check");
  const auto wrong = take_documents(request.body, task);
  read_task(task, from);
  task.target_namespace = from.text("namespace", name_limit);
  task.storage_key = from.required("storageKey");
  task.debug = from.flag("debug");
  const auto wait = from.seconds("wait", longest_wait);
  return start(from, wrong, task, wait);
}

http_reply controller_api::discover(http_request& request) const {
  api_parameters from{request.query};
  auto task = begin_task("discover");
  const auto wrong = take_documents(request.body, task);
  read_task(task, from);
  task.storage_key = from.required("storageKey");
  task.then_run = from.flag("thenRun");
  // The console is told all three of them.
  auto read = [&](std::string_view name) {
    return task.then_run ? from.required(name) : from.text(name);
  };
  task.workspace_id = read("workspaceId");
  task.sync_id = read("syncId");
  task.task_id = read("taskId");
  check_task_id(task.task_id, from);
  task.full_sync = from.flag("fullSync");
  task.debug = from.flag("debug");
  task.no_delay = from.flag("nodelay");
  task.started_by = from.lines("startedBy", started_by_limit);
  const auto wait = from.seconds("wait", longest_wait);
  return start(from, wrong, task, wait);
}

http_reply controller_api::read(http_request& request) const {
  api_parameters from{request.query};
  auto task = begin_task("read");
  const auto wrong = take_documents(request.body, task);
  read_task(task, from);
  task.sync_id = from.required("syncId");
  task.task_id = from.required("taskId");
  check_task_id(task.task_id, from);
  task.target_namespace = from.text("namespace", name_limit);
  task.table_name_prefix = from.text("tableNamePrefix", name_limit);
  task.to_same_case = from.flag("toSameCase");
  task.add_meta = read_meta(from);
  task.deduplicate = from.flag("deduplicate", true);
  task.full_sync = from.flag("fullSync");
  task.continues = from.flag("continue");
  task.debug = from.flag("debug");
  task.no_delay = from.flag("nodelay");
  task.started_by = from.lines("startedBy", started_by_limit);
  return start(from, wrong, task, 0);
}

http_reply controller_api::cancel(http_request& request) const {
  api_parameters from{request.query};
  task_key which{from.required("syncId"),
                 from.required("taskId", longest_task_id),
                 from.text("package", name_limit)};
  if (auto no = from.refusal())
    return *no;
  if (auto done = service_.cancel(which); !done)
    return failure_reply(done.error());
  http_reply out;
  out.body = R"({"ok":true,"status":"ok"})";
  return out;
}

} // namespace motorcade
