#pragma once

#include "config/settings.hpp"

#include <string>
#include <utility>

namespace motorcade::test {

/// The variables that a sidecar requires, for a read.
inline variables minimal_variables() {
  return {{"STDOUT_PIPE_FILE", "/pipes/stdout"},
          {"STDERR_PIPE_FILE", "/pipes/stderr"},
          {"COMMAND", "read"},
          {"BULKER_URL", "http://bulker:3042"},
          {"DATABASE_URL", "postgres://u:hunter2@db/jitsu"},
          {"PACKAGE", "airbyte/source-faker"},
          {"PACKAGE_VERSION", "6.2.0"},
          {"SYNC_ID", "sync"},
          {"TASK_ID", "task"}};
}

/// @returns the settings of the required variables with these changes.
inline result<sidecar_settings> read_with(const variables& changes) {
  auto all = minimal_variables();
  for (const auto& [name, value] : changes)
    all[name] = value;
  return read_sidecar_settings(make_environment(std::move(all)));
}

/// @returns variables in words, for messages.
inline std::string in_words(const variables& given) {
  std::string out;
  for (const auto& [name, value] : given)
    out += name + '=' + value + ' ';
  return out;
}

} // namespace motorcade::test
