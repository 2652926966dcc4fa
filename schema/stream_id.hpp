#pragma once

#include <compare>
#include <functional>
#include <string>

namespace motorcade {

/// Names a stream. An absent and an empty namespace are the same.
struct stream_id {
  std::string target_namespace;
  std::string name;

  /// @returns `namespace.name`, or `name` alone.
  std::string key() const {
    return target_namespace.empty() ? name : target_namespace + "." + name;
  }

  friend auto operator<=>(const stream_id&, const stream_id&) = default;
};

} // namespace motorcade

template <>
struct std::hash<motorcade::stream_id> {
  size_t operator()(const motorcade::stream_id& id) const noexcept {
    auto h = std::hash<std::string>{};
    return h(id.name) * 31 + h(id.target_namespace);
  }
};
