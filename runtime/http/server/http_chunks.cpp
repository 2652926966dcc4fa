#include "runtime/http/server/http_chunks.hpp"

#include "runtime/http/server/http_head.hpp"
#include "schema/base/hex.hpp"

#include <algorithm>

namespace motorcade {

namespace {

constexpr size_t most_digits = 16;
/// The limit for all extensions together: known clients send none.
constexpr size_t most_extensions = 4 << 10;
constexpr size_t longest_trailer = 1 << 10;
constexpr size_t most_trailers = 20;

/// Takes a quoted text off the front.
/// @returns false if there is none.
bool take_quoted(std::string_view& text) {
  if (!text.starts_with('"'))
    return false;
  for (size_t i = 1; i < text.size(); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    if (c == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
    // A backslash stands before any character.
    if (c == '\\' && ++i < text.size())
      c = static_cast<unsigned char>(text[i]);
    if ((c < ' ' && c != '\t') || c >= 0x7F)
      return false;
  }
  return false;
}

/// @returns whether the text is `name`, `name=word` or `name="text"`, and more
/// of them behind semicolons (RFC 9112, section 7.1.1).
bool are_extensions(std::string_view text) {
  for (;;) {
    auto name = text.substr(0, text.find_first_of("=;"));
    if (!is_http_token(name))
      return false;
    text.remove_prefix(name.size());
    if (text.starts_with('=')) {
      text.remove_prefix(1);
      auto word = text.substr(0, text.find(';'));
      if (is_http_token(word))
        text.remove_prefix(word.size());
      else if (!take_quoted(text))
        return false;
    }
    if (text.empty())
      return true;
    if (text.front() != ';')
      return false;
    text.remove_prefix(1);
  }
}

} // namespace

http_chunks::state http_chunks::take(std::string_view& bytes,
                                     std::string& body) {
  while (state_ == state::more && !bytes.empty()) {
    if (place_ == place::data) {
      auto part = bytes.substr(0, left_);
      body += part;
      bytes.remove_prefix(part.size());
      left_ -= part.size();
      if (left_ == 0)
        place_ = place::data_cr;
      continue;
    }
    state_ = take_byte(bytes.front());
    bytes.remove_prefix(1);
  }
  return state_;
}

http_chunks::state http_chunks::take_byte(char c) {
  switch (place_) {
  case place::size_begin:
  case place::size:
    return take_digit(c);
  case place::extension:
    if (c == '\r') {
      if (!are_extensions(line_))
        return state::malformed;
      line_.clear();
      place_ = place::size_end;
      return state::more;
    }
    line_ += c;
    return ++extensions_ > most_extensions ? state::malformed : state::more;
  case place::size_end:
    if (c != '\n')
      return state::malformed;
    place_ = left_ == 0 ? place::trailer : place::data;
    return state::more;
  case place::data_cr:
    place_ = place::data_lf;
    return c == '\r' ? state::more : state::malformed;
  case place::data_lf:
    place_ = place::size_begin;
    return c == '\n' ? state::more : state::malformed;
  case place::trailer:
    if (c == '\r')
      place_ = place::trailer_lf;
    else if (c == '\n' || line_.size() == longest_trailer)
      return state::malformed;
    else
      line_ += c;
    return state::more;
  case place::trailer_lf:
    return c == '\n' ? take_trailer_end() : state::malformed;
  case place::data:
    break;
  }
  return state::malformed;
}

http_chunks::state http_chunks::take_digit(char c) {
  if (place_ == place::size_begin) {
    left_ = digits_ = 0;
    place_ = place::size;
  }
  if (auto digit = hex_value(c); digit >= 0) {
    // More digits than the number can hold are refused, even if they are zeros.
    if (++digits_ > most_digits)
      return state::too_large;
    left_ = left_ << 4 | static_cast<size_t>(digit);
    return state::more;
  }
  if (digits_ == 0 || (c != '\r' && c != ';'))
    return state::malformed;
  if (left_ > limit_ - body_)
    return state::too_large;
  body_ += left_;
  place_ = c == '\r' ? place::size_end : place::extension;
  return state::more;
}

http_chunks::state http_chunks::take_trailer_end() {
  if (line_.empty())
    return state::done;
  if (!is_http_header(line_) || ++trailers_ > most_trailers)
    return state::malformed;
  line_.clear();
  place_ = place::trailer;
  return state::more;
}

} // namespace motorcade
