#pragma once

#include "controller/api/controller_service.hpp"
#include "controller/api/exposure.hpp"
#include "controller/api/wait_room.hpp"
#include "controller/syncs/sync_service.hpp"
#include "controller/tables/table_service.hpp"
#include "runtime/base/stop_gate.hpp"
#include "runtime/http/server/auth_tokens.hpp"
#include "runtime/http/server/http_server.hpp"

#include <chrono>
#include <optional>
#include <set>
#include <string>

namespace motorcade {

class api_parameters;

/// The HTTP API of the controller: reads and checks requests, asks the service,
/// and writes the answers. `openapi_document` describes it. Thread-safe; the
/// service must outlive it.
class controller_api {
public:
  /// @param open_to The clients that may ask without a token.
  /// @param syncs Outlives the API. Null: syncs are not kept, since there is no
  /// key to seal them with.
  /// @param tables Of those syncs; null if `syncs` is.
  /// @param follow_pause The pause between two looks at a log that is followed,
  /// or at a run that is waited for.
  controller_api(controller_service& service, sync_service* syncs,
                 table_service* tables, auth_tokens tokens, exposure open_to,
                 std::chrono::milliseconds follow_pause = std::chrono::seconds{
                     1});

  /// @returns the answer to a request whose body need not be read: from a page
  /// of another origin, no such path, another method, no token. Nothing: the
  /// request is admitted.
  std::optional<http_reply> admit(const http_request& request) const;

  /// @returns the answer. Precondition: the request was admitted.
  http_reply answer(http_request& request) const;

  /// Ends the waits for runs and for answers: their requests are answered with
  /// the stage reached so far, and so are later ones. To be called before the
  /// server is stopped, which waits for its answers.
  void end_waits() { gate_.close(); }

  /// @returns `admit` and `answer` for the server; the API must outlive them.
  http_handlers handlers() const;

  /// @returns the query parameters that may stand in a log.
  static std::set<std::string, std::less<>> harmless_parameters();

  /// @returns all paths, with a name in braces for a variable segment.
  static std::set<std::string> paths();

private:
  using endpoint = http_reply (controller_api::*)(http_request&) const;
  struct route;

  /// @returns all endpoints.
  static const std::vector<route>& routes();

  /// @returns the endpoints of the request's path, of any method; empty: there
  /// is no such path.
  static std::vector<const route*> routes_of(const http_request& request);

  /// @returns the endpoint of the request's path and method, where HEAD is GET;
  /// null: there is none.
  static const route* route_of(const http_request& request);

  /// Each of these answers the requests of the path of its name;
  /// `openapi_document` says how.
  http_reply spec(http_request& request) const;
  http_reply check(http_request& request) const;
  http_reply discover(http_request& request) const;
  http_reply read(http_request& request) const;
  http_reply cancel(http_request& request) const;
  http_reply health(http_request& request) const;
  http_reply ready(http_request& request) const;
  http_reply metrics(http_request& request) const;
  http_reply openapi(http_request& request) const;
  http_reply page(http_request& request) const;
  http_reply tasks(http_request& request) const;
  http_reply task(http_request& request) const;
  http_reply logs(http_request& request) const;
  http_reply log_file(http_request& request) const;
  http_reply states(http_request& request) const;

  /// These are in api_answers.cpp.
  http_reply specs(http_request& request) const;
  http_reply checks(http_request& request) const;
  http_reply catalogs(http_request& request) const;

  /// Starts a task whose parameters and documents were read, and waits for its
  /// answer if that was asked for.
  /// @param wrong_body The answer to a body that cannot be used.
  /// @param wait In seconds; 0: it is not waited for.
  http_reply start(const api_parameters& from,
                   const std::optional<http_reply>& wrong_body,
                   task_request& task, size_t wait) const;

  /// These are in api_tables.cpp.
  http_reply sync_tables(http_request& request) const;
  http_reply table_rows(http_request& request) const;

  /// These are in api_system.cpp.
  http_reply connectors(http_request& request) const;
  http_reply system(http_request& request) const;

  /// @returns a sync as a person is shown it, after a change with what is to be
  /// said of that; in api_syncs.cpp.
  /// @param notes Null: nothing was changed.
  http_reply shown(const std::string& id,
                   const std::vector<std::string>* notes) const;

  /// These are in api_syncs.cpp and api_sync_lists.cpp.
  http_reply syncs(http_request& request) const;
  http_reply sync(http_request& request) const;
  http_reply put_sync(http_request& request) const;
  http_reply delete_sync(http_request& request) const;
  http_reply sync_runs(http_request& request) const;
  http_reply run_sync(http_request& request) const;
  http_reply cancel_sync(http_request& request) const;
  http_reply pause_sync(http_request& request) const;
  http_reply resume_sync(http_request& request) const;
  http_reply reset_sync(http_request& request) const;
  http_reply sync_changes(http_request& request) const;
  http_reply test_notifications(http_request& request) const;

  controller_service& service_;
  sync_service* const syncs_;
  table_service* const tables_;
  const auth_tokens tokens_;
  const exposure open_to_;
  /// Requests under way that may have to wait for the database or Kubernetes.
  /// Fewer than the server has threads, so that probes are answered while all
  /// other requests wait for a database that hangs.
  mutable wait_room busy_{32};
  /// Requests that wait for the end of a run, or for an answer.
  mutable wait_room waiting_{16};
  /// Requests that look at tables of destinations.
  mutable wait_room looking_{4};
  /// Requests that wait for the webhooks of a sync.
  mutable wait_room testing_{4};
  const std::chrono::milliseconds follow_pause_;
  mutable stop_gate gate_;
};

/// @returns the answer for a failure of the service, see `controller_service`.
http_reply failure_reply(const failure& reason);

} // namespace motorcade
