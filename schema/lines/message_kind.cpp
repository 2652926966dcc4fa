#include "schema/lines/message_kind.hpp"

#include "schema/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace motorcade {

namespace {

struct kind_entry {
  std::string_view name;
  std::string_view member;
  std::array<std::string_view, 8> inner;
};

// The kinds are in the order of the enumerators.
constexpr std::array<kind_entry, message_kind_count> kinds = {{
    {"UNKNOWN", "", {}},
    {"RECORD",
     "record",
     {"stream", "data", "emitted_at", "namespace", "meta", "file_reference"}},
    {"STATE",
     "state",
     {"type", "stream", "global", "data", "sourceStats", "destinationStats",
      "stream_descriptor", "stream_state"}},
    {"TRACE",
     "trace",
     {"type", "emitted_at", "error", "estimate", "stream_status", "analytics"}},
    {"CONTROL", "control", {"type", "emitted_at", "connectorConfig", "config"}},
    {"SPEC",
     "spec",
     {"connectionSpecification", "documentationUrl", "protocol_version",
      "supportsIncremental", "supported_destination_sync_modes",
      "advanced_auth", "changelogUrl", "authSpecification"}},
    {"CONNECTION_STATUS", "connectionStatus", {"status", "message"}},
    {"CATALOG", "catalog", {"streams"}},
    {"LOG", "log", {"level", "message", "stack_trace"}},
}};

const kind_entry& entry_of(message_kind kind) {
  return kinds.at(static_cast<size_t>(kind));
}

/// @returns whether the letters and digits of both are the same, in any case.
bool equal_but_for_style(std::string_view a, std::string_view b) {
  size_t i = 0;
  size_t k = 0;
  for (;;) {
    while (i < a.size() && !is_ascii_alphanumeric(a[i]))
      ++i;
    while (k < b.size() && !is_ascii_alphanumeric(b[k]))
      ++k;
    if (i == a.size() || k == b.size())
      return i == a.size() && k == b.size();
    if (ascii_lower(a[i++]) != ascii_lower(b[k++]))
      return false;
  }
}

} // namespace

std::string_view to_string(message_kind kind) {
  return entry_of(kind).name;
}

std::optional<message_kind> find_message_kind(std::string_view type) {
  for (size_t i = 1; i < kinds.size(); ++i)
    if (equal_ignoring_case(kinds[i].name, type))
      return static_cast<message_kind>(i);
  return std::nullopt;
}

std::optional<message_kind> find_similar_message_kind(std::string_view type) {
  constexpr size_t longest = 64;
  if (type.size() > longest)
    return std::nullopt;
  // The type is put in lower case with each word between two `_`:
  // `AirbyteRecord` becomes `_airbyte_record_`.
  std::string words = "_";
  for (size_t i = 0; i < type.size(); ++i) {
    auto c = ascii_lower(type[i]);
    if (c < 'a' || c > 'z')
      c = '_';
    auto begins =
        i > 0 && c != type[i] && type[i - 1] >= 'a' && type[i - 1] <= 'z';
    if ((begins || c == '_') && words.back() != '_')
      words += '_';
    if (c != '_')
      words += c;
  }
  if (words.back() != '_')
    words += '_';
  for (size_t i = 1; i < kinds.size(); ++i)
    if (words.find("_" + ascii_lower(kinds[i].name) + "_") != std::string::npos)
      return static_cast<message_kind>(i);
  return std::nullopt;
}

std::optional<message_kind> find_cut_message_kind(std::string_view text) {
  std::optional<message_kind> found;
  for (size_t i = 1; i < kinds.size(); ++i) {
    if (!kinds[i].name.starts_with(text))
      continue;
    if (found)
      return message_kind::unknown;
    found = static_cast<message_kind>(i);
  }
  return found;
}

bool is_own_member(message_kind kind, std::string_view key) {
  return !key.empty() && equal_but_for_style(entry_of(kind).member, key);
}

bool is_type_of_member(std::string_view type) {
  constexpr std::array<std::string_view, 8> types = {
      "STREAM",   "GLOBAL",        "LEGACY",    "ERROR",
      "ESTIMATE", "STREAM_STATUS", "ANALYTICS", "CONNECTOR_CONFIG"};
  return std::find(types.begin(), types.end(), type) != types.end();
}

std::optional<message_kind> find_kind_of_member(std::string_view key) {
  for (size_t i = 1; i < kinds.size(); ++i)
    if (kinds[i].member == key
        || (key == "connection_status"
            && kinds[i].member == "connectionStatus"))
      return static_cast<message_kind>(i);
  return std::nullopt;
}

bool is_inner_key(message_kind kind, std::string_view key) {
  const auto& inner = entry_of(kind).inner;
  return !key.empty()
         && std::any_of(inner.begin(), inner.end(), [&](std::string_view each) {
              return !each.empty() && equal_but_for_style(each, key);
            });
}

} // namespace motorcade
