#include "config/settings_reader.hpp"

#include "config/values.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/base/trim.hpp"
#include "schema/base/utf8.hpp"

#include <algorithm>
#include <charconv>

namespace motorcade {

namespace {

bool has_control_character(std::string_view text) {
  return std::ranges::any_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

std::string size_text(uint64_t bytes) {
  for (const auto& [shift, suffix] :
       {std::pair{30, "GiB"}, {20, "MiB"}, {10, "KiB"}})
    if (bytes != 0 && bytes % (uint64_t{1} << shift) == 0)
      return std::to_string(bytes >> shift) + suffix;
  return std::to_string(bytes);
}

} // namespace

std::string settings_reader::raw(std::string_view name) const {
  return from_(name).value_or(std::string{});
}

void settings_reader::report(std::string_view name, const std::string& what) {
  const auto start = std::string{name} + ": ";
  const bool known =
      std::ranges::any_of(problems_, [&](const std::string& problem) {
        return problem.starts_with(start);
      });
  if (!known)
    problems_.push_back(start + what);
}

void settings_reader::missing(std::string_view name, presence needed) {
  if (needed == presence::required)
    report(name, "missing, must be set");
}

std::string settings_reader::text(std::string_view name, presence needed) {
  auto value = raw(name);
  if (value.empty())
    missing(name, needed);
  else if (!is_utf8(value))
    report(name, excerpt(value) + " is not valid UTF-8");
  return value;
}

std::string settings_reader::path(std::string_view name, presence needed,
                                  std::string otherwise) {
  auto value = raw(name);
  if (!value.empty())
    return value;
  missing(name, needed);
  return otherwise;
}

std::string settings_reader::secret(std::string_view name) {
  auto value = raw(name);
  if (has_control_character(value))
    report(name, "holds a line break or another control character (the value "
                 "is not shown), must be one line without a line break");
  return value;
}

std::string
settings_reader::url(std::string_view name, presence needed,
                     std::initializer_list<std::string_view> schemes) {
  auto value = raw(name);
  if (value.empty()) {
    missing(name, needed);
    return value;
  }
  if (has_control_character(value)) {
    report(name, "holds a line break or another control character (the value "
                 "is not shown), must be one line without a line break");
    return value;
  }
  const bool known = std::ranges::any_of(schemes, [&](std::string_view scheme) {
    return value.size() > scheme.size()
           && equal_ignoring_case(
               std::string_view{value}.substr(0, scheme.size()), scheme);
  });
  if (known)
    return value;
  std::string wanted;
  for (const auto scheme : schemes)
    wanted += (wanted.empty() ? "" : ", ") + std::string{scheme} + "…";
  report(name, "not a URL of a known kind (the value is not shown, it may hold "
               "a password), must be one of "
                   + wanted);
  return value;
}

std::string settings_reader::base_url(std::string_view name) {
  auto out = url(name, presence::optional, {"http://", "https://"});
  while (out.ends_with('/'))
    out.pop_back();
  return out;
}

bool settings_reader::boolean(std::string_view name, bool otherwise) {
  const auto value = raw(name);
  const auto given = trim(value);
  if (given.empty())
    return otherwise;
  if (const auto parsed = parse_boolean(given))
    return *parsed;
  report(name, excerpt(value)
                   + " is neither true nor false, must be true, 1, "
                     "yes, false, 0 or no");
  return otherwise;
}

uint64_t settings_reader::bytes(std::string_view name, uint64_t otherwise,
                                uint64_t low, uint64_t high) {
  const auto value = raw(name);
  const auto given = trim(value);
  if (given.empty())
    return otherwise;
  const auto parsed = parse_byte_size(given);
  if (!parsed)
    report(name, excerpt(value)
                     + " is not a number of bytes, must be like 65536 or "
                       "64MiB (KiB, MiB, GiB)");
  else if (*parsed < low || *parsed > high)
    report(name, excerpt(value) + " is out of range, must be from "
                     + size_text(low) + " to " + size_text(high));
  else
    return *parsed;
  return otherwise;
}

uint64_t settings_reader::count(std::string_view name, uint64_t otherwise,
                                uint64_t low, uint64_t high) {
  const auto value = raw(name);
  const auto given = trim(value);
  if (given.empty())
    return otherwise;
  uint64_t parsed = 0;
  const auto [end, error] =
      std::from_chars(given.data(), given.data() + given.size(), parsed);
  if (error == std::errc{} && end == given.data() + given.size()
      && parsed >= low && parsed <= high)
    return parsed;
  report(name, excerpt(value) + " is not a whole number from "
                   + std::to_string(low) + " to " + std::to_string(high));
  return otherwise;
}

std::chrono::milliseconds settings_reader::duration(
    std::string_view name, std::chrono::milliseconds otherwise,
    std::chrono::milliseconds unit, std::string_view units) {
  const auto value = raw(name);
  const auto given = trim(value);
  if (given.empty())
    return otherwise;
  const auto parsed = parse_duration(given, unit);
  if (parsed && parsed->count() > 0)
    return *parsed;
  report(name, excerpt(value) + " is not a number of " + std::string{units}
                   + " over zero and under a hundred years, must be like 48 or "
                     "0.5");
  return otherwise;
}

log_level settings_reader::level(std::string_view name, log_level otherwise) {
  const auto value = raw(name);
  const auto given = trim(value);
  auto parsed = otherwise;
  if (!given.empty() && !from_string(given, parsed))
    report(name, excerpt(value)
                     + " is not a level, must be trace, debug, "
                       "info, warn, error or fatal");
  return parsed;
}

std::chrono::sys_time<std::chrono::microseconds> settings_reader::time(
    std::string_view name,
    std::chrono::sys_time<std::chrono::microseconds> otherwise) {
  const auto value = raw(name);
  const auto given = trim(value);
  if (given.empty())
    return otherwise;
  if (const auto parsed = parse_rfc3339(given))
    return *parsed;
  report(name, excerpt(value)
                   + " is not a time of RFC 3339, must be like "
                     "2024-05-01T12:00:00Z");
  return otherwise;
}

result<void> settings_reader::finish() const {
  if (problems_.empty())
    return {};
  std::string what;
  for (const auto& problem : problems_)
    what += (what.empty() ? "" : "\n") + problem;
  return failure{ec::invalid_argument, std::move(what)};
}

} // namespace motorcade
