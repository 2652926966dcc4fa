#include "schema/json/json_check.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/hex.hpp"
#include "schema/base/trim.hpp"
#include "schema/base/utf8.hpp"

#include <algorithm>
#include <array>
#include <bitset>
#include <cstring>

namespace motorcade {

namespace {

/// Walks over one JSON text. Each function returns false and notes a fault if
/// the text is not valid.
class checker {
public:
  explicit checker(std::string_view text) : text_{text} {}

  /// Reads one value that begins at `at`.
  json_extent run_from(size_t at) {
    json_extent out;
    extent_ = &out;
    at_ = at;
    value_chain();
    out.end = std::min(at_, text_.size());
    out.fault = std::move(fault_);
    return out;
  }

  std::optional<json_fault> run() {
    skip_space();
    if (value_chain()) {
      skip_space();
      if (at_ != text_.size())
        fail("unexpected characters after the end of the value");
    }
    return std::move(fault_);
  }

private:
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  bool at_end() const { return at_ >= text_.size(); }

  // -- notes for a json_extent ------------------------------------------------

  void note_key(size_t depth, std::string_view key) {
    if (extent_ == nullptr || depth > deepest_noted)
      return;
    open_[depth] = none;
    if (extent_->members.size() == json_extent::most_members)
      return;
    open_[depth] = extent_->members.size();
    extent_->members.push_back({depth, key, text_.size(), none});
  }

  void note_value(size_t depth) {
    if (extent_ != nullptr && depth <= deepest_noted && open_[depth] != none)
      extent_->members[open_[depth]].value = at_;
  }

  void note_end(size_t depth) {
    if (extent_ != nullptr && depth > 0 && depth <= deepest_noted
        && in_object_[depth - 1] && open_[depth] != none)
      extent_->members[open_[depth]].end = at_;
  }

  void skip_space() {
    while (at_ < text_.size() && is_json_blank(text_[at_]))
      ++at_;
  }

  bool fail(std::string what, line_fault reason = line_fault::malformed_json) {
    // A NUL byte, or one that is not UTF-8, stands outside of strings: its own
    // fault says more than what was expected in its place.
    if (reason == line_fault::malformed_json && at_ < text_.size()) {
      auto c = static_cast<unsigned char>(text_[at_]);
      if (c == 0) {
        reason = line_fault::nul_byte;
        what = "NUL byte";
      } else if (c >= 0x80 && first_code_point(text_.substr(at_)).size == 0) {
        reason = line_fault::invalid_utf8;
        what = "not UTF-8";
      }
    } else if (reason == line_fault::malformed_json) {
      what = "the text ends in the middle of a value";
    }
    fault_ = json_fault{reason, at_, std::move(what)};
    return false;
  }

  /// Reads a value and all that is nested in it, without recursion.
  bool value_chain() {
    size_t depth = 0;
    for (;;) {
      // A value must stand here.
      auto c = peek();
      bool closed = true;
      if (c == '{' || c == '[') {
        if (depth == max_json_depth)
          return fail("nested more than 1000 deep",
                      line_fault::nesting_too_deep);
        in_object_[depth++] = c == '{';
        ++at_;
        skip_space();
        if (peek() == (c == '{' ? '}' : ']')) {
          ++at_;
          --depth;
        } else {
          if (c == '{' && !key(depth))
            return false;
          closed = false;
        }
      } else if (!scalar()) {
        return false;
      }
      if (!closed)
        continue;
      // A value has ended; what may follow depends on the container.
      for (;;) {
        if (depth == 0)
          return true;
        note_end(depth);
        skip_space();
        auto object = in_object_[depth - 1];
        if (peek() == ',') {
          ++at_;
          skip_space();
          if (object && !key(depth))
            return false;
          break;
        }
        if (peek() != (object ? '}' : ']'))
          return fail(object ? "expected ',' or '}'" : "expected ',' or ']'");
        ++at_;
        --depth;
      }
    }
  }

  /// @param depth Of the object, counted from 1.
  bool key(size_t depth) {
    if (peek() != '"')
      return fail("expected a key in quotes");
    auto begin = at_ + 1;
    if (!string())
      return false;
    note_key(depth, text_.substr(begin, at_ - 1 - begin));
    skip_space();
    if (peek() != ':')
      return fail("expected ':' after a key");
    ++at_;
    skip_space();
    note_value(depth);
    return true;
  }

