#pragma once

#include <string>
#include <utility>
#include <vector>

namespace motorcade {

/// A member of a stream's key: the names that lead to it, from the row's first
/// level on.
struct key_path {
  std::vector<std::string> names;

  /// These are a member of the first level.
  key_path(std::string name) : names{std::move(name)} {}

  key_path(const char* name) : names{name} {}

  /// @param path At least one name.
  explicit key_path(std::vector<std::string> path) : names{std::move(path)} {}

  /// @returns the names joined by `_`, as Bulker names the column of a nested
  /// member.
  std::string joined() const {
    std::string out;
    for (const auto& name : names)
      out += (out.empty() ? "" : "_") + name;
    return out;
  }

  /// @returns the names for a person: `a.b`.
  std::string to_text() const {
    std::string out;
    for (const auto& name : names)
      out += (out.empty() ? "" : ".") + name;
    return out;
  }

  friend bool operator==(const key_path&, const key_path&) = default;
};

} // namespace motorcade
