#include "schema/lines/loose_message.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/npos.hpp"
#include "schema/lines/loose_text.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// @returns whether a byte stands for itself, and needs no decoding.
constexpr bool is_simple(char c) {
  return c >= ' ' && c < other_character && c != '\\' && c != '&' && c != '%'
         && c != '\'' && c != '`';
}

bool ends_key(char behind) {
  return behind == '"' || behind == ':' || behind == '=';
}

/// @returns whether a word could be one that is looked for, by its first letter
/// or by the last one of `type`.
bool may_matter(std::string_view word) {
  constexpr std::string_view first = "rstcledfRSTCLEDFIi_";
  return first.find(word[0]) != npos || ascii_lower(word.back()) == 'e';
}

/// @returns the kind whose own member a word names.
std::optional<message_kind> kind_of_member(std::string_view word) {
  for (size_t i = 1; i < message_kind_count; ++i)
    if (auto kind = static_cast<message_kind>(i); is_own_member(kind, word))
      return kind;
  return std::nullopt;
}

} // namespace

loose_message begin_long_line(std::string_view beginning) {
  loose_message out;
  auto first = beginning.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && beginning[first] == '{')
    out.ignore_escaped();
  out.read(beginning, 0);
  return out;
}

void loose_message::read(std::string_view piece, size_t offset) {
  for (size_t at = 0; at < piece.size();) {
    if (is_simple(piece[at])) {
      take(piece[at], offset + at);
      ++at;
      continue;
    }
    auto next = read_loose_character(piece, at);
    take(next.escaped && escaped_is_data_ ? other_character : next.value,
         offset + at);
    at += next.length;
  }
}

void loose_message::take(char c, size_t at) {
  if (is_ascii_word(c)) {
    if (size_ == 0) {
      word_at_ = at;
      quoted_ = last_ == '"';
    }
    // A longer word is not looked for, whatever it begins with.
    if (size_ < longest_word)
      letters_[size_++] = c;
    return;
  }
  if (c == '\0')
    return;
  if (size_ > 0) {
    take_word(c);
    size_ = 0;
    last_ = 'w';
  }
  if (!begins_inside_) {
    // A comma or a colon behind a word is prose, not the inside of JSON.
    auto of_text = last_ == 'w' && (letters_[0] < '0' || letters_[0] > '9');
    begins_inside_ =
        c == '"' || (!of_text && std::string_view{",:}]"}.find(c) != npos);
  }
  take_mark(c);
  if (c != ' ')
    last_ = c;
}

void loose_message::take_word(char behind) {
  std::string_view word{letters_.data(), size_};
  key_ = no_key;
  data_follows_ = false;
  if (expected_ == expected::nothing && !may_matter(word))
    return;
  if (take_expected(word, behind) || take_type(word, behind))
    return;
  if (word.size() >= 4 && rest_key_of(word) == no_key
      && equal_ignoring_case(word.substr(word.size() - 4), "type")) {
    expected_ = expected::type;
    type_key_at_ = word_at_;
    return;
  }
  if (auto kind = kind_of_member(word)) {
    expected_ = expected::member;
    member_ = *kind;
    member_key_at_ = word_at_;
    member_quoted_ = quoted_ && behind == '"';
    assigned_ = false;
    return;
  }
  if (!quoted_)
    return;
  ends_stream_ = ends_stream_ || word == "COMPLETE" || word == "INCOMPLETE";
  // The end of the text may cut the key `emitted_at`.
  constexpr std::string_view longest_key = "emitted_at";
  auto cut =
      behind == '\0' && word.size() >= 3 && longest_key.starts_with(word);
  if (behind != '"' && !cut)
    return;
  key_ = cut ? emitted_at : rest_key_of(word);
  key_at_ = word_at_;
  if (cut)
    note(key_);
}

void loose_message::take_member() {
  auto i = static_cast<size_t>(member_);
  member_at_[i] = std::min(member_at_[i], member_key_at_);
  quoted_member_[i] = quoted_member_[i] || member_quoted_;
}

bool loose_message::take_type(std::string_view word, char behind) {
  // The key before the type does not matter.
  if (!quoted_ || behind != '"')
    return false;
  auto kind = find_message_kind(word);
  if (!kind || word != to_string(*kind))
    return false;
  auto& at = type_at_[static_cast<size_t>(*kind)];
  at = std::min(at, word_at_);
  return true;
}

bool loose_message::take_expected(std::string_view word, char behind) {
  switch (expected_) {
  case expected::nothing:
    return false;
  case expected::type: {
    // The prefix of `Type.RECORD` is skipped.
    if (behind == '.')
      return true;
    expected_ = expected::nothing;
    auto kind = find_similar_message_kind(word);
    if (!kind)
      return false;
    auto& at = type_at_[static_cast<size_t>(*kind)];
    at = std::min(at, type_key_at_);
    return true;
  }
  case expected::member:
    // Go prints the value of a member as `map[`.
    if (behind == '[' && word == "map")
      return true;
    if (!assigned_) {
      expected_ = expected::nothing;
      return false;
    }
    [[fallthrough]];
  case expected::inner:
    if (behind == '[' && word == "map")
      return true;
    expected_ = expected::nothing;
    if (!ends_key(behind) || !is_inner_key(member_, word))
      return false;
    // A `type` alone shows nothing: objects of other programs have one, too.
    if (equal_ignoring_case(word, "type")) {
      expected_ = expected::inner_type;
      return true;
    }
    take_member();
    // The word is not used up: it may be a key of its own.
    return false;
  case expected::inner_type:
    expected_ = expected::nothing;
    if (!is_type_of_member(word))
      return false;
    take_member();
    return true;
  }
  return false;
}

