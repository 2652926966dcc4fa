#pragma once

#include "controller/api/controller_service.hpp"
#include "controller/api/exposure.hpp"
#include "controller/syncs/sync_service.hpp"
#include "runtime/base/stop_gate.hpp"
#include "runtime/http/server/auth_tokens.hpp"
#include "runtime/http/server/http_server.hpp"

#include <atomic>
#include <chrono>
#include <optional>
#include <set>
#include <string>

namespace motorcade {

/// The HTTP API of the controller: reads and checks requests, asks the service,
/// and writes the answers. `openapi_document` describes it. Thread-safe; the
/// service must outlive it.
class controller_api {
public:
  /// @param open_to The clients that may ask without a token.
  /// @param syncs Outlives the API. Null: syncs are not kept, since there is no
  /// key to seal them with.
  /// @param follow_pause The pause between two looks at a log that is followed,
  /// or at a run that is waited for.
  controller_api(controller_service& service, sync_service* syncs,
                 auth_tokens tokens, exposure open_to,
                 std::chrono::milliseconds follow_pause = std::chrono::seconds{
                     1});

  /// @returns the answer to a request whose body need not be read: from a page
  /// of another origin, no such path, another method, no token. Nothing: the
  /// request is admitted.
  std::optional<http_reply> admit(const http_request& request) const;

  /// @returns the answer. Precondition: the request was admitted.
  http_reply answer(http_request& request) const;

  /// Ends the waits for runs: their requests are answered with how far the runs
  /// are, and so are later ones. To be called before the server is stopped,
  /// which waits for its answers.
  void end_waits() { gate_.close(); }

  /// @returns both; the API must outlive them.
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
  http_reply states(http_request& request) const;

  /// These are in api_syncs.cpp.
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
  const auth_tokens tokens_;
  const exposure open_to_;
  /// Requests under way that may have to wait for the database or Kubernetes.
  mutable std::atomic<size_t> busy_ = 0;
  /// Requests that wait for the end of a run.
  mutable std::atomic<size_t> waiting_ = 0;
  const std::chrono::milliseconds follow_pause_;
  mutable stop_gate gate_;
};

/// @returns the answer for a failure of the service, see `controller_service`.
http_reply failure_reply(const failure& reason);

} // namespace motorcade
