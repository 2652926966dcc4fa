#include "controller/api/api.hpp"

#include "controller/api/openapi.hpp"
#include "controller/api/request_guard.hpp"
#include "controller/api/sync_metrics.hpp"
#include "controller/page/page.hpp"
#include "runtime/http/server/gzip_reply.hpp"
#include "schema/json/json_view.hpp"

#include <string_view>

namespace motorcade {

namespace {

int status_of(ec code) {
  switch (code) {
  case ec::invalid_argument:
  case ec::invalid_catalog:
    return 400;
  case ec::not_found:
    return 404;
  case ec::already_exists:
    return 409;
  case ec::too_busy:
    return 429;
  case ec::service_unavailable:
    return 502;
  case ec::database_unavailable:
  case ec::timed_out:
    return 503;
  default:
    return 500;
  }
}

/// @returns the answer to a load balancer or a probe of Kubernetes: 200, or 503
/// with the reason; and whether this replica leads.
/// @param warning One line for the operator; empty: none.
http_reply probe_reply(const result<void>& state, bool leads,
                       const std::string& warning = {}) {
  http_reply out;
  std::string leader = leads ? R"(,"leader":true)" : R"(,"leader":false)";
  if (!warning.empty())
    leader += R"(,"warning":)" + encode_json_string(warning);
  leader += '}';
  if (state) {
    out.body = R"({"status":"pass")" + leader;
    out.routine = true;
    return out;
  }
  out = http_error(503, {});
  out.body = R"({"status":"fail","reason":)"
             + encode_json_string(state.error().what) + leader;
  return out;
}

} // namespace

struct controller_api::route {
  std::string_view method;
  /// A name in braces is any segment that is not empty.
  std::vector<std::string_view> segments;
  endpoint call;
  /// Needs no token.
  bool open = false;
  /// It waits for neither database nor Kubernetes.
  bool quick = false;
  /// It starts or ends something, though it is a GET.
  bool acts = false;
};

controller_api::controller_api(controller_service& service, sync_service* syncs,
                               table_service* tables, auth_tokens tokens,
                               exposure open_to,
                               std::chrono::milliseconds follow_pause)
    : service_{service},
      syncs_{syncs},
      tables_{tables},
      tokens_{std::move(tokens)},
      open_to_{tokens_.open() ? open_to : exposure::tokens},
      follow_pause_{follow_pause} {}

const std::vector<controller_api::route>& controller_api::routes() {
  static const std::vector<route> all{
      {"GET", {""}, &controller_api::page, true, true},
      {"GET", {"spec"}, &controller_api::spec, false, false, true},
      {"POST", {"check"}, &controller_api::check},
      {"POST", {"discover"}, &controller_api::discover},
      {"POST", {"read"}, &controller_api::read},
      {"GET", {"cancel"}, &controller_api::cancel, false, false, true},
      {"POST", {"cancel"}, &controller_api::cancel},
      {"GET", {"health"}, &controller_api::health, true, true},
      {"GET", {"ready"}, &controller_api::ready, true, true},
      {"GET", {"metrics"}, &controller_api::metrics, false, true},
      {"GET", {"openapi.json"}, &controller_api::openapi, true, true},
      {"GET", {"specs"}, &controller_api::specs},
      {"GET", {"checks", "{storageKey}"}, &controller_api::checks},
      {"GET", {"catalogs", "{storageKey}"}, &controller_api::catalogs},
      {"GET", {"states"}, &controller_api::states},
      {"GET", {"tables", "{syncId}"}, &controller_api::sync_tables},
      {"GET",
       {"tables", "{syncId}", "{table}", "rows"},
       &controller_api::table_rows},
      {"GET", {"connectors"}, &controller_api::connectors},
      {"GET", {"system"}, &controller_api::system},
      {"GET", {"tasks"}, &controller_api::tasks},
      {"GET", {"tasks", "{taskId}"}, &controller_api::task},
      {"GET", {"tasks", "{taskId}", "logs"}, &controller_api::logs},
      {"GET", {"tasks", "{taskId}", "logs.txt"}, &controller_api::log_file},
      {"GET", {"syncs"}, &controller_api::syncs},
      {"GET", {"syncs", "{syncId}"}, &controller_api::sync},
      {"PUT", {"syncs", "{syncId}"}, &controller_api::put_sync},
      {"DELETE", {"syncs", "{syncId}"}, &controller_api::delete_sync},
      {"GET", {"syncs", "{syncId}", "runs"}, &controller_api::sync_runs},
      {"POST", {"syncs", "{syncId}", "run"}, &controller_api::run_sync},
      {"POST", {"syncs", "{syncId}", "cancel"}, &controller_api::cancel_sync},
      {"POST", {"syncs", "{syncId}", "pause"}, &controller_api::pause_sync},
      {"POST", {"syncs", "{syncId}", "resume"}, &controller_api::resume_sync},
      {"POST", {"syncs", "{syncId}", "reset"}, &controller_api::reset_sync},
      {"GET", {"syncs", "{syncId}", "changes"}, &controller_api::sync_changes},
      {"POST",
       {"syncs", "{syncId}", "notifications", "test"},
       &controller_api::test_notifications},
  };
  return all;
}

std::vector<const controller_api::route*>
controller_api::routes_of(const http_request& request) {
  std::vector<const route*> out;
  const auto& segments = request.segments;
  for (const auto& one : routes()) {
    auto fits = segments.size() == one.segments.size();
    for (size_t i = 0; fits && i < segments.size(); ++i)
      fits = one.segments[i].starts_with('{') ? !segments[i].empty()
                                              : segments[i] == one.segments[i];
    if (fits)
      out.push_back(&one);
  }
  return out;
}

const controller_api::route*
controller_api::route_of(const http_request& request) {
  for (const auto* one : routes_of(request))
    // The server leaves the body of an answer to HEAD out. What starts or ends
    // something is no GET but in name.
    if (one->method == request.method
        || (request.method == "HEAD" && one->method == "GET" && !one->acts))
      return one;
  return nullptr;
}

std::optional<http_reply>
controller_api::admit(const http_request& request) const {
  if (auto why = refuse_request(request.method, request.headers, open_to_))
    return http_error(403, *why);
  auto known = routes_of(request);
  if (known.empty())
    return http_error(404, "there is no such path", "no_such_path");
  const auto* wanted = route_of(request);
  std::string methods;
  for (const auto* one : known) {
    methods += (methods.empty() ? "" : ", ") + std::string{one->method};
    if (one->method == "GET" && !one->acts)
      methods += ", HEAD";
  }
  if (wanted == nullptr) {
    auto out = http_error(405, "this path has other methods: " + methods);
    out.headers.emplace_back("Allow", methods);
    return out;
  }
  if (wanted->acts)
    if (auto why = refuse_acting_get(request.headers, open_to_))
      return http_error(403, *why);
  if (!wanted->open && !tokens_.allow(request.authorization)) {
    auto out = http_error(401, request.authorization.empty()
                                   ? "a token is needed"
                                   : "the token is not known");
    out.headers.emplace_back("WWW-Authenticate", "Bearer");
    return out;
  }
  return {};
}

http_reply controller_api::answer(http_request& request) const {
  const auto* wanted = route_of(request);
  if (wanted == nullptr)
    return http_error(404, "there is no such path", "no_such_path");
  std::optional<wait_room::place> own;
  if (!wanted->quick && !busy_.enter(own))
    return http_error(503, "too many requests wait for an answer");
  auto out = (this->*wanted->call)(request);
  compress_reply(request.headers, out);
  return out;
}

http_handlers controller_api::handlers() const {
  return {[this](const http_request& request) { return admit(request); },
          [this](http_request& request) {
            return answer(request);
          }};
}

std::set<std::string, std::less<>> controller_api::harmless_parameters() {
  return {"package",    "version",     "connectorType",
          "storageKey", "syncId",      "sync_id",
          "taskId",     "workspaceId", "thenRun",
          "fullSync",   "namespace",   "toSameCase",
          "addMeta",    "deduplicate", "debug",
          "nodelay",    "status",      "tableNamePrefix",
          "limit",      "before",      "after",
          "follow",     "since",       "continue",
          "format",     "wait",        "stream",
          "runs",       "label",       "from",
          "to",         "kind",        "counts",
          "level"};
}

std::set<std::string> controller_api::paths() {
  std::set<std::string> out;
  for (const auto& one : routes()) {
    std::string path;
    for (const auto& segment : one.segments)
      path += '/' + std::string{segment};
    out.insert(path);
  }
  return out;
}

http_reply controller_api::health(http_request&) const {
  return probe_reply(service_.health(), service_.leads());
}

http_reply controller_api::ready(http_request&) const {
  return probe_reply(service_.ready(), service_.leads(),
                     exposure_warning(open_to_));
}

http_reply controller_api::metrics(http_request&) const {
  http_reply out;
  out.content_type = "text/plain; version=0.0.4; charset=utf-8";
  out.body = service_.metrics();
  if (syncs_ != nullptr)
    out.body += write_sync_metrics(syncs_->counts(), utc_now());
  out.routine = true;
  return out;
}

http_reply controller_api::openapi(http_request&) const {
  http_reply out;
  out.body = openapi_document();
  return out;
}

http_reply controller_api::page(http_request& request) const {
  const auto& whole = web_page();
  http_reply out;
  out.content_type = "text/html; charset=utf-8";
  out.headers = {{"Cache-Control", "no-cache"},
                 {"ETag", whole.tag},
                 {"Content-Security-Policy", whole.policy},
                 {"Referrer-Policy", "no-referrer"}};
  if (request.if_none_match == whole.tag
      || request.if_none_match == gzip_tag(whole.tag))
    out.status = 304;
  else
    out.body = whole.html;
  return out;
}

http_reply failure_reply(const failure& reason) {
  return http_error(status_of(reason.code), reason.what);
}

} // namespace motorcade
