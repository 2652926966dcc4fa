#pragma once

#include "schema/base/result.hpp"

#include <cstdint>
#include <string>

namespace motorcade {

/// Who may use the API.
enum class exposure : uint8_t {
  /// Whoever has a token.
  tokens,
  /// Every program of this machine.
  machine,
  /// Everybody who reaches the port: SYNCCTL_ALLOW_ANONYMOUS says so.
  anonymous,
  /// Everybody who reaches the Pod.
  pod,
};

/// What decides where syncctl listens, and to whom.
struct exposure_settings {
  /// SYNCCTL_HTTP_ADDRESS; empty: not set.
  std::string address;
  bool has_tokens = false;
  bool in_pod = false;
  /// SYNCCTL_ALLOW_ANONYMOUS.
  bool allow_anonymous = false;
};

/// Where syncctl listens, and to whom.
struct listening_place {
  std::string address = "127.0.0.1";
  exposure open_to = exposure::machine;
};

/// Without tokens and outside of a Pod nobody but this machine is let in,
/// unless that was asked for.
/// @returns invalid_argument where the address is one of a network's and
/// neither tokens nor SYNCCTL_ALLOW_ANONYMOUS are set; the text names all ways.
result<listening_place> find_listening_place(const exposure_settings& from);

/// @returns what the operator is to be warned of, one line; empty: nothing.
std::string exposure_warning(exposure open_to);

} // namespace motorcade
