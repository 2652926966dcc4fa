#include "runtime/stream/fault_reporter.hpp"

#include "schema/base/name_in_message.hpp"

namespace motorcade {

namespace {

constexpr uint64_t reports_per_reason = 100;

} // namespace

std::string fault_reporter::describe(const line_report& report,
                                     uint64_t lines_before) {
  auto text = "stdout line " + std::to_string(lines_before + report.line + 1)
              + ", byte " + std::to_string(report.offset) + " (byte "
              + std::to_string(report.column) + " of the line): ";
  std::string kind{report.kind == message_kind::unknown
                       ? "message"
                       : to_string(report.kind)};
  if (report.taken)
    return text + "a " + kind
           + " stands behind or inside other text in its line; it was taken";
  text += std::string{to_string(report.reason)} + ": " + report.what;
  if (report.kind != message_kind::record && report.kind != message_kind::log)
    text += "; it seems to be a " + kind;
  if (!report.stream.empty())
    text += "; stream " + name_in_message(report.stream);
  return text;
}

std::optional<std::string> fault_reporter::tell(const line_report& report,
                                                uint64_t lines_before) {
  auto& count = reported_.at(report.taken ? line_fault_count
                                          : static_cast<size_t>(report.reason));
  if (++count > reports_per_reason)
    return std::nullopt;
  auto text = describe(report, lines_before);
  if (!report.taken)
    text += "; not delivered: " + report.excerpt;
  if (report.left_out > 0)
    text += " — " + std::to_string(report.left_out)
            + " more of this kind follow it directly; they are counted, and "
              "not shown";
  if (count == reports_per_reason)
    text += " — further lines of this kind are only counted";
  return text;
}

} // namespace motorcade
