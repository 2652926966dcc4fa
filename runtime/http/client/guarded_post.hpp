#pragma once

#include "schema/base/result.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A POST to a URL that a client of ours has chosen: it connects only to
/// addresses that the caller lets it reach, follows no redirect, uses no proxy
/// and keeps no connection.
struct guarded_post {
  /// `http` or `https`.
  std::string url;
  /// Lines `Name: value` of printable ASCII.
  std::vector<std::string> headers;
  std::string body;
  /// Bounds name resolution, connecting and the TLS handshake together.
  std::chrono::milliseconds connect_timeout{5'000};
  /// Bounds all of it.
  std::chrono::milliseconds timeout{15'000};
  /// Asked before a connection is made whether the host may be reached at that
  /// address, e.g. `192.0.2.1`; if not, its next one is tried.
  std::function<bool(std::string_view address)> may_connect;
  /// Called about once a second meanwhile; the call ends if it returns false.
  /// May be empty.
  std::function<bool()> go_on;
};

/// Sends the POST; blocks.
/// @returns the status of the answer, whose body is ignored;
/// service_unavailable if none came; cancelled if `go_on` returned false. The
/// message names only host and port of the URL.
result<long> send_guarded(const guarded_post& request);

} // namespace motorcade
