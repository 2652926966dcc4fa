#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace motorcade {

/// The places of the structural characters of a block of rows: simdjson's first
/// stage, run once for the block. Rows are walked over by it, without a tree.
class row_index {
public:
  row_index();
  ~row_index();
  row_index(row_index&&) noexcept;
  row_index& operator=(row_index&&) noexcept;

  /// Copies the rows, since simdjson reads behind their end, and indexes them.
  /// Throws std::bad_alloc.
  /// @returns false if the rows are no valid JSON.
  bool index(std::string_view rows);

  /// @returns the number of structurals.
  size_t count() const noexcept { return count_; }

  /// @returns the indexed bytes, which live until the next call of `index`.
  const char* base() const noexcept;

  /// @returns the offset of structural `i`; `count()` is the end of the rows.
  uint32_t offset(size_t i) const noexcept { return at_[i]; }

  /// @returns the character of structural `i`. Precondition: it is not the end.
  char at(size_t i) const noexcept { return base()[at_[i]]; }

  /// @returns the inside of the string that begins at structural `i`.
  std::string_view string_at(size_t i) const noexcept {
    const auto* text = base();
    const size_t begin = at_[i] + 1;
    size_t end = at_[i + 1] - 1;
    while (text[end] != '"')
      --end;
    return {text + begin, end - begin};
  }

  /// @returns the number or word that begins at structural `i`.
  std::string_view word_at(size_t i) const noexcept {
    const auto* text = base();
    const size_t begin = at_[i];
    size_t end = at_[i + 1];
    while (static_cast<unsigned char>(text[end - 1]) <= ' ')
      --end;
    return {text + begin, end - begin};
  }

  /// @returns the structural behind the value that begins at `i`.
  size_t skip(size_t i) const noexcept {
    size_t depth = 0;
    do {
      const auto c = at(i++);
      if (c == '{' || c == '[')
        ++depth;
      else if (c == '}' || c == ']')
        --depth;
    } while (depth > 0);
    return i;
  }

private:
  struct first_stage;

  std::unique_ptr<first_stage> stage_;
  const uint32_t* at_ = nullptr;
  size_t count_ = 0;
};

} // namespace motorcade
