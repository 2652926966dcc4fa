#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Removes from each row the members that are not among the wanted columns of
/// its stream. Connectors are asked for the wanted columns alone, but many send
/// all columns that the source has.
class column_filter {
public:
  /// @param columns The wanted columns of each stream, in the order of the
  /// streams; an empty list, or none for a stream: its rows stay as they are.
  explicit column_filter(const std::vector<std::vector<std::string>>& columns);

  /// @returns whether columns of the stream's rows are left out.
  bool applies_to(uint32_t stream) const {
    return stream < wanted_.size() && !wanted_[stream].empty();
  }

  /// Appends the row with its wanted members alone, in their order, their
  /// values byte for byte. Names are compared with their escapes decoded, and
  /// exactly, case included.
  /// Precondition: `applies_to`.
  /// @param row A valid JSON object.
  void append(uint32_t stream, std::string_view row, std::string& out) const;

private:
  /// By stream: the names, each with how it stands in a row, `"name":`.
  std::vector<std::map<std::string, std::string, std::less<>>> wanted_;
};

} // namespace motorcade
