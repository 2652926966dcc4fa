#pragma once

#include "schema/lines/message.hpp"
#include "schema/lines/message_kind.hpp"

#include <cstddef>
#include <string_view>

namespace motorcade {

/// A part of a line that seems to be a message and cannot be read as one.
struct unreadable_message {
  message_kind kind = message_kind::unknown;
  /// The fault; its offset is counted from the start of the line.
  json_fault fault;
  /// Its beginning is lost, and may stand in the line before.
  bool is_rest = false;
};

/// Receives what a line consists of, in order. Every byte of the line belongs
/// to exactly one of the calls.
class span_handler {
public:
  virtual ~span_handler() = default;

  /// Takes text that is no message; it may be blank.
  virtual void on_text(std::string_view text) = 0;

  /// Takes a valid message of a known type. Views in it point into the line.
  virtual void on_found(std::string_view span, message&& content) = 0;

  /// Takes what seems to be a message.
  /// @param span As far as it may reach.
  virtual void on_unreadable(std::string_view span,
                             const unreadable_message& what) = 0;
};

/// Finds the messages in a line that is not, as a whole, one valid message:
/// text with messages behind or inside it, messages that run into each other,
/// broken messages, and text alone.
///
/// - A valid message of a known type is found wherever it stands. What lies in
///   the strings and members of a valid JSON object is that object's data.
/// - Inside or behind a broken object, a message that stands where a member's
///   or element's value would stand may be data of that object: it counts as
///   unreadable, and is not read.
/// - What seems to be a message (`judge_object` and its like say when) and is
///   not valid is unreadable, up to where the next one begins.
/// - Everything else is text, and so is a LOG that cannot be read.
///
/// Takes time in proportion to the line's length, and no memory for its spans.
void find_messages(std::string_view line, span_handler& handler);

/// The same for a line that is a valid JSON object, whole and by itself, and
/// that `parse_message` did not read as a message of a known type: the object
/// is not read again if it is no message at all.
void find_messages_in_object(std::string_view line, span_handler& handler);

} // namespace motorcade
