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

  /// @returns whether the value is an object.
  bool is_object() const { return type() == kind::object; }

  /// @returns whether the value is an array.
  bool is_array() const { return type() == kind::array; }

  /// @returns whether the value is a string.
  bool is_string() const { return type() == kind::string; }

  /// @returns whether the value is a number.
  bool is_number() const { return type() == kind::number; }

  /// @returns whether the value is null.
  bool is_null() const { return type() == kind::null; }

  /// @returns the member of that name; of several the last, as most parsers
  /// have it. Nothing if there is none or this is no object.
  std::optional<json_view> find(std::string_view key) const;

  /// Calls `f(std::string key, json_view value)` for each member, in order.
  /// Does nothing if this is no object.
  template <class F>
  void for_each_member(F&& f) const {
    cursor at{*this, '{'};
    while (at.next_key())
      f(at.key(), at.value());
  }

  /// Calls `f(json_view)` for each element. Does nothing if this is no
  /// array.
  template <class F>
  void for_each_element(F&& f) const {
    cursor at{*this, '['};
    while (at.next_element())
      f(at.value());
  }

  /// @returns the string with its escapes decoded, as UTF-8; a lone surrogate
  /// becomes U+FFFD. Empty if this is no string.
  std::string text() const;

  /// @returns the text of the member of that name; empty if it is no string or
  /// there is none.
  std::string text_at(std::string_view key) const;

  /// @returns the number, rounded to a double. Nothing if this is no number.
  std::optional<double> number() const;

private:
  /// Walks over the members of an object or the elements of an array.
  class cursor {
  public:
    /// @param open The bracket that the container must begin with; one that
    /// begins otherwise has no items.
    cursor(const json_view& container, char open);

    /// Goes to the next member.
    /// @returns false at the end; so does `next_element` for arrays.
    bool next_key();

    /// Goes to the next element.
    bool next_element();

    /// @returns the member's name, decoded.
    std::string key() const;

    /// @returns the item's value.
    json_view value() const;

  private:
    /// Goes to the next item, behind a comma.
    /// @returns false at the end.
    bool to_item();

    /// Skips white space and nothing else.
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