  bool scalar() {
    auto c = peek();
    if (c == '"')
      return string();
    if (c == '-' || is_ascii_digit(c)) {
      auto length = json_number_length(text_.substr(at_));
      if (length == 0)
        return fail("a number that JSON does not allow");
      at_ += length;
      return true;
    }
    for (std::string_view word : {"true", "false", "null"})
      if (text_.substr(at_, word.size()) == word) {
        at_ += word.size();
        return true;
      }
    return fail("expected a value");
  }

  bool string() {
    if (extent_ != nullptr)
      extent_->last_string = at_;
    ++at_;
    while (!at_end()) {
      auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\\') {
        if (find_bad_escape(text_.substr(at_, 6)) == 0)
          return fail("a backslash that begins no valid escape");
        at_ += 2;
      } else if (c < 0x20) {
        return c == 0 ? fail("NUL byte", line_fault::nul_byte)
                      : fail("a control character inside a string",
                             line_fault::control_character);
      } else if (c < 0x80) {
        ++at_;
      } else {
        auto length = first_code_point(text_.substr(at_)).size;
        if (length == 0)
          return fail("not UTF-8", line_fault::invalid_utf8);
        at_ += length;
      }
    }
    fault_ = json_fault{line_fault::malformed_json, at_,
                        "the text ends inside a string"};
    return false;
  }

  static constexpr size_t none = std::string_view::npos;
  static constexpr size_t deepest_noted = 2;

  std::string_view text_;
  size_t at_ = 0;
  std::bitset<max_json_depth> in_object_;
  std::optional<json_fault> fault_;
  /// The place of the members; null if the caller does not ask for them.
  json_extent* extent_ = nullptr;
  /// The member of each depth whose value is being read.
  std::array<size_t, deepest_noted + 1> open_ = {none, none, none};
};

} // namespace

std::string_view to_string(line_fault fault) {
  constexpr std::array<std::string_view, line_fault_count> names = {
      "malformed_json",    "invalid_utf8",      "nul_byte",
      "control_character", "nesting_too_deep",  "missing_field",
      "wrong_type",        "line_too_long",     "row_too_long",
      "unknown_stream",    "file_not_delivered"};
  return names.at(static_cast<size_t>(fault));
}

std::optional<json_fault> check_json(std::string_view text) {
  return checker{text}.run();
}

json_extent read_json_value(std::string_view text, size_t at) {
  return checker{text}.run_from(at);
}

size_t json_number_length(std::string_view text) {
  size_t i = 0;
  auto digit = [&] {
    return i < text.size() && is_ascii_digit(text[i]);
  };
  auto digits = [&] {
    auto from = i;
    while (digit())
      ++i;
    return i > from;
  };
  if (i < text.size() && text[i] == '-')
    ++i;
  if (i < text.size() && text[i] == '0')
    ++i;
  else if (!digits())
    return 0;
  if (i < text.size() && text[i] == '.') {
    ++i;
    if (!digits())
      return 0;
  }
  if (i < text.size() && (text[i] == 'e' || text[i] == 'E')) {
    ++i;
    if (i < text.size() && (text[i] == '+' || text[i] == '-'))
      ++i;
    if (!digits())
      return 0;
  }
  return i;
}

size_t find_bad_escape(std::string_view text, size_t from) {
  while (from < text.size()) {
    const auto* hit = static_cast<const char*>(
        std::memchr(text.data() + from, '\\', text.size() - from));
    if (hit == nullptr)
      return std::string_view::npos;
    auto at = static_cast<size_t>(hit - text.data());
    auto next = at + 1 < text.size() ? text[at + 1] : '\0';
    if (next == 'u') {
      for (size_t i = at + 2; i < at + 6; ++i)
        if (i >= text.size() || hex_value(text[i]) < 0)
          return at;
      from = at + 6;
    } else if (next != '\0' && std::strchr("\"\\/bfnrt", next) != nullptr) {
      from = at + 2;
    } else {
      return at;
    }
  }
  return std::string_view::npos;
}

} // namespace motorcade
