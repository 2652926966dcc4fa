#pragma once

#include "schema/secrets/unescaped_text.hpp"

#include <array>
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace motorcade {

/// Replaces secrets in texts by `***`.
///
/// A secret is found as it stands, and as it stands in a URL (percent-encoded,
/// a blank as `+` or as `%20`), in JSON, in HTML and in base64, of either
/// alphabet and at any place of a longer base64, such as the `user:secret` of
/// Basic auth; besides, in whatever mixture of escapes, up to `most_levels`
/// inside each other (JSON in a text of JSON), since each program escapes other
/// characters. A secret of several lines, a PEM key for example, is found line
/// by line, too. If two secrets overlap both are hidden.
///
/// A text is looked through once, with a filter of 8 KiB over four bytes at a
/// time, so that the number of secrets costs next to nothing: see
/// `hiding_secrets` in `micro-bench`. Reading is thread-safe, adding is not.
///
/// Its memory is bounded, whatever is added: a long secret is known by pieces
/// of its beginning, from which on the text is hidden to its end; beyond a
/// total weight secrets of former configs go, those first that were added
/// longest ago. If those of the current config alone are too many, all texts
/// are withheld: no secret is shown because there were too many to look for.
class secret_mask {
public:
  /// A longer secret is known by pieces.
  static constexpr size_t longest_whole = 4 << 10;

  /// The most bytes that such a secret has in a text that escapes each of its
  /// characters. As much of the end of a text that was cut may be the beginning
  /// of a secret, which is not found.
  static constexpr size_t longest_spelling = 8 * longest_whole;

  /// Of a secret, pieces and lines are taken from so many first bytes.
  static constexpr size_t looked_at = 16 << 10;

  /// The most bytes of a piece, which ends between two characters: the shortest
  /// excerpt that is surely found has twice as many.
  static constexpr size_t piece_length = 256;

  /// The most lines of one secret that are known by themselves.
  static constexpr size_t most_lines = 256;

  /// How many times the escapes of a text are replaced, each time to look for
  /// secrets again.
  static constexpr size_t most_levels = 3;

  /// The weight of all forms in bytes of memory, roughly.
  static constexpr size_t most_weight = 16 << 20;

  /// Shorter secrets would hide parts of ordinary words; they are ignored.
  static constexpr size_t shortest = 4;

  /// Secrets below this length are hidden as whole words alone.
  static constexpr size_t shortest_within_words = 8;

  /// Stands in place of every text once not all secrets are known.
  static constexpr std::string_view withheld =
      "(not shown: there are more secrets than can be masked; see "
      "docs/limits.md)";

  /// How long a secret is known.
  enum class stay : uint8_t {
    /// At least until the next `begin_config`.
    while_there_is_room,
    always,
  };

  /// Notes that a new config is in force: earlier secrets, except those that
  /// stay always, go first if room is needed.
  void begin_config() noexcept { config_began_ = turns_; }

  /// Adds a secret with all its forms. One that is there already counts as
  /// added anew.
  /// @returns false if a part of it is not known by itself: what is behind
  /// `looked_at`, or its lines from `most_lines` on.
  bool add(std::string_view secret, stay how = stay::while_there_is_room);

  /// @returns the number of secrets that had to go for newer ones.
  size_t forgotten() const noexcept { return forgotten_; }

  /// @returns whether every secret that must stay is known. Once one of them is
  /// not, every text is withheld, for good.
  bool complete() const noexcept { return complete_; }

  /// @returns the weight of all forms.
  size_t weight() const noexcept { return weight_; }

  /// @returns whether there is nothing to hide.
  bool empty() const noexcept { return complete_ && forms_.empty(); }

  /// @returns the text with every secret replaced; `withheld` if not all
  /// secrets are known.
  std::string apply(std::string text) const;

private:
  struct form {
    std::string text;
    /// Neither a letter nor a digit may stand before or behind it.
    bool whole_word = false;
    /// The character of base64 before or behind it holds bits of the secret.
    bool hides_before = false;
    bool hides_behind = false;
    /// A piece of a long secret: what follows is taken for the rest of it.
    bool hides_rest = false;
  };

  /// A secret, as far as it is looked at.
  struct entry {
    stay how = stay::while_there_is_room;
    /// The greater, the later it was added.
    uint64_t turn = 0;
  };

  /// Adds a secret as a whole and its lines, `most_lines` of them, each in all
  /// its forms.
  void add_forms(std::string_view secret);

  /// Adds a text that is looked for by itself: whole, or by pieces if it is
  /// longer than `longest_whole`.
  void add_line(std::string_view secret);

  /// Adds a text with its escaped spellings and its forms in base64.
  /// @param hides_rest What follows it is hidden, too.
  void add_spellings(std::string_view secret, bool hides_rest);

  /// Adds a form, once, and counts its weight. One of fewer than four bytes is
  /// ignored.
  void add_form(form what);

  /// Forgets secrets that need not stay, the oldest first, until half of the
  /// weight is free. If the others weigh too much, all texts are withheld from
  /// then on.
  void make_room();

  /// Forgets all secrets and forms.
  void clear();
  /// @returns where the forms stand that begin at that byte; `end` is 0 if
  /// none does.
  text_range find_at(std::string_view text, size_t at) const;
  /// @returns where forms stand, in their order, none overlapping another.
  std::vector<text_range> find_all(std::string_view text) const;

  /// By the hash of the first four bytes of a form.
  std::bitset<1 << 16> filter_;
  /// By these four bytes: indexes of forms.
  std::unordered_map<uint32_t, std::vector<uint32_t>> by_head_;
  std::vector<form> forms_;
  /// By the hashes of their texts: indexes of forms.
  std::unordered_map<size_t, uint32_t> known_forms_;
  std::unordered_map<std::string, entry> known_;
  uint64_t turns_ = 0;
  /// Later turns are those of the config in force.
  uint64_t config_began_ = 0;
  bool complete_ = true;
  size_t weight_ = 0;
  size_t forgotten_ = 0;
};

} // namespace motorcade
