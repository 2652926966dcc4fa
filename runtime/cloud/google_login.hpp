#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/http/client/api_client.hpp"
#include "schema/base/result.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// A service account of Google, as the file of its key says.
struct google_account {
  std::string client_email;
  std::string key_id;
  /// PEM. Secret.
  std::string private_key;
  /// `http(s)://…` where tokens are given out.
  std::string token_uri;
};

/// Reads the JSON document that Google gives out for a key of a service
/// account.
/// @returns invalid_argument that names the member which is missing or wrong,
/// also for accounts of other types.
result<google_account> read_google_account(std::string_view document);

/// @returns the signed JSON Web Token (RS256) with which the account asks for a
/// token that may read and write objects, good for an hour; invalid_argument if
/// the key is none.
result<std::string> sign_google_assertion(const google_account& account,
                                          wall_time now);

/// Gets an access token for the account; one call.
/// @param limits Its times and `go_on` hold for the call; the rest is unused.
/// @returns invalid_argument if the account is refused; service_unavailable if
/// no token can be had now; cancelled as the client says.
result<std::string> get_google_token(const google_account& account,
                                     api_client& client,
                                     const api_request& limits, wall_time now);

} // namespace motorcade
