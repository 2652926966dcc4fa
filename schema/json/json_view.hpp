#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// A value inside JSON text that has been validated before. Walks over the
/// text itself: no tree, no copies, every value as the exact bytes it was
/// written in. The text must outlive the view.
class json_view {
public:
  /// The kind of a JSON value.
  enum class kind { object, array, string, number, boolean, null };

  /// @param text Valid JSON; white space around the value is allowed.
  explicit json_view(std::string_view text);

  /// @returns the kind of the value, by its first byte.
  kind type() const;

  /// @returns the exact bytes of the value.
  std::string_view raw() const { return raw_; }

  /// @returns whether the value is of this kind; so do those below.
  bool is_object() const { return type() == kind::object; }

  bool is_array() const { return type() == kind::array; }

  bool is_string() const { return type() == kind::string; }

  bool is_number() const { return type() == kind::number; }

  bool is_null() const { return type() == kind::null; }

  /// @returns the member of that name; of several the last, as most parsers
  /// have it. Nothing where there is none or this is no object.
  std::optional<json_view> find(std::string_view key) const;

  /// Calls `f(std::string key, json_view value)` for each member, in order.
  /// Does nothing where this is no object.
  template <class F>
  void for_each_member(F&& f) const {
    cursor at{*this, '{'};
    while (at.next_key())
      f(at.key(), at.value());
  }

  /// Calls `f(json_view)` for each element. Does nothing where this is no
  /// array.
  template <class F>
  void for_each_element(F&& f) const {
    cursor at{*this, '['};
    while (at.next_element())
      f(at.value());
  }

  /// @returns the string with its escapes decoded, as UTF-8; a lone surrogate
  /// becomes U+FFFD. Empty where this is no string.
  std::string text() const;

  /// @returns the text of the member of that name; empty if it is no string or
  /// there is none.
  std::string text_at(std::string_view key) const;

  /// @returns the number, rounded to a double. Nothing where this is no number.
  std::optional<double> number() const;

private:
  class cursor {
  public:
    cursor(const json_view& container, char open);
    bool next_key();
    bool next_element();
    std::string key() const;
    json_view value() const;

  private:
    bool to_item();
    void skip_space();

    std::string_view text_;
    size_t at_ = 0;
    std::string_view key_;
    std::string_view value_;
    bool done_ = true;
    bool first_ = true;
  };

  struct exact {};

  json_view(exact, std::string_view raw) : raw_{raw} {}

  std::string_view raw_;
};

/// @returns the length of the valid JSON value at the start of `text`.
size_t json_value_length(std::string_view text);

/// Decodes the inside of a valid JSON string, quotes excluded.
std::string decode_json_string(std::string_view inside);

/// @returns `text` as a JSON string with quotes; bytes that are not UTF-8
/// become U+FFFD.
/// @param ascii Whether what is not printable ASCII is escaped, as Python's
/// json does it.
std::string encode_json_string(std::string_view text, bool ascii = false);

/// @returns `text` with every byte that is not UTF-8, and every NUL, replaced
/// by U+FFFD: what a database and a terminal can take.
std::string to_clean_text(std::string_view text);

} // namespace motorcade
