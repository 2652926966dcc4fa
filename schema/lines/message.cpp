#include "schema/lines/message.hpp"

#include "schema/base/trim.hpp"
#include "schema/lines/message_likeness.hpp"
#include "schema/log/log_text.hpp"
#include "schema/log/log_words.hpp"

#include <array>
#include <utility>

namespace motorcade {

namespace {

/// Thrown and caught within this file: it ends the reading of one message.
struct broken_field {
  json_fault fault;
};

/// Reads the fields of one object and remembers where in the line they are.
class field_reader {
public:
  field_reader(std::string_view line, json_view object, std::string path)
      : line_{line}, object_{object}, path_{std::move(path)} {
    if (!object_.is_object())
      wrong(object_, path_, "an object");
  }

  /// @returns the value of a key; a JSON null counts as absent.
  std::optional<json_view> optional(std::string_view key) const {
    auto value = object_.find(key);
    if (value && value->is_null())
      return std::nullopt;
    return value;
  }

  json_view required(std::string_view key) const {
    auto value = optional(key);
    if (!value)
      throw broken_field{{line_fault::missing_field, offset(object_),
                          "missing field " + path(key)}};
    return *value;
  }

  field_reader object(std::string_view key) const {
    return {line_, required(key), path(key)};
  }

  std::string text(std::string_view key) const {
    return text_of(required(key), key);
  }

  std::string optional_text(std::string_view key) const {
    auto value = optional(key);
    return value ? text_of(*value, key) : std::string{};
  }

  /// @returns the text of a string, other values as written; empty: absent.
  std::string lenient_text(std::string_view key) const {
    auto value = optional(key);
    if (!value)
      return {};
    return value->is_string() ? value->text() : std::string{value->raw()};
  }

  std::optional<double> optional_number(std::string_view key) const {
    auto value = optional(key);
    if (!value)
      return std::nullopt;
    if (!value->is_number())
      wrong(*value, path(key), "a number");
    return value->number();
  }

  json_view required_number(std::string_view key) const {
    auto value = required(key);
    if (!value.is_number())
      wrong(value, path(key), "a number");
    return value;
  }

  json_view required_object(std::string_view key) const {
    auto value = required(key);
    if (!value.is_object())
      wrong(value, path(key), "an object");
    return value;
  }

  /// @returns the inside of a string, escapes not decoded.
  std::string_view raw_text(json_view value, std::string_view key) const {
    if (!value.is_string())
      wrong(value, path(key), "a string");
    return value.raw().substr(1, value.raw().size() - 2);
  }

  [[noreturn]] void unknown(std::string_view key,
                            std::string_view expected) const {
    throw broken_field{{line_fault::wrong_type, offset(*optional(key)),
                        path(key) + " is none of " + std::string{expected}}};
  }

private:
  [[noreturn]] void wrong(json_view value, const std::string& path,
                          std::string_view expected) const {
    throw broken_field{{line_fault::wrong_type, offset(value),
                        path + " is not " + std::string{expected}}};
  }

  std::string text_of(json_view value, std::string_view key) const {
    if (!value.is_string())
      wrong(value, path(key), "a string");
    return value.text();
  }

  size_t offset(json_view value) const {
    return static_cast<size_t>(value.raw().data() - line_.data());
  }

  std::string path(std::string_view key) const {
    return path_.empty() ? std::string{key} : path_ + "." + std::string{key};
  }