void loose_message::take_mark(char c) {
  switch (c) {
  case '"':
  case ' ':
  case '>':
  case '<':
  case '+':
    return;
  case ':':
  case '=':
    assigned_ = true;
    ++assignments_;
    if (key_ != no_key && last_ == '"')
      take_key();
    key_ = no_key;
    return;
  case '{':
    if (data_follows_)
      note(data);
    ++depth_;
    break;
  case '[':
  case '(':
    break;
  case '}':
    least_depth_ = std::min(least_depth_, --depth_);
    break;
  default:
    break;
  }
  key_ = no_key;
  data_follows_ = false;
  auto opens = c == '{' || c == '[' || c == '(';
  if (opens && (expected_ == expected::member || expected_ == expected::inner))
    expected_ = expected::inner;
  else if (c != '.' || expected_ != expected::type)
    expected_ = expected::nothing;
}

void loose_message::take_key() {
  if (key_ == data)
    data_follows_ = true;
  else
    note(key_);
}

void loose_message::note(rest_key key) {
  auto& known = rest_[key];
  known.at = std::min(known.at, key_at_);
  known.depth = depth_;
  known.outside = known.outside || depth_ == least_depth_;
}

loose_message::rest_key loose_message::rest_key_of(std::string_view word) {
  if (word == "emitted_at" || word == "emittedAt")
    return emitted_at;
  if (word == "data")
    return data;
  if (word == "stream")
    return stream;
  for (std::string_view each :
       {"stream_state", "stream_descriptor", "stream_states", "shared_state",
        "sourceStats", "destinationStats"})
    if (word == each)
      return of_state;
  if (word == "failure_type")
    return failure_type;
  if (word == "stream_status")
    return stream_status;
  if (word == "status")
    return status;
  return word == "connectorConfig" ? connector_config : no_key;
}

bool loose_message::closes(rest_key key, int64_t objects) const {
  return rest_[key].at != none && depth_ < 0
         && depth_ <= rest_[key].depth - objects;
}

bool loose_message::together(rest_key a, rest_key b) const {
  return rest_[a].outside && rest_[b].outside
         && rest_[a].depth == rest_[b].depth;
}

bool loose_message::has_key_of(message_kind kind) const {
  switch (kind) {
  case message_kind::record:
    return rest_[emitted_at].at != none;
  case message_kind::state:
    return rest_[of_state].at != none;
  case message_kind::trace:
    return rest_[failure_type].at != none || rest_[stream_status].at != none;
  case message_kind::control:
    return rest_[connector_config].at != none;
  default:
    return false;
  }
}

std::optional<message_kind> loose_message::kind_of_rest() const {
  auto of_trace = rest_[failure_type].at != none
                  || rest_[stream_status].at != none
                  || (rest_[status].at != none && ends_stream_);
  if (closes(emitted_at, 2))
    return of_trace ? message_kind::trace : message_kind::record;
  if (closes(connector_config, 2))
    return message_kind::control;
  if (of_trace && (closes(failure_type, 3) || closes(status, 3)))
    return message_kind::trace;
  if (closes(of_state, 2))
    return message_kind::state;
  // The end of the message is lost as well as its beginning.
  if (together(stream, data) || together(data, emitted_at)
      || together(stream, emitted_at))
    return message_kind::record;
  // A single member may be a line of an object that is printed over several.
  if (!begins_inside_.value_or(false)
      || (assignments_ < 2 && least_depth_ == 0))
    return std::nullopt;
  if (rest_[connector_config].outside)
    return message_kind::control;
  if (rest_[failure_type].at != none || rest_[stream_status].at != none)
    return message_kind::trace;
  if (rest_[emitted_at].outside)
    return message_kind::record;
  return rest_[of_state].outside ? std::optional{message_kind::state}
                                 : std::nullopt;
}

std::optional<message_kind> loose_message::end_kind() {
  auto found = end();
  return found ? std::optional{found->kind} : std::nullopt;
}

std::optional<loose_message::place> loose_message::end() {
  if (size_ > 0)
    take_word('\0');
  size_ = 0;
  for (size_t i = 1; i < message_kind_count; ++i) {
    auto kind = static_cast<message_kind>(i);
    if (kind == message_kind::log || member_at_[i] == none)
      continue;
    if (type_at_[i] != none || (quoted_member_[i] && has_key_of(kind)))
      return place{kind, std::min(type_at_[i], member_at_[i])};
  }
  auto kind = kind_of_rest();
  if (!kind)
    return std::nullopt;
  auto first = none;
  for (const auto& each : rest_)
    first = std::min(first, each.at);
  return place{*kind, first, true};
}

} // namespace motorcade
