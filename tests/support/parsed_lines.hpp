#pragma once

#include "runtime/stream/slab_parser.hpp"
#include "runtime/stream/slab_reader.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>

namespace motorcade::test {

/// The catalog that lines are parsed for.
inline const slab_parser_settings& mixed_settings() {
  static const slab_parser_settings settings{
      .streams = {{"", "users"}, {"", "Größen"}, {"shop", "orders"}},
      .min_level = log_level::trace};
  return settings;
}

inline parsed_slab_ptr parse_lines(std::string_view text, slab_parser& parser) {
  auto pool = std::make_shared<slab_pool>(std::max<size_t>(text.size(), 1));
  slab_reader reader{pool, 64u << 20, nullptr};
  std::memcpy(reader.space().data(), text.data(), text.size());
  reader.filled(text.size());
  return parser.parse(*reader.take_rest());
}

inline parsed_slab_ptr parse_lines(std::string_view text) {
  static slab_parser parser{mixed_settings()};
  return parse_lines(text, parser);
}

/// @returns the kinds that cannot be read in a text, e.g. `RECORD STATE`, with
/// `+` for each message that was taken.
inline std::string doubts(const std::string& text) {
  auto slab = parse_lines(text + "\n");
  std::string out;
  for (size_t i = 0; i < slab->unreadable.size(); ++i)
    for (uint64_t n = 0; n < slab->unreadable[i]; ++n)
      out += (out.empty() ? "" : " ")
             + std::string{to_string(static_cast<message_kind>(i))};
  for (const auto& item : slab->items)
    out += std::holds_alternative<message>(item)
                   || std::holds_alternative<row_batch>(item)
               ? "+"
               : "";
  return out;
}

inline std::string outline_of(const message& content) {
  if (std::holds_alternative<state_message>(content))
    return "STATE";
  if (std::holds_alternative<error_trace>(content))
    return "ERROR";
  if (std::holds_alternative<stream_status_trace>(content))
    return "STATUS";
  if (std::holds_alternative<control_message>(content))
    return "CONTROL";
  if (const auto* document = std::get_if<document_message>(&content))
    return document->type;
  if (const auto* unknown = std::get_if<unknown_message>(&content))
    return "unknown " + unknown->type;
  return "message " + std::to_string(content.index());
}

inline std::string outline_of(const parsed_slab& slab,
                              const line_report& report) {
  auto out =
      (report.taken ? "found " : "bad ") + std::string{to_string(report.kind)};
  if (report.taken)
    return out;
  out += " " + std::string{to_string(report.reason)};
  if (!report.stream.empty())
    out += " " + report.stream;
  if (report.reason != line_fault::unknown_stream)
    return out;
  if (slab.misnamed.empty())
    return out + ", no doubt";
  out += ", for";
  for (auto i : slab.misnamed[0].streams)
    out += " " + mixed_settings().streams[i].key();
  return out;
}

/// @returns what a text becomes, in words: `users 2` for rows, messages by
/// their type, `bad` and `found` for reports, and lines of log with their
/// level; those come last.
inline std::string outline(std::string_view text) {
  auto slab = parse_lines(text);
  std::string out;
  auto add = [&out](const std::string& part) {
    out += (out.empty() ? "" : " | ") + part;
  };
  for (const auto& item : slab->items) {
    if (const auto* rows = std::get_if<row_batch>(&item))
      add(mixed_settings().streams[rows->stream].key() + " "
          + std::to_string(rows->rows->rows()));
    else if (const auto* report = std::get_if<line_report>(&item))
      add(outline_of(*slab, *report));
    else
      add(outline_of(std::get<message>(item)));
  }
  for (size_t i = 0; slab->logs && i < slab->logs->size(); ++i) {
    auto [level, line] = (*slab->logs)[i];
    add(std::string{to_string(level)} + " " + std::string{line});
  }
  return out;
}

/// @returns the outline of the same line between `before` and `behind`.
inline std::string with_neighbours(const std::string& outline) {
  constexpr std::string_view separator = " | ";
  // A line behind a broken CONTROL may be the rest of it.
  auto cut_config = outline.starts_with("bad CONTROL malformed_json");
  auto behind = cut_config
                    ? "INFO (6 bytes are not shown: they may be the rest "
                      "of a connector's config)"
                    : "INFO behind";
  std::string out;
  auto logs = false;
  for (size_t at = 0; at < outline.size();) {
    auto end = std::min(outline.find(separator, at), outline.size());
    auto part = outline.substr(at, end - at);
    for (std::string_view level :
         {"TRACE ", "DEBUG ", "INFO ", "WARN ", "ERROR ", "FATAL "})
      if (!logs && part.starts_with(level)) {
        out += "INFO before | ";
        logs = true;
      }
    out += part + std::string{separator};
    at = end + separator.size();
  }
  return out + (logs ? "" : "INFO before | ") + behind;
}

} // namespace motorcade::test
