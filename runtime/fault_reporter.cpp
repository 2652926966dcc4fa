#include "runtime/fault_reporter.hpp"

namespace motorcade {

namespace {

constexpr uint64_t reports_per_reason = 100;

} // namespace

std::optional<std::string> fault_reporter::tell(const line_report& report,
                                                uint64_t lines_before) {
  auto told = ++reported_[static_cast<size_t>(report.reason)];
  if (told > reports_per_reason)
    return std::nullopt;
  auto text = "stdout line " + std::to_string(lines_before + report.line + 1)
              + ", byte " + std::to_string(report.offset) + " (byte "
              + std::to_string(report.column) + " of the line): "
              + std::string{to_string(report.reason)} + ": " + report.what;
  if (!report.stream.empty())
    text += "; stream " + report.stream;
  text += "; not delivered: " + report.excerpt;
  if (told == reports_per_reason)
    text += " — further lines of this kind are only counted";
  return text;
}

} // namespace motorcade
