#pragma once

#include "schema/base/result.hpp"

#include <cstdint>
#include <string>

namespace motorcade {

/// The clients that may use the API.
enum class exposure : uint8_t {
  /// Clients with a token.
  tokens,
  /// Every program of this machine.
  machine,
  /// All clients that reach the port, by SYNCCTL_ALLOW_ANONYMOUS.
  anonymous,
  /// All clients that reach the Pod.
  pod,
};

/// The settings that decide where syncctl listens, and to whom.
struct exposure_settings {
  /// SYNCCTL_HTTP_ADDRESS; empty: not set.
  std::string address;
  bool has_tokens = false;
  bool in_pod = false;
  /// SYNCCTL_ALLOW_ANONYMOUS.
  bool allow_anonymous = false;
};

/// The address that syncctl listens on, and the clients that it is open to.
struct listening_place {
  std::string address = "127.0.0.1";
  exposure open_to = exposure::machine;
};

/// Decides where to listen. Without tokens and outside of a Pod only this
/// machine's programs may ask, unless SYNCCTL_ALLOW_ANONYMOUS is set.
/// @returns invalid_argument if other machines reach the address and neither
/// tokens nor SYNCCTL_ALLOW_ANONYMOUS are set; the text names all ways.
result<listening_place> find_listening_place(const exposure_settings& from);

/// @returns a warning for the operator, one line; empty: none.
std::string exposure_warning(exposure open_to);

} // namespace motorcade
