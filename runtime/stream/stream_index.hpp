#pragma once

#include "schema/base/stream_id.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace motorcade {

/// Finds the index of a stream of the catalog by its name as it stands in a
/// line. Not thread-safe.
class stream_index {
public:
  /// The catalog has no such stream.
  static constexpr uint32_t unknown = UINT32_MAX;

  /// @param catalog The streams in the order of their indexes.
  explicit stream_index(const std::vector<stream_id>& catalog);
  stream_index(const stream_index&) = delete;
  stream_index& operator=(const stream_index&) = delete;

  /// @param name The inside of a JSON string, as is `name_space`.
  uint32_t find(std::string_view name, std::string_view name_space) {
    const spelling wanted{name, name_space};
    // Rows of one stream mostly follow each other, or streams take turns.
    if (wanted == last_->name)
      return last_->stream;
    if (wanted == last_->follower->name) {
      last_ = last_->follower;
      return last_->stream;
    }
    return look_up(wanted);
  }

private:
  struct spelling {
    std::string_view name;
    std::string_view name_space;

    friend bool operator==(const spelling&, const spelling&) = default;
  };

  struct spelling_hash {
    size_t operator()(const spelling& each) const noexcept {
      std::hash<std::string_view> h;
      return h(each.name) * 31 + h(each.name_space);
    }
  };

  /// The spelling of a stream's name.
  struct known {
    /// Its views are into `text`, since they outlive their line.
    spelling name = {};
    std::string text = {};
    uint32_t stream = unknown;
    /// The one that was asked for after this one when last another was.
    known* follower = this;
  };

  /// Finds a name that is not expected.
  uint32_t look_up(const spelling& wanted);

  /// Finds a name by its meaning: its escapes are decoded. The spelling of a
  /// known stream is kept, so that this is done once.
  uint32_t decode(const spelling& wanted);

  std::unordered_map<stream_id, uint32_t> ids_;
  std::unordered_map<spelling, std::unique_ptr<known>, spelling_hash>
      by_spelling_;
  /// Before anything was asked for.
  known none_;
  known* last_ = &none_;
};

} // namespace motorcade