  std::string_view line_;
  json_view object_;
  std::string path_;
};

stream_id read_descriptor(const field_reader& descriptor) {
  return {descriptor.optional_text("namespace"), descriptor.text("name")};
}

message read_record(const field_reader& record) {
  record_message out;
  out.stream = record.raw_text(record.required("stream"), "stream");
  if (auto value = record.optional("namespace"))
    out.stream_namespace = record.raw_text(*value, "namespace");
  out.data = record.required_object("data").raw();
  out.emitted_at = record.required_number("emitted_at").raw();
  if (auto meta = record.optional("meta"); meta && meta->is_object())
    out.meta = meta->raw();
  if (auto file = record.optional("file_reference"))
    out.file_reference = file->raw();
  return out;
}

message read_state(const field_reader& state) {
  state_message out;
  auto type = state.optional_text("type");
  auto raw_or_null = [](std::optional<json_view> value) {
    return std::string{value ? value->raw() : std::string_view{"null"}};
  };
  if (type == "STREAM") {
    auto stream = state.object("stream");
    out.kind = state_kind::stream;
    out.stream = read_descriptor(stream.object("stream_descriptor"));
    out.state = raw_or_null(stream.optional("stream_state"));
  } else if (type == "GLOBAL") {
    out.kind = state_kind::global;
    out.state = state.required_object("global").raw();
  } else if (type.empty() || type == "LEGACY") {
    out.kind = state_kind::legacy;
    out.state = state.required("data").raw();
  } else {
    state.unknown("type", "STREAM, GLOBAL, LEGACY");
  }
  // A count of another type is no reason to lose the state.
  if (auto stats = state.optional("sourceStats"))
    if (auto count = stats->find("recordCount"))
      out.source_records = read_record_count(*count);
  return out;
}

message read_log(const field_reader& log) {
  log_message out;
  auto level = level_of_word(log.text("level"));
  if (!level)
    log.unknown("level", "FATAL, ERROR, WARN, INFO, DEBUG, TRACE");
  out.level = *level;
  out.text = log.text("message");
  if (auto stack = log.optional_text("stack_trace"); !stack.empty())
    out.text += "\n" + stack;
  return out;
}

/// Reads an error even if its fields are of wrong types: a reason that is
/// written oddly is better than none.
message read_error(const field_reader& error) {
  error_trace out;
  out.internal_message = clean_log_text(error.lenient_text("internal_message"));
  out.stack_trace = clean_log_text(error.lenient_text("stack_trace"));
  out.failure_type = error.lenient_text("failure_type");
  out.message = clean_log_text(error.lenient_text("message"));
  if (out.message.empty())
    out.message = out.internal_message;
  if (out.message.empty() && !out.stack_trace.empty()) {
    // Python names the cause in the last line.
    auto stack = trim_right(out.stack_trace, " \r\n");
    out.message = stack.substr(stack.rfind('\n') + 1);
  }
  if (out.message.empty())
    out.message = error.text("message");
  if (auto stream = error.optional("stream_descriptor"))
    if (auto name = stream->find("name"); name && name->is_string())
      out.stream = {stream->text_at("namespace"), name->text()};
  return out;
}

message read_estimate(const field_reader& estimate) {
  estimate_trace out;
  auto type = estimate.text("type");
  if (type == "STREAM")
    out.stream =
        stream_id{estimate.optional_text("namespace"), estimate.text("name")};
  else if (type != "SYNC")
    estimate.unknown("type", "STREAM, SYNC");
  out.rows = estimate.optional_number("row_estimate");
  out.bytes = estimate.optional_number("byte_estimate");
  return out;
}

message read_stream_status(const field_reader& status) {
  using value = stream_status_trace::status;
  stream_status_trace out;
  out.stream = read_descriptor(status.object("stream_descriptor"));
  auto name = status.text("status");
  if (name == "STARTED")
    out.value = value::started;
  else if (name == "RUNNING")
    out.value = value::running;
  else if (name == "COMPLETE")
    out.value = value::complete;
  else if (name == "INCOMPLETE")
    out.value = value::incomplete;
  else
    status.unknown("status", "STARTED, RUNNING, COMPLETE, INCOMPLETE");
  // Reasons are for people: an odd one must not cost the status itself.
  if (auto reasons = status.optional("reasons"))
    reasons->for_each_element([&](json_view reason) {
      auto type = reason.find("type");
      if (!type || !type->is_string())
        return;
      out.reason += (out.reason.empty() ? "" : ", ") + type->text();
      if (auto limited = reason.find("rate_limited"))
        if (auto reset = limited->find("quota_reset"))
          out.reason += " until " + std::string{reset->raw()};
    });
  return out;
}

message read_trace(const field_reader& trace) {
  auto type = trace.text("type");
  if (type == "ERROR")
    return read_error(trace.object("error"));
  if (type == "ESTIMATE")
    return read_estimate(trace.object("estimate"));
  if (type == "STREAM_STATUS")
    return read_stream_status(trace.object("stream_status"));
  if (type == "ANALYTICS") {
    auto analytics = trace.object("analytics");
    auto value = analytics.optional("value");
    return analytics_trace{analytics.text("type"),
                           std::string{value ? value->raw() : ""}};
  }
  return unknown_message{"TRACE " + type};
}

message read_control(const field_reader& control) {
  auto type = control.text("type");
  if (type != "CONNECTOR_CONFIG")
    return unknown_message{"CONTROL " + type};
  return control_message{std::string{
      control.object("connectorConfig").required_object("config").raw()}};
}

message read_debug(const field_reader& line) {
  log_message out{log_level::debug, line.lenient_text("message")};
  if (auto data = line.optional("data"))
    out.text += (out.text.empty() ? "" : " ") + std::string{data->raw()};
  // Other programs use the type `DEBUG`, too: without a text it is no message.
  if (out.text.empty())
    return unknown_message{"DEBUG"};
  return out;
}

message read_message(const field_reader& line) {
  auto type = line.text("type");
  if (type == "RECORD")
    return read_record(line.object("record"));
  if (type == "STATE")
    return read_state(line.object("state"));
  if (type == "LOG")
    return read_log(line.object("log"));
  if (type == "TRACE")
    return read_trace(line.object("trace"));
  if (type == "CONTROL")
    return read_control(line.object("control"));
  if (type == "DEBUG")
    return read_debug(line);
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4>
      documents = {{{"SPEC", "spec"},
                    {"CONNECTION_STATUS", "connectionStatus"},
                    {"CATALOG", "catalog"},
                    {"DESTINATION_CATALOG", "destination_catalog"}}};
  for (auto [name, key] : documents)
    if (type == name)
      return document_message{type,
                              std::string{line.required_object(key).raw()}};
  return unknown_message{type};
}

/// @returns whether there is a member of that name other than null.
bool has_member(json_view object, std::string_view name) {
  auto value = object.find(name);
  return value && !value->is_null();
}

} // namespace

json_fault missing_type(std::string_view line) {
  return {line_fault::missing_field, line.find('{'), "missing field type"};
}

std::variant<message, json_fault> parse_message(std::string_view line) {
  // Lines of log of other programs may be many, and for each an exception would
  // cost more than all other work.
  const json_view object{line};
  if (object.is_object() && !has_member(object, "type"))
    return missing_type(line);
  try {
    field_reader reader{line, object, ""};
    if (auto second = find_second_message(line); !second.empty())
      return json_fault{line_fault::wrong_type, 0, std::move(second)};
    return read_message(reader);
  } catch (broken_field& broken) {
    return std::move(broken.fault);
  }
}

bool is_valid_member(message_kind kind, std::string_view value) {
  try {
    field_reader member{value, json_view{value}, ""};
    switch (kind) {
    case message_kind::record:
      read_record(member);
      return true;
    case message_kind::state:
      read_state(member);
      return true;
    case message_kind::trace:
      return !std::holds_alternative<unknown_message>(read_trace(member));
    case message_kind::control:
      return !std::holds_alternative<unknown_message>(read_control(member));
    default:
      return false;
    }
  } catch (const broken_field&) {
    return false;
  }
}

} // namespace motorcade
