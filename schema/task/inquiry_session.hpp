#pragma once

#include "schema/lines/message.hpp"
#include "schema/lines/message_kind.hpp"
#include "schema/log/telling_lines.hpp"
#include "schema/task/failure_reason.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace motorcade {

/// The commands of a connector that answer with one message.
enum class inquiry : uint8_t { spec, check, discover };

/// @returns the type of the message that answers the command.
std::string_view result_type(inquiry command);

/// Why no more messages of the connector come.
enum class inquiry_end : uint8_t {
  /// Its output has ended.
  source_ended,
  timed_out,
  cancelled,
  /// Reading it failed.
  broken,
};

/// The outcome of a command.
struct inquiry_outcome {
  /// The connector answered; a failed check is an answer, too.
  bool answered = false;
  /// The answer says that all is well.
  bool success = false;
  /// The answer: `spec`, `connectionStatus` or `catalog`, byte for byte; empty:
  /// there is none.
  std::string document;
  /// Set if `success` is false.
  std::optional<failure_reason> reason;
};

/// Judges what a connector prints for spec, check or discover.
///
/// The first result of the right type counts, even if errors come before or
/// after it and the exit code is not 0. Without a result there is no success,
/// even if the exit code is 0: the reason is the first TRACE ERROR, else a
/// result that could not be read or used, else the exit code, else that no
/// result came, with the last lines of error.
class inquiry_session {
public:
  /// @param command Says which message is the answer.
  explicit inquiry_session(inquiry command) : command_{command} {}

  /// Takes the next message.
  /// @returns a remark for the log if the message is not expected.
  std::optional<std::string> on_message(const message& content);

  /// Takes a line of log of the connector, or of its stderr.
  void on_line(log_level level, std::string_view text, bool from_stderr);

  /// Takes a part of a line that seems to be a message and cannot be read.
  /// @param what Its place and its fault, for a person.
  /// @param said The text of a TRACE ERROR, as far as it can be read.
  void on_unreadable(message_kind kind, const std::string& what,
                     const std::string& said);

  /// @returns whether the answer has come.
  bool answered() const { return !document_.empty(); }

  /// @param exit_code The connector's exit code, if it is known.
  /// @param detail What timed out or broke, for a person.
  inquiry_outcome end(inquiry_end why, std::optional<int> exit_code,
                      const std::string& detail) const;

private:
  /// @returns why there is no answer. The connector's own words come before its
  /// exit code.
  failure_reason judge(inquiry_end why, std::optional<int> exit_code,
                       const std::string& detail) const;

  /// @returns the connector's last errors; if there are none, its last lines of
  /// stderr.
  std::string last_words() const;

  /// Takes a message that may be the answer; the first one that can be used
  /// counts.
  /// @returns a remark for the log if this is not it.
  std::optional<std::string> take_result(const document_message& result);

  inquiry command_;
  std::string document_;
  /// A check's result and its message.
  bool success_ = false;
  std::string status_message_;
  std::optional<failure_reason> first_error_;
  /// Types of results that do not answer this command, or not well.
  std::string unfit_;
  /// The text and the fault of a TRACE that cannot be read.
  std::string unread_trace_;
  telling_lines out_;
  telling_lines err_;
  std::deque<std::string> last_errors_;
  std::deque<std::string> last_stderr_;
};

} // namespace motorcade
