#pragma once

#include "schema/json/json_check.hpp"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace motorcade {

/// The structural characters of a text that simdjson's first stage found: where
/// each bracket, colon and comma outside of strings lies, and where each
/// string, number and word begins. Validates values by them.
///
/// The text must end with a structural that is no JSON character, and
/// 64 bytes behind it must be readable (`line_parser::padding`).
class structural_index {
public:
  static constexpr size_t none = SIZE_MAX;

  /// @param base The text.
  /// @param at Where in it the `count` structurals lie, and behind them the
  /// size of the text.
  void start(const char* base, const uint32_t* at, size_t count) {
    base_ = base;
    at_ = at;
    count_ = count;
  }

  /// @returns how many structurals there are.
  size_t count() const { return count_; }

  /// @returns where structural `i` lies.
  size_t offset(size_t i) const { return at_[i]; }

  /// @returns the text from structural `i` on.
  const char* place(size_t i) const { return base_ + at_[i]; }

  /// @returns the character of structural `i`.
  char at(size_t i) const { return base_[at_[i]]; }

  /// @returns the text between two offsets.
  std::string_view text(size_t begin, size_t end) const {
    return {base_ + begin, end - begin};
  }

  /// @returns the inside of the string at structural `i`, escapes as they
  /// stand. Precondition: it is a quote, and another structural follows.
  std::string_view string_at(size_t i) const {
    // The closing quote is the last one before the next structural character.
    const size_t begin = at_[i] + 1;
    size_t end = at_[i + 1] - 1;
    while (base_[end] != '"')
      --end;
    return text(begin, end);
  }

  /// Validates the value that starts at structural `i`, without recursion. A
  /// text ends with a structural that is no JSON character, so no bounds need
  /// be checked on the way.
  /// @returns the index behind its last structural, or `none`.
  size_t skip_value(size_t i) const {
    // Up to two levels are open around the value; a line for which that is too
    // strict is checked exactly.
    constexpr size_t deepest = max_json_depth - 2;
    const auto* const base = base_;
    const auto* at = at_ + i;
    size_t depth = 0;
    // Whether the innermost container is an object; `outer_` has the others.
    auto in_object = false;
    for (;;) {
      const auto c = base[*at];
      if (opens_container(c)) {
        if (depth == deepest)
          return none;
        const auto object = c == '{';
        if (base[at[1]] == (object ? '}' : ']')) {
          at += 2;
        } else {
          outer_[depth++] = in_object;
          in_object = object;
          ++at;
          if (object && !is_key(base, at))
            return none;
          at += object ? 2 : 0;
          continue;
        }
      } else if (is_plain(base, at) || is_word(base + *at)
                 || is_number(base + *at)) {
        ++at;
      } else {
        return none;
      }
      const auto behind = skip_behind(base, at, depth, in_object);
      if (behind == what_follows::error)
        return none;
      if (behind == what_follows::nothing)
        return static_cast<size_t>(at - at_);
    }
  }

  /// @returns whether the text at structural `i` is a number of JSON.
  bool is_number(size_t i) const { return is_number(place(i)); }

private:
  enum class what_follows : uint8_t { value, nothing, error };

  /// @returns whether two structurals are those of a key and its colon.
  static bool is_key(const char* base, const uint32_t* at) {
    return base[at[0]] == '"' && base[at[1]] == ':';
  }

  /// Walks over what stands behind a value, and over members with plain
  /// values, the commonest ones, up to the next other value.
  /// @param at Moved behind what was walked over.
  what_follows skip_behind(const char* base, const uint32_t*& at, size_t& depth,
                           bool& in_object) const {
    while (depth > 0) {
      auto c = base[*at++];
      if (in_object) {
        for (; c == ','; at += 4) {
          if (!is_key(base, at))
            return what_follows::error;
          // Strings are the commonest values.
          if (base[at[2]] != '"' && !is_plain(base, at + 2)) {
            at += 2;
            return what_follows::value;
          }
          c = base[at[3]];
        }
        if (c != '}')
          return what_follows::error;
      } else {
        if (c == ',')
          return what_follows::value;
        if (c != ']')
          return what_follows::error;
      }
      in_object = outer_[--depth];
    }
    return what_follows::nothing;
  }

  /// @returns whether the value at a structural is a string, a short number or
  /// a word that ends where the next structural lies; others may be valid, too.
  static bool is_plain(const char* base, const uint32_t* at) {
    const auto* const p = base + at[0];
    const auto length = at[1] - at[0];
    if (*p == '"')
      return true;
    if (is_digit(*p))
      return is_short_number(p, length);
    return !opens_container(*p) && is_short_word(p, length);
  }

