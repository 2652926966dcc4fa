#include "runtime/stream/row_tail.hpp"

#include "runtime/base/clock.hpp"
#include "schema/json/json_view.hpp"

#include <charconv>
#include <utility>

namespace motorcade {

namespace {

/// @returns the time of `emitted_at`, which is in milliseconds; the current
/// time if it is none from 1970 to 9999.
wall_time emitted_time(std::string_view milliseconds) {
  constexpr int64_t year_10000 = 253'402'300'800'000;
  const auto* begin = milliseconds.data();
  const auto* end = begin + milliseconds.size();
  int64_t value = 0;
  auto read = std::from_chars(begin, end, value);
  // Java writes it as a double: 1.7145648E12.
  if (read.ec == std::errc{} && read.ptr != end
      && std::string_view{".eE"}.find(*read.ptr) != std::string_view::npos) {
    double whole = 0;
    read = std::from_chars(begin, end, whole);
    value = whole >= 0 && whole < static_cast<double>(year_10000)
                ? static_cast<int64_t>(whole)
                : year_10000;
  }
  if (read.ec != std::errc{} || value < 0 || value >= year_10000)
    return utc_now();
  return wall_time{std::chrono::milliseconds{value}};
}

/// @returns the connector's own list of changes.
std::string_view changes_of(std::string_view meta) {
  constexpr std::string_view none = "[]";
  if (meta.empty())
    return none;
  const auto changes = json_view{meta}.find("changes");
  return changes && changes->is_array() ? changes->raw() : none;
}

} // namespace

row_tail::row_tail(row_tail_settings settings)
    : settings_{std::move(settings)} {
  if (!differs())
    return;
  const auto sync = encode_json_string(settings_.sync_id);
  for (const auto& generation : settings_.generations)
    ends_.push_back(R"(","_airbyte_generation_id":)"
                    + (generation.empty() ? "0" : generation) + ",\""
                    + std::string{airbyte_meta_column} + R"(":{"sync_id":)"
                    + sync + R"(,"changes":)");
}

void row_tail::begin() {
  if (settings_.which == row_meta::jitsu)
    text_ = R"(,"_jitsu_timestamp":")" + to_iso8601_millis(utc_now()) + '"';
}

void row_tail::make(uint32_t stream, const record_message& record) {
  text_ = R"(,"_airbyte_raw_id":")";
  text_ += make_uuid();
  text_ += R"(","_airbyte_extracted_at":")";
  text_ += to_iso8601_millis(emitted_time(record.emitted_at));
  text_ += ends_[stream];
  text_ += changes_of(record.meta);
  text_ += '}';
}

} // namespace motorcade
