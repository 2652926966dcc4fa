#pragma once

#include "schema/lines/message_kind.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// Tells whether a valid JSON object that is no valid message is a message that
/// was written otherwise than the protocol has it.
///
/// It is one if
/// - its `type` resembles one of the protocol (any case of the key and the
///   type, `RECORD `, `AIRBYTE_RECORD`; of several members `type` any counts)
///   and the type's own member, e.g. `record`, holds what the protocol puts
///   there; if the type is written as it should be, its mere presence is
///   enough;
/// - its `type` is written as it should be, and the fields of the own member
///   stand beside it or in a member of another name;
/// - another member names the type, e.g. `"kind":"RECORD"`, and the own member
///   holds what the protocol puts there;
/// - its own member is all that a RECORD, or with some other `type` a STATE, a
///   TRACE or a CONTROL, needs.
///
/// The last three do not count for an object with the keys of a logger
/// (`level`, `msg`, …), and none for mere words: other programs use `type`,
/// `record` and `state`, too.
/// @param object Valid JSON, an object.
/// @param alone The object is all that its line has.
std::optional<message_kind> judge_whole_object(std::string_view object,
                                               bool alone);

/// @returns why a valid JSON object must not be read as the message that its
/// `type` names: a key counts twice with different values, or a member of
/// another type of message is there and holds what the protocol puts there, so
/// that a reader would lose one of them. Empty: nothing.
std::string find_second_message(std::string_view object);

/// @returns whether programs put such a key into their own lines of log.
bool is_logger_key(std::string_view key);

} // namespace motorcade
