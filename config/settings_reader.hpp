#pragma once

#include "config/environment.hpp"
#include "schema/base/result.hpp"
#include "schema/log/log_level.hpp"

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The highest number of a port.
inline constexpr uint64_t highest_port = 65'535;

/// Whether a variable must be there.
enum class presence : uint8_t {
  optional,
  required,
};

/// Takes values of settings from an environment and gathers all that is wrong
/// with them, so that a person can mend everything at once. A variable that is
/// empty counts as not set: manifests often pass on what was never given. For a
/// wrong value the default is returned.
class settings_reader {
public:
  /// @param from Outlives this.
  explicit settings_reader(const environment& from) : from_{from} {}

  /// The value as it stands; empty: not set.
  std::string raw(std::string_view name) const;

  /// A text in UTF-8.
  std::string text(std::string_view name, presence needed = presence::optional);

  /// A path of any bytes.
  std::string path(std::string_view name, presence needed = presence::optional,
                   std::string otherwise = {});

  /// A text that is never shown, without control characters.
  std::string secret(std::string_view name);

  /// A URL, never shown since it may hold a password. `schemes` are what it
  /// may begin with, such as `http://`, in any case; something must follow.
  std::string url(std::string_view name, presence needed,
                  std::initializer_list<std::string_view> schemes);

  /// A URL of HTTP to which paths are added: without a slash at its end; empty:
  /// not set.
  std::string base_url(std::string_view name);

  /// `true`, `1`, `yes`, `false`, `0` or `no`, in any case.
  bool boolean(std::string_view name, bool otherwise);

  /// From `low` to `high` bytes, both included.
  uint64_t bytes(std::string_view name, uint64_t otherwise, uint64_t low,
                 uint64_t high);

  /// From `low` to `high`, both included.
  uint64_t count(std::string_view name, uint64_t otherwise, uint64_t low,
                 uint64_t high);

  /// More than zero; `unit` is what the variable counts, `units` its name.
  std::chrono::milliseconds duration(std::string_view name,
                                     std::chrono::milliseconds otherwise,
                                     std::chrono::milliseconds unit,
                                     std::string_view units);

  /// The name of a level, in any case.
  log_level level(std::string_view name, log_level otherwise);

  /// A time of RFC 3339.
  std::chrono::sys_time<std::chrono::microseconds>
  time(std::string_view name,
       std::chrono::sys_time<std::chrono::microseconds> otherwise);

  /// Notes that a variable is wrong. `what` says why and what would be right.
  /// If a variable is noted twice, the first note stays.
  void report(std::string_view name, const std::string& what);

  /// @returns success, or invalid_argument with one line for each variable
  /// that is wrong, in the order in which they were asked for.
  result<void> finish() const;

private:
  /// Reports a variable that is not set, if it is required.
  void missing(std::string_view name, presence needed);

  const environment& from_;
  std::vector<std::string> problems_;
};

} // namespace motorcade
