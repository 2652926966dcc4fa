#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/http/client/api_client.hpp"
#include "schema/base/result.hpp"

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// The credentials of a data plane of Airbyte's platform.
struct client_credentials {
  /// CONTROL_PLANE_TOKEN_ENDPOINT; empty: none is asked.
  std::string endpoint;
  std::string client_id;
  /// Secret.
  std::string client_secret;
};

/// The access token of a data plane: asked for when it is needed, kept until
/// half a minute before it runs out. Thread-safe.
class access_tokens {
public:
  using clock = std::function<wall_time()>;

  /// @param now Tells the time against which `exp` is held.
  explicit access_tokens(client_credentials credentials, clock now = utc_now);

  /// @returns a token that is good for half a minute at least; asks the
  /// endpoint once if none is kept. A token that does not say when it runs out
  /// is kept for five minutes. invalid_argument if the endpoint refuses the
  /// client; service_unavailable if no token can be had now; cancelled as the
  /// client says.
  /// @param limits Its times and `go_on` hold for the call; the rest is unused.
  result<std::string> get(api_client& client, const api_request& limits);

  /// Throws the token away if it is still the one that is kept: it was refused.
  void forget(const std::string& token);

private:
  const client_credentials credentials_;
  const clock now_;
  std::mutex mutex_;
  std::string token_;
  wall_time good_until_;
};

/// @returns the time at which a JSON Web Token expires (`exp`, RFC 7519);
/// nothing if it does not say so. The signature is not checked: the token goes
/// back to the server that issued it.
std::optional<wall_time> expiry_of(std::string_view token);

} // namespace motorcade
