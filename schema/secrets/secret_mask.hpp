#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace motorcade {

/// Replaces secrets in texts by `***`.
///
/// A secret is found as it stands, and as it stands in a URL (percent-encoded,
/// a blank as `+` or as `%20`), in JSON, in HTML and in base64, of either
/// alphabet and at any place of a longer base64, such as the `user:secret` of
/// Basic auth. A secret of several lines, a PEM key for example, is found line
/// by line, too. Where two secrets overlap both are hidden.
///
/// A text is looked through once, with a filter of 8 KiB over four bytes at a
/// time, so that the number of secrets costs next to nothing: see
/// `hiding_secrets` in `micro-bench`. Reading is thread-safe, adding is not.
class secret_mask {
public:
  /// Shorter secrets would hide parts of ordinary words; they are passed over.
  static constexpr size_t shortest = 4;

  /// Secrets below this length are hidden as whole words alone.
  static constexpr size_t shortest_within_words = 8;

  /// Adds a secret with all its forms. One that is there already is passed
  /// over.
  void add(std::string_view secret);

  /// @returns whether there is nothing to hide.
  bool empty() const noexcept { return forms_.empty(); }

  /// @returns the text with every secret replaced.
  std::string apply(std::string text) const;

  /// @returns whether a secret stands in the text.
  bool finds(std::string_view text) const;

private:
  struct form {
    std::string text;
    /// Neither a letter nor a digit may stand before or behind it.
    bool whole_word = false;
    /// The character of base64 before or behind it holds bits of the secret.
    bool hides_before = false;
    bool hides_behind = false;
  };

  /// Where a form stands in a text; `end` is 0 where none does.
  struct place {
    size_t begin = 0;
    size_t end = 0;
  };

  void add_line(std::string_view secret);
  void add_form(form what);
  place find_at(std::string_view text, size_t at) const;

  /// By the hash of the first four bytes of a form.
  std::bitset<1 << 16> filter_;
  /// By these four bytes: indexes of forms.
  std::unordered_map<uint32_t, std::vector<uint32_t>> by_head_;
  std::vector<form> forms_;
  std::unordered_set<std::string> known_forms_;
  std::unordered_set<std::string> known_;
};

} // namespace motorcade
