#include "schema/task/inquiry_session.hpp"

#include "schema/base/cut_text.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/base/trim.hpp"
#include "schema/json/json_view.hpp"
#include "schema/log/log_text.hpp"

namespace motorcade {

namespace {

/// The most last lines that a reason quotes, and the most characters of each.
constexpr size_t quoted_lines = 5;
constexpr size_t quoted_characters = 500;

void keep(std::deque<std::string>& lines, std::string_view text) {
  if (is_blank(text))
    return;
  lines.push_back(cut_middle(text, quoted_characters));
  if (lines.size() > quoted_lines)
    lines.pop_front();
}

std::string join(const std::deque<std::string>& lines) {
  std::string out;
  for (const auto& line : lines)
    out += (out.empty() ? "" : "\n") + line;
  return out;
}

/// @returns what is wrong with a result of the right type, or nothing.
std::optional<std::string> find_flaw(inquiry command, json_view result) {
  switch (command) {
  case inquiry::spec: {
    auto specification = result.find("connectionSpecification");
    if (!specification || !specification->is_object())
      return "it has no object connectionSpecification";
    break;
  }
  case inquiry::check: {
    auto status = result.find("status");
    if (!status || !status->is_string())
      return "it has no status";
    auto text = status->text();
    if (text != "SUCCEEDED" && text != "FAILED")
      return "its status is " + excerpt(text)
             + ", neither SUCCEEDED nor FAILED";
    break;
  }
  case inquiry::discover: {
    auto streams = result.find("streams");
    if (!streams || !streams->is_array())
      return "it has no array streams";
    break;
  }
  }
  return std::nullopt;
}

} // namespace

std::string_view result_type(inquiry command) {
  switch (command) {
  case inquiry::spec:
    return "SPEC";
  case inquiry::check:
    return "CONNECTION_STATUS";
  case inquiry::discover:
    break;
  }
  return "CATALOG";
}

std::optional<std::string> inquiry_session::on_message(const message& content) {
  if (const auto* error = std::get_if<error_trace>(&content)) {
    if (!first_error_)
      first_error_ = to_failure_reason(*error);
    return std::nullopt;
  }
  if (const auto* result = std::get_if<document_message>(&content))
    return take_result(*result);
  return std::nullopt;
}

std::optional<std::string>
inquiry_session::take_result(const document_message& result) {
  std::string wanted{result_type(command_)};
  if (result.type != wanted) {
    unfit_ =
        "it answered " + result.type + " where " + wanted + " was asked for";
    return unfit_;
  }
  if (answered())
    return "a second " + wanted + " came; the first one counts";
  json_view document{result.document};
  if (auto flaw = find_flaw(command_, document)) {
    unfit_ = "its " + wanted + " cannot be used: " + *flaw;
    return unfit_;
  }
  document_ = result.document;
  success_ = true;
  if (command_ == inquiry::check) {
    success_ = document.find("status")->text() == "SUCCEEDED";
    if (auto text = document.find("message"))
      status_message_ = clean_log_text(text->text());
  }
  return std::nullopt;
}

void inquiry_session::on_line(log_level level, std::string_view text,
                              bool from_stderr) {
  // A line of level INFO is no reason, not even on stderr.
  if (level <= log_level::info || !(from_stderr ? err_ : out_).take(text))
    return;
  if (level >= log_level::error)
    keep(last_errors_, text);
  if (from_stderr)
    keep(last_stderr_, text);
}

void inquiry_session::on_unreadable(message_kind kind, const std::string& what,
                                    const std::string& said) {
  std::string wanted{result_type(command_)};
  if (to_string(kind) == wanted) {
    if (unfit_.empty())
      unfit_ = "a " + wanted + " came and cannot be read: " + what;
  } else if (kind == message_kind::trace && unread_trace_.empty()) {
    unread_trace_ = said.empty() ? "a TRACE came and cannot be read: " + what
                                 : said + " (from a TRACE that cannot be read: "
                                       + what + ")";
  }
}

std::string inquiry_session::last_words() const {
  return join(last_errors_.empty() ? last_stderr_ : last_errors_);
}

inquiry_outcome inquiry_session::end(inquiry_end why,
                                     std::optional<int> exit_code,
                                     const std::string& detail) const {
  inquiry_outcome out;
  out.answered = answered();
  out.success = out.answered && success_;
  out.document = document_;
  if (out.answered && !out.success) {
    failure_reason reason;
    reason.type = failure_type::config_error;
    reason.message = status_message_.empty()
                         ? "the check failed without a message"
                         : status_message_;
    out.reason = std::move(reason);
  } else if (!out.answered) {
    out.reason = judge(why, exit_code, detail);
  }
  return out;
}

failure_reason inquiry_session::judge(inquiry_end why,
                                      std::optional<int> exit_code,
                                      const std::string& detail) const {
  failure_reason out;
  std::string none = "no " + std::string{result_type(command_)} + " came";
  switch (why) {
  case inquiry_end::cancelled:
    return cancelled_failure(detail);
  case inquiry_end::timed_out:
    out.type = failure_type::timeout;
    out.message = none + " in time: " + detail;
    // The connector's own error tells more than its silence.
    if (first_error_)
      out.internal_message = to_text(*first_error_);
    else if (!unfit_.empty() || !unread_trace_.empty())
      out.internal_message = unfit_.empty() ? unread_trace_ : unfit_;
    else
      out.internal_message = last_words();
    return out;
  case inquiry_end::broken:
    return platform_failure(detail);
  case inquiry_end::source_ended:
    break;
  }
  auto failed = exit_code && *exit_code != 0;
  if (first_error_) {
    out = *first_error_;
  } else {
    out.message = "the connector ended without an answer";
    if (!unfit_.empty())
      out.message += ": " + unfit_;
    else if (!unread_trace_.empty())
      out.message += ": " + unread_trace_;
    else if (!failed)
      out.message += ": " + none;
    out.internal_message = last_words();
  }
  if (failed)
    out.exit_code = exit_code;
  return out;
}

} // namespace motorcade
