#pragma once

#include "schema/base/result.hpp"
#include "schema/base/stream_id.hpp"
#include "schema/lines/message.hpp"
#include "schema/task/task_place.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// The part that is to blame for a failure.
enum class failure_origin : uint8_t { source, destination, platform };

/// The kind of a failure; the first three are the Airbyte protocol's.
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

/// The exit code of a connector whose exit code should have been reported and
/// was not.
inline constexpr int unknown_exit_code = -1;

/// Why a command or a stream of it failed: one type for all of them.
struct failure_reason {
  failure_origin origin = failure_origin::source;
  failure_type type = failure_type::system_error;
  /// Set if the failure concerns one stream alone.
  std::optional<stream_id> stream;
  /// For the person who set the connector up.
  std::string message;
  /// For the developer of the connector; may be empty.
  std::string internal_message;
  std::string stack_trace;
  /// The exit code of the connector, or `unknown_exit_code`; set if it is not
  /// 0.
  std::optional<int> exit_code;
};

/// The longest texts that are passed on, in characters: those that Airbyte's
/// own sidecar passes on.
inline constexpr size_t longest_failure_message = 50'000;
inline constexpr size_t longest_failure_stack = 100'000;

/// The message of an error that the connector reports without any text.
inline constexpr std::string_view error_without_message =
    "the connector reported an error without a message";

/// @returns the connector's own reason; a type that is not known is a
/// system_error. If its message is empty, the internal message takes its
/// place, else the last line of the stack trace, which names the cause.
failure_reason to_failure_reason(const error_trace& error);

/// @returns an exit code in words, with the signal that it stands for; or that
/// it is unknown.
std::string describe_exit_code(int code);

/// @returns the part of the internal message that the message does not say:
/// connectors often say the same in both. Empty: none.
std::string_view said_besides(const failure_reason& reason);

/// @returns the reason for a person: the stream, the message, in brackets its
/// type if that tells something and the exit code, and what the internal
/// message says besides.
std::string to_text(const failure_reason& reason);

/// @returns the kind of failure that a text of `to_text` or `to_brief` tells;
/// nothing: it tells none, as that of a system_error does.
std::optional<failure_type> told_failure_type(std::string_view text);

/// @returns whether a text of `to_text` or `to_brief` says that the failure is
/// a config_error: the same again fails again.
bool tells_config_error(std::string_view text);

/// @returns `to_text` with 2000 characters at most, for columns and lists; of a
/// longer one the head and the tail.
std::string to_brief(const failure_reason& reason);

/// @returns what `to_brief` makes of such a text, e.g. one that was masked.
std::string to_brief(std::string_view text);

/// @returns the connector's report for the task's log: all that is known, on
/// several lines.
std::string to_log_text(const failure_reason& reason);

/// @returns a failure of this program itself.
failure_reason platform_failure(std::string text);

/// @returns a failure of ours as a reason: a wrong setting or input is a
/// config_error.
failure_reason to_failure_reason(const failure& reason);

/// @returns the reason of a task that was told to stop.
/// @param why In words; empty: nothing more is known.
failure_reason cancelled_failure(std::string why = {});

/// The sidecar's guess why a task in a Pod was stopped, since it cannot ask
/// Kubernetes. syncctl puts the reason that Kubernetes gives in its place
/// (`task_records::explain_stop`).
inline constexpr std::string_view stopped_pod_guess =
    "its Pod was deleted or evicted, or its node drained";

/// @returns the reason of a task that failed since it was told to stop.
/// @param why In words; empty: not known, so that the words name what stops
/// tasks at the place where this one ran.
failure_reason stopped_failure(task_place place = task_place::unknown,
                               std::string why = {});

/// @returns the reason as an object of the Airbyte platform's FailureReason:
/// `failureOrigin`, `failureType`, `externalMessage`, and if they are there
/// `internalMessage`, `stacktrace`, `streamDescriptor`,
/// `metadata.exitCode`; bytes that are not UTF-8 are replaced.
/// @param with_stack Whether the stack trace is wanted.
std::string to_json(const failure_reason& reason, bool with_stack = true);

} // namespace motorcade
