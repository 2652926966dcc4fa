#include "controller/api/api.hpp"
#include "controller/api/api_answers.hpp"
#include "controller/api/api_documents.hpp"
#include "controller/api/api_parameters.hpp"
#include "controller/api/api_sync_answers.hpp"
#include "schema/base/excerpt.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

/// Reads If-Match and If-None-Match: one version in quotes, or `*`.
/// @returns the refusal of anything else; nothing: `out` holds it.
std::optional<http_reply> read_precondition(const http_request& request,
                                            sync_precondition& out) {
  const auto match = header_of(request, "if-match");
  const auto none = header_of(request, "if-none-match");
  if (match && none)
    return http_error(400, "If-Match and If-None-Match contradict each other; "
                           "send one of them");
  if (match && *match != "*") {
    if (match->size() < 3 || match->front() != '"' || match->back() != '"'
        || match->find('"', 1) != match->size() - 1)
      return http_error(400, "If-Match must be one version as ETag gave it, in "
                             "quotes, or *");
    out.version = match->substr(1, match->size() - 2);
  }
  out.is_there = match == "*";
  out.is_new = none == "*";
  if (none && !out.is_new)
    return http_error(400, "If-None-Match must be * here: only a sync that is "
                           "not there yet");
  return {};
}

http_reply precondition_failed(const std::string& id,
                               const sync_precondition& when) {
  const auto name = "sync " + excerpt(id);
  if (when.is_new)
    return http_error(412, name
                               + " is there already, and If-None-Match: * lets "
                                 "only a new one pass");
  if (when.is_there)
    return http_error(412, "there is no " + name
                               + ", and If-Match: * lets only one pass that is "
                                 "there");
  return http_error(412,
                    name
                        + " is not in the version of If-Match, or is gone; "
                          "get it, and send the change again");
}

} // namespace

http_reply controller_api::sync(http_request& request) const {
  if (auto no = refuse_of_syncs(request, api_parameters{request.query}, syncs_))
    return *no;
  return shown(request.segments[1], nullptr);
}

http_reply controller_api::shown(const std::string& id,
                                 const std::vector<std::string>* notes) const {
  auto found = syncs_->find(id);
  if (!found)
    return failure_reply(found.error());
  auto out = fine();
  out.update(to_tree(*found));
  if (notes != nullptr)
    out["notes"] = *notes;
  auto answer = tree_reply(out);
  answer.headers.emplace_back("ETag", '"' + found->row.version + '"');
  return answer;
}

http_reply controller_api::put_sync(http_request& request) const {
  const auto& id = request.segments[1];
  if (auto no = refuse_of_syncs(request, api_parameters{request.query}, syncs_))
    return *no;
  if (auto no = check_object_body(request.body))
    return *no;
  sync_precondition when;
  if (auto no = read_precondition(request, when))
    return *no;
  auto done = syncs_->put(id, request.body, when);
  if (!done)
    return failure_reply(done.error());
  if (done->change == sync_change::precondition_failed)
    return precondition_failed(id, when);
  auto answer = shown(id, &done->notes);
  if (done->change == sync_change::created && answer.status == 200)
    answer.status = 201;
  return answer;
}

http_reply controller_api::delete_sync(http_request& request) const {
  const auto& id = request.segments[1];
  if (auto no = refuse_of_syncs(request, api_parameters{request.query}, syncs_))
    return *no;
  sync_precondition when;
  if (auto no = read_precondition(request, when))
    return *no;
  auto done = syncs_->erase(id, when);
  if (!done)
    return failure_reply(done.error());
  return *done == sync_change::precondition_failed
             ? precondition_failed(id, when)
             : tree_reply(fine());
}

http_reply controller_api::test_notifications(http_request& request) const {
  if (auto no = refuse_of_syncs(request, api_parameters{request.query}, syncs_))
    return *no;
  std::optional<wait_room::place> own;
  if (!testing_.enter(own))
    return http_error(429, "4 tests of notifications wait for webhooks; try it "
                           "again in a moment");
  auto sent = syncs_->test_notifications(request.segments[1]);
  if (!sent)
    return failure_reply(sent.error());
  auto out = fine();
  auto& list = out["notifications"] = json::array();
  for (const auto& one : *sent)
    list.push_back({{"ok", static_cast<bool>(one)},
                    {"error", one ? json{} : json(one.error().what)}});
  return tree_reply(out);
}

http_reply controller_api::run_sync(http_request& request) const {
  const auto& id = request.segments[1];
  api_parameters from{request.query};
  const std::chrono::seconds wait{from.seconds("wait", longest_wait)};
  if (auto no = refuse_of_syncs(request, from, syncs_))
    return *no;
  std::optional<wait_room::place> own;
  if (wait.count() > 0 && !waiting_.enter(own))
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
    out["rows"] = number_or_null(state->figures.rows);
    out["error"] = text_or_null(state->error);
  }
  return tree_reply(out);
}

http_reply controller_api::cancel_sync(http_request& request) const {
  const auto& id = request.segments[1];
  if (auto no = refuse_of_syncs(request, api_parameters{request.query}, syncs_))
    return *no;
  auto run = syncs_->cancel(id);
  if (!run)
    return failure_reply(run.error());
  auto out = fine();
  out["taskId"] = *run;
  return tree_reply(out);
}

http_reply controller_api::pause_sync(http_request& request) const {
  const auto& id = request.segments[1];
  if (auto no = refuse_of_syncs(request, api_parameters{request.query}, syncs_))
    return *no;
  auto done = syncs_->pause(id, "by hand");
  return done ? tree_reply(fine()) : failure_reply(done.error());
}

http_reply controller_api::resume_sync(http_request& request) const {
  const auto& id = request.segments[1];
  if (auto no = refuse_of_syncs(request, api_parameters{request.query}, syncs_))
    return *no;
  auto done = syncs_->resume(id);
  return done ? tree_reply(fine()) : failure_reply(done.error());
}

http_reply controller_api::reset_sync(http_request& request) const {
  const auto& id = request.segments[1];
  api_parameters from{request.query};
  const auto stream = from.text("stream", 1000);
  if (auto no = refuse_of_syncs(request, from, syncs_))
    return *no;
  auto gone = syncs_->reset(id, stream);
  if (!gone)
    return failure_reply(gone.error());
  auto out = fine();
  out["streams"] = *gone;
  return tree_reply(out);
}

} // namespace motorcade