  /// @returns whether a character may stand right behind a number or a word.
  static bool ends_scalar(char c) {
    static constexpr auto ends = [] {
      std::array<bool, 256> out{};
      for (const auto one : {',', '}', ']', ' ', '\n', '\r', '\t'})
        out[static_cast<unsigned char>(one)] = true;
      return out;
    }();
    return ends[static_cast<unsigned char>(c)];
  }

  /// @returns whether a character is an opening bracket or brace, which differ
  /// in one bit.
  static bool opens_container(char c) { return (c | 0x20) == '{'; }

  /// @returns whether a character is one of 0 to 9.
  static bool is_digit(char c) {
    return static_cast<unsigned char>(c - '0') < 10;
  }

  /// @returns whether a text begins with a word of JSON that ends there.
  static bool is_word(const char* p) {
    switch (*p) {
    case 't':
      return std::memcmp(p, "true", 4) == 0 && ends_scalar(p[4]);
    case 'f':
      return std::memcmp(p, "false", 5) == 0 && ends_scalar(p[5]);
    case 'n':
      return std::memcmp(p, "null", 4) == 0 && ends_scalar(p[4]);
    default:
      return false;
    }
  }

  /// @param p In the text, so that 8 bytes from it are readable.
  /// @returns a word with the highest bit of each byte set that is no digit,
  /// right up to and with the first that is no ASCII. 0: all 8 are digits.
  static uint64_t mark_others(const char* p) {
    static_assert(std::endian::native == std::endian::little);
    uint64_t eight = 0;
    std::memcpy(&eight, p, sizeof(eight));
    // 0 to 9 in bytes that are digits.
    const auto values = eight ^ 0x3030303030303030;
    return ((values + 0x7676767676767676) | values) & 0x8080808080808080;
  }

  /// @returns the number of the first byte that is marked; 8: none is.
  static size_t first_of(uint64_t marks) {
    return static_cast<unsigned>(std::countr_zero(marks)) / 8;
  }

  /// @param p Begins with a digit.
  /// @param length The bytes up to the next structural.
  /// @returns whether they are a number of at most 8 digits and a point; others
  /// may be numbers, too.
  static bool is_short_number(const char* p, size_t length) {
    const auto others = mark_others(p);
    const auto digits = first_of(others);
    if (*p == '0' && digits != 1)
      return false;
    if (digits == length)
      return true;
    return p[digits] == '.' && first_of(others & (others - 1)) == length
           && digits + 1 < length;
  }

  /// @returns whether the bytes up to the next structural are a word of JSON.
  static bool is_short_word(const char* p, size_t length) {
    // No branches: a processor cannot foresee whether a row has true or false.
    const auto four = load_four(p);
    const auto in_four =
        int{four == load_four("true")} | int{four == load_four("null")};
    const auto in_five = int{four == load_four("fals")} & int{p[4] == 'e'};
    return ((int{length == 4} & in_four) | (int{length == 5} & in_five)) != 0;
  }

  /// @returns the 4 bytes from there on, as one number.
  static uint32_t load_four(const char* p) {
    uint32_t out = 0;
    std::memcpy(&out, p, sizeof(out));
    return out;
  }

  /// @returns the first byte that is no digit. `p` is as of `mark_others`.
  static const char* skip_digits(const char* p) {
    for (;;) {
      if (const auto others = mark_others(p); others != 0)
        return p + first_of(others);
      p += sizeof(uint64_t);
    }
  }

  /// @returns whether a text begins with a number of JSON that ends there.
  static bool is_number(const char* p) {
    if (*p == '-')
      ++p;
    if (*p == '0') {
      ++p;
    } else {
      if (!is_digit(*p))
        return false;
      p = skip_digits(p);
    }
    if (*p == '.') {
      if (!is_digit(*++p))
        return false;
      p = skip_digits(p);
    }
    if (*p == 'e' || *p == 'E') {
      ++p;
      if (*p == '+' || *p == '-')
        ++p;
      if (!is_digit(*p))
        return false;
      p = skip_digits(p);
    }
    return ends_scalar(*p);
  }

  const char* base_ = nullptr;
  const uint32_t* at_ = nullptr;
  size_t count_ = 0;
  mutable std::array<bool, max_json_depth> outer_;
};

} // namespace motorcade
