#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>

namespace motorcade {

/// The identity of a stream within a connector. The protocol's absent namespace
/// and an empty one are the same.
struct stream_id {
  /// The namespace that the connector gave the stream; empty: none.
  std::string target_namespace;
  std::string name;

  /// @returns `namespace.name`, or `name` alone: how statuses, states and logs
  /// call the stream.
  std::string key() const {
    return target_namespace.empty() ? name : target_namespace + '.' + name;
  }

  friend auto operator<=>(const stream_id&, const stream_id&) = default;
};

} // namespace motorcade

template <>
struct std::hash<motorcade::stream_id> {
  size_t operator()(const motorcade::stream_id& id) const noexcept {
    const std::hash<std::string> text;
    // Plain exclusive-or would make (a, b) and (b, a) meet, and (a, a) zero.
    return text(id.target_namespace) * 31 + text(id.name);
  }
};
