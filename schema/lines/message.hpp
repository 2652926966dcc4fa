#pragma once

#include "schema/base/stream_id.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"
#include "schema/lines/message_kind.hpp"
#include "schema/lines/record_count.hpp"
#include "schema/log/log_level.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace motorcade {

/// A RECORD, as views into its line.
struct record_message {
  /// The insides of the JSON strings, escapes not decoded.
  std::string_view stream;
  std::string_view stream_namespace;
  /// The object `data`, byte for byte.
  std::string_view data;
  /// `file_reference`, byte for byte and not looked at; empty: the row has no
  /// file.
  std::string_view file_reference;
  /// The number `emitted_at`; blanks may follow it.
  std::string_view emitted_at;
  /// The object `meta`, byte for byte; empty: there is none.
  std::string_view meta;
};

/// LOG and DEBUG.
struct log_message {
  log_level level = log_level::info;
  /// With the stack trace, if there is one, on the lines that follow.
  std::string text;
};

/// What a state covers.
enum class state_kind : uint8_t { stream, global, legacy };

/// STATE.
struct state_message {
  state_kind kind = state_kind::legacy;
  /// For `stream` alone.
  stream_id stream;
  /// What is to be saved, byte for byte as it came: `stream_state`, `global` or
  /// `data`; `null` if the protocol lets it be absent.
  std::string state;
  /// `sourceStats.recordCount`.
  std::optional<record_count> source_records;
};

/// TRACE ERROR.
struct error_trace {
  std::string message;
  std::string internal_message;
  std::string stack_trace;
  /// system_error, config_error, transient_error, or empty.
  std::string failure_type;
  std::optional<stream_id> stream;
};

/// TRACE ESTIMATE.
struct estimate_trace {
  /// Nothing: of the whole sync.
  std::optional<stream_id> stream;
  std::optional<double> rows;
  std::optional<double> bytes;
};

/// TRACE STREAM_STATUS.
struct stream_status_trace {
  /// As the protocol names them.
  enum class status : uint8_t { started, running, complete, incomplete };

  stream_id stream;
  status value = status::started;
  /// For a person; empty: none. Holds what RATE_LIMITED says of its end.
  std::string reason;
};

/// TRACE ANALYTICS.
struct analytics_trace {
  std::string type;
  std::string value;
};

/// CONTROL CONNECTOR_CONFIG.
struct control_message {
  /// The new config: secret.
  std::string config;
};

/// SPEC, CONNECTION_STATUS, CATALOG, DESTINATION_CATALOG: the object.
struct document_message {
  /// The protocol's name of the message type.
  std::string type;
  std::string document;
};

/// A type that this version does not know; legal.
struct unknown_message {
  std::string type;
};

using message =
    std::variant<record_message, log_message, state_message, error_trace,
                 estimate_trace, stream_status_trace, analytics_trace,
                 control_message, document_message, unknown_message>;

/// Reads an Airbyte message (protocol v0.18).
/// @param line A whole line; valid JSON, an object. Views in the message point
/// into it.
/// @returns the message, or what is missing, too much or of a wrong type, with
/// the offset in `line`.
std::variant<message, json_fault> parse_message(std::string_view line);

/// @returns what `parse_message` says of an object that has no key `type`.
json_fault missing_type(std::string_view line);

/// @returns whether `value`, valid JSON, is all that a RECORD, STATE, TRACE or
/// CONTROL must hold in its own member; false for other kinds.
bool is_valid_member(message_kind kind, std::string_view value);

} // namespace motorcade
