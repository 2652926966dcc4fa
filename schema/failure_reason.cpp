#include "schema/failure_reason.hpp"

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

failure_reason to_failure_reason(const error_trace& error) {
  failure_reason out;
  if (error.failure_type == "config_error")
    out.type = failure_type::config_error;
  else if (error.failure_type == "transient_error")
    out.type = failure_type::transient_error;
  out.stream = error.stream;
  out.message = cut_characters(error.message, longest_failure_message);
  out.internal_message =
      cut_characters(error.internal_message, longest_failure_message);
  out.stack_trace = cut_characters(error.stack_trace, longest_failure_stack);
  return out;
}

std::string describe_exit_code(int code) {
  auto out = "exit code " + std::to_string(code);
  if (code == 137)
    out += ", killed, perhaps for want of memory";
  else if (code == 143)
    out += ", told to stop";
  return out;
}

std::string to_text(const failure_reason& reason) {
  auto out = reason.message;
  if (!reason.internal_message.empty()
      && reason.internal_message != reason.message)
    out += (out.empty() ? "" : ": ") + reason.internal_message;
  if (reason.exit_code)
    out += " (" + describe_exit_code(*reason.exit_code) + ")";
  return out;
}

std::string cut_characters(std::string_view text, size_t most) {
  size_t characters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    // Every byte but those that continue a character begins one.
    auto begins = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (begins && characters++ == most)
      return std::string{text.substr(0, i)};
  }
  return std::string{text};
}

} // namespace motorcade
