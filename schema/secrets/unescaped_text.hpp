#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A part of a text: the bytes from `begin` to before `end`.
struct text_range {
  size_t begin = 0;
  size_t end = 0;

  friend bool operator==(const text_range&, const text_range&) = default;
};

/// A text whose escapes are replaced by what they stand for, and where each
/// part of it stands in the original.
///
/// Escapes are those of URLs (`%3D`), of JSON and of string literals (`\u003d`,
/// `\"`, `\=`, `\x3d`) and of HTML (`&amp;`, `&#61;`, `&#x3D;`), in any
/// mixture: programs differ in which characters they escape, and in how.
class unescaped_text {
public:
  /// @param source Must outlive this object.
  explicit unescaped_text(std::string_view source);

  /// @returns the text without escapes, valid as long as this object.
  std::string_view text() const noexcept { return text_; }

  /// @returns whether there was an escape in the original.
  bool changed() const noexcept { return changed_; }

  /// @param ranges Parts of `text()`, in their order, none within another.
  /// @returns the parts of the original that they stand for.
  std::vector<text_range>
  places_of(const std::vector<text_range>& ranges) const;

private:
  std::string_view source_;
  std::string text_;
  bool changed_ = false;
};

} // namespace motorcade
