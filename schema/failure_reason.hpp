#pragma once

#include "schema/message.hpp"
#include "schema/stream_id.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// Who is to blame for a failure.
enum class failure_origin : uint8_t { source, destination, platform };

/// What kind of failure it is; the first three are the Airbyte protocol's.
enum class failure_type : uint8_t {
  config_error,
  system_error,
  transient_error,
  timeout,
  cancelled,
};

/// @returns the spelling in documents: `source`, `destination`,
/// `airbyte_platform`.
std::string_view to_string(failure_origin origin);

/// @returns the spelling in documents: the enumerator's.
std::string_view to_string(failure_type type);

/// Why a command or a stream of it failed: one type for all of them.
struct failure_reason {
  failure_origin origin = failure_origin::source;
  failure_type type = failure_type::system_error;
  /// Set where one stream alone is concerned.
  std::optional<stream_id> stream;
  /// For the person who set the connector up.
  std::string message;
  /// For whoever has to mend it; may be empty.
  std::string internal_message;
  std::string stack_trace;
  /// The connector's, where it is known and not 0.
  std::optional<int> exit_code;
};

/// The longest texts that are passed on, in characters, as document 002 of the
/// Airbyte sidecar has it.
inline constexpr size_t longest_failure_message = 50'000;
inline constexpr size_t longest_failure_stack = 100'000;

/// @returns the connector's own reason; a type that is not known is a
/// system_error.
failure_reason to_failure_reason(const error_trace& error);

/// @returns what an exit code tells by itself: 137 and 143 are named.
std::string describe_exit_code(int code);

/// @returns the reason on one line for a person: the message and, where it says
/// something else, the internal one.
std::string to_text(const failure_reason& reason);

/// @returns the text with the documented length in characters at most.
std::string cut_characters(std::string_view text, size_t most);

} // namespace motorcade
