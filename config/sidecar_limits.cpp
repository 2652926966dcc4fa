#include "config/sidecar_limits.hpp"

#include "config/settings_reader.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

using namespace std::chrono_literals;

void read_sidecar_limits(settings_reader& in, const std::string& prefix,
                         sidecar_limits& out) {
  constexpr uint64_t kib = 1024;
  constexpr uint64_t gib = kib * kib * kib;
  auto seconds = [&](const char* name, std::chrono::milliseconds& value) {
    value = in.duration(prefix + name, value, 1s, "seconds");
  };
  auto minutes = [&](const char* name, std::chrono::milliseconds& value) {
    value = in.duration(prefix + name, value, 1min, "minutes");
  };
  seconds("SOURCE_IDLE_TIMEOUT_SECONDS", out.source_idle_timeout);
  seconds("SOURCE_EXIT_TIMEOUT_SECONDS", out.source_exit_timeout);
  out.strict_record_count =
      in.boolean(prefix + "STRICT_RECORD_COUNT", out.strict_record_count);
  minutes("SIDECAR_FILE_TIMEOUT_MINUTES", out.answer_timeout);
  minutes("SIDECAR_FILE_TIMEOUT_WITHIN_SYNC_MINUTES",
          out.answer_timeout_within_sync);
  seconds("BULKER_STALL_TIMEOUT_SECONDS", out.bulker_stall_timeout);
  seconds("BULKER_RESPONSE_TIMEOUT_SECONDS", out.bulker_response_timeout);
  // The limit leaves room for the parser's own one: 4 GiB with its padding.
  out.max_line_bytes =
      in.bytes(prefix + "MAX_LINE_BYTES", out.max_line_bytes, kib, 2 * gib);
  out.retry_buffer_bytes = in.bytes(prefix + "RETRY_BUFFER_BYTES",
                                    out.retry_buffer_bytes, 0, 1024 * gib);
}

std::map<std::string, std::string> to_variables(const sidecar_limits& limits) {
  const sidecar_limits usual;
  std::map<std::string, std::string> out;
  auto time = [&](const char* name, auto member,
                  std::chrono::milliseconds unit) {
    if (limits.*member == usual.*member)
      return;
    auto amount = static_cast<double>((limits.*member).count())
                  / static_cast<double>(unit.count());
    out[name] = nlohmann::json(amount).dump();
  };
  auto bytes = [&](const char* name, auto member) {
    if (limits.*member != usual.*member)
      out[name] = std::to_string(limits.*member);
  };
  using all = sidecar_limits;
  time("SOURCE_IDLE_TIMEOUT_SECONDS", &all::source_idle_timeout, 1s);
  time("SOURCE_EXIT_TIMEOUT_SECONDS", &all::source_exit_timeout, 1s);
  if (limits.strict_record_count != usual.strict_record_count)
    out["STRICT_RECORD_COUNT"] = limits.strict_record_count ? "true" : "false";
  time("SIDECAR_FILE_TIMEOUT_MINUTES", &all::answer_timeout, 1min);
  time("SIDECAR_FILE_TIMEOUT_WITHIN_SYNC_MINUTES",
       &all::answer_timeout_within_sync, 1min);
  time("BULKER_STALL_TIMEOUT_SECONDS", &all::bulker_stall_timeout, 1s);
  time("BULKER_RESPONSE_TIMEOUT_SECONDS", &all::bulker_response_timeout, 1s);
  bytes("MAX_LINE_BYTES", &all::max_line_bytes);
  bytes("RETRY_BUFFER_BYTES", &all::retry_buffer_bytes);
  return out;
}

} // namespace motorcade
