#include "schema/task/failure_reason.hpp"

#include "schema/base/cut_text.hpp"
#include "schema/base/name_in_message.hpp"
#include "schema/base/trim.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/log/log_text.hpp"

#include <nlohmann/json.hpp>

#include <csignal>
#include <cstring>
#include <utility>

namespace motorcade {

std::string_view to_string(failure_origin origin) {
  switch (origin) {
  case failure_origin::source:
    return "source";
  case failure_origin::destination:
    return "destination";
  case failure_origin::platform:
    break;
  }
  return "airbyte_platform";
}

std::string_view to_string(failure_type type) {
  switch (type) {
  case failure_type::config_error:
    return "config_error";
  case failure_type::system_error:
    return "system_error";
  case failure_type::transient_error:
    return "transient_error";
  case failure_type::timeout:
    return "timeout";
  case failure_type::cancelled:
    break;
  }
  return "cancelled";
}

namespace {

/// @returns the last line that is not blank; empty: there is none.
std::string_view last_line(std::string_view text) {
  text = trim_right(text);
  return trim_left(text.substr(text.rfind('\n') + 1));
}

} // namespace

failure_reason to_failure_reason(const error_trace& error) {
  failure_reason out;
  if (error.failure_type == "config_error")
    out.type = failure_type::config_error;
  else if (error.failure_type == "transient_error")
    out.type = failure_type::transient_error;
  out.stream = error.stream;
  for (auto text : {std::string_view{error.message},
                    std::string_view{error.internal_message},
                    last_line(error.stack_trace), error_without_message}) {
    out.message = cut_middle(text, longest_failure_message);
    if (!last_line(text).empty())
      break;
  }
  out.internal_message =
      cut_middle(error.internal_message, longest_failure_message);
  out.stack_trace = cut_middle(error.stack_trace, longest_failure_stack);
  return out;
}

std::string describe_exit_code(int code) {
  // A shell adds 128 to the number of the signal that ended a program.
  constexpr int first_signal = 128;
  if (code == unknown_exit_code)
    return "its exit code was never reported";
  auto out = "exit code " + std::to_string(code);
  const auto* signal =
      code > first_signal ? ::sigabbrev_np(code - first_signal) : nullptr;
  if (signal != nullptr)
    out += ", was ended by SIG" + std::string{signal};
  if (code == first_signal + SIGKILL)
    out += ", perhaps for want of memory";
  return out;
}

std::string_view said_besides(const failure_reason& reason) {
  constexpr std::string_view ends = " \t\r\n.";
  auto inner = trim(reason.internal_message);
  auto outer = trim(reason.message, ends);
  if (outer.find(trim(inner, ends)) != std::string_view::npos)
    return {};
  // The internal message often is the message with the cause behind it.
  constexpr std::string_view separators = ":;,.\n";
  if (!outer.empty() && inner.starts_with(outer)
      && separators.find(inner[outer.size()]) != std::string_view::npos)
    return trim_left(inner.substr(outer.size() + 1));
  return inner;
}

std::string to_text(const failure_reason& reason) {
  auto out = reason.stream ? "stream " + name_in_message(*reason.stream) + ": "
                           : std::string{};
  out += reason.message;
  std::string notes;
  if (reason.type == failure_type::config_error
      || reason.type == failure_type::transient_error)
    notes = to_string(reason.type);
  if (reason.exit_code)
    notes +=
        (notes.empty() ? "" : ", ") + describe_exit_code(*reason.exit_code);
  if (!notes.empty())
    out += " (" + notes + ")";
  if (auto more = said_besides(reason); !more.empty())
    out += (out.ends_with('.') ? " " : ": ") + std::string{more};
  return clean_log_text(out);
}

std::optional<failure_type> told_failure_type(std::string_view text) {
  for (auto type :
       {failure_type::config_error, failure_type::transient_error}) {
    const auto note = "(" + std::string{to_string(type)};
    for (auto at = text.find(note); at != std::string_view::npos;
         at = text.find(note, at + 1)) {
      const auto behind = text.substr(at + note.size());
      if (behind.starts_with(')') || behind.starts_with(", "))
        return type;
    }
  }
  return {};
}

bool tells_config_error(std::string_view text) {
  return told_failure_type(text) == failure_type::config_error;
}

std::string to_brief(const failure_reason& reason) {
  return to_brief(to_text(reason));
}

std::string to_brief(std::string_view text) {
  constexpr size_t most = 2000;
  return cut_middle(text, most);
}

std::string to_log_text(const failure_reason& reason) {
  auto out = reason.stream ? "stream " + name_in_message(*reason.stream) + ": "
                           : std::string{};
  out += "the connector reports an error: " + reason.message + " ("
         + std::string{to_string(reason.type)} + ")";
  for (auto more : {said_besides(reason), std::string_view{reason.stack_trace}})
    if (!more.empty())
      out += "\n" + std::string{more};
  return out;
}

failure_reason platform_failure(std::string text) {
  failure_reason out;
  out.origin = failure_origin::platform;
  out.message = std::move(text);
  return out;
}

failure_reason to_failure_reason(const failure& reason) {
  auto out = platform_failure(reason.what);
  if (reason.code == ec::invalid_argument || reason.code == ec::invalid_catalog)
    out.type = failure_type::config_error;
  return out;
}

failure_reason cancelled_failure(std::string why) {
  auto out =
      platform_failure(why.empty() ? "the task was cancelled" : std::move(why));
  out.type = failure_type::cancelled;
  return out;
}

failure_reason stopped_failure(task_place place, std::string why) {
  if (why.empty()) {
    why = "the task was stopped from outside (SIGTERM)";
    if (place == task_place::pod)
      why += ": " + std::string{stopped_pod_guess};
    else if (place == task_place::local)
      why += ": syncctl was stopped, or the task's processes were ended from "
             "outside";
  }
  auto out = platform_failure(std::move(why));
  out.type = failure_type::transient_error;
  return out;
}

std::string to_json(const failure_reason& reason, bool with_stack) {
  nlohmann::ordered_json out = {{"failureOrigin", to_string(reason.origin)},
                                {"failureType", to_string(reason.type)},
                                {"externalMessage", reason.message}};
  if (!reason.internal_message.empty())
    out["internalMessage"] = reason.internal_message;
  if (with_stack && !reason.stack_trace.empty())
    out["stacktrace"] = reason.stack_trace;
  if (reason.stream) {
    auto& stream = out["streamDescriptor"] = {{"name", reason.stream->name}};
    if (!reason.stream->target_namespace.empty())
      stream["namespace"] = reason.stream->target_namespace;
  }
  if (reason.exit_code && *reason.exit_code != unknown_exit_code)
    out["metadata"]["exitCode"] = *reason.exit_code;
  return write_json(out);
}

} // namespace motorcade
