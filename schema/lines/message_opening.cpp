#include "schema/lines/message_opening.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/npos.hpp"
#include "schema/base/trim.hpp"
#include "schema/lines/message_likeness.hpp"

#include <algorithm>

namespace motorcade {

namespace {

constexpr bool is_type_letter(char c) {
  return is_ascii_letter(c) || c == '_';
}

size_t skip_space(std::string_view text, size_t at) {
  while (at < text.size() && is_json_blank(text[at]))
    ++at;
  return at;
}

/// @returns the inside of a member's string, as far as it lies before
/// `limit`.
std::string_view string_value(std::string_view line, const json_member& member,
                              size_t limit) {
  auto end = std::min({member.end, limit, line.size()});
  if (member.value + 1 > end || line[member.value] != '"')
    return {};
  auto inside = line.substr(member.value + 1, end - member.value - 1);
  if (member.end <= limit && inside.ends_with('"'))
    inside.remove_suffix(1);
  return inside;
}

/// The members of an object, by depth.
struct outline {
  const json_member* type = nullptr;
  bool logger_keys = false;
};

outline outline_of(const json_extent& object) {
  outline out;
  for (const auto& member : object.members) {
    if (member.depth != 1)
      continue;
    if (member.key == "type")
      out.type = &member;
    out.logger_keys = out.logger_keys || is_logger_key(member.key);
  }
  return out;
}

const json_member* own_member(const json_extent& object, message_kind kind) {
  for (const auto& member : object.members)
    if (member.depth == 1 && is_own_member(kind, member.key))
      return &member;
  return nullptr;
}

/// @returns whether the member's value is an object that begins with a key of
/// the protocol, or is cut before its first key.
bool holds_protocol(std::string_view line, const json_extent& object,
                    const json_member& own, message_kind kind, size_t limit) {
  if (own.value >= line.size() || own.value >= limit || line[own.value] != '{')
    return false;
  auto next = &own + 1;
  const auto* end = object.members.data() + object.members.size();
  if (next != end && next->depth == 2)
    return is_inner_key(kind, next->key);
  return own.end == npos;
}

/// Judges an object that broke before its `type` came.
std::optional<message_kind> judge_by_own_member(const opening_line& line,
                                                size_t at,
                                                const json_extent& object,
                                                size_t limit) {
  auto text = line.text();
  for (const auto& member : object.members) {
    if (member.depth != 1)
      continue;
    auto kind = find_kind_of_member(member.key);
    if (kind && holds_protocol(text, object, member, *kind, limit)
        && (limit >= text.size() || object.fault->offset >= text.size()
            || line.names_behind(*kind, at)))
      return kind;
  }
  // The line may end with `{"ty`: hardly any other text begins so.
  if (!object.members.empty() || limit < text.size())
    return std::nullopt;
  auto rest = text.substr(skip_space(text, at + 1));
  constexpr std::string_view key = "\"type\"";
  if (rest.size() >= 2 && key.starts_with(rest))
    return message_kind::unknown;
  return std::nullopt;
}

} // namespace

bool opening_line::names_behind(message_kind kind, size_t from) const {
  auto& last = last_[static_cast<size_t>(kind)];
  if (last == not_searched) {
    last = npos;
    auto name = to_string(kind);
    for (auto hit = text_.rfind(name); hit != npos && hit > 0;
         hit = text_.rfind(name, hit - 1)) {
      auto behind = hit + name.size();
      auto quote = text_[hit - 1];
      if ((quote == '"' || quote == '\'') && behind < text_.size()
          && (text_[behind] == quote || text_[behind] == '\\')) {
        last = hit;
        break;
      }
    }
  }
  return last != npos && last >= from;
}

bool opening_line::airbyte_behind(size_t from) const {
  if (last_airbyte_ == not_searched)
    last_airbyte_ = text_.rfind("Airbyte");
  return last_airbyte_ != npos && last_airbyte_ >= from;
}

std::optional<message_kind> judge_object(const opening_line& line, size_t at,
                                         const json_extent& object,
                                         size_t limit) {
  auto text = line.text();
  auto seen = outline_of(object);
  if (seen.type == nullptr)
    return judge_by_own_member(line, at, object, limit);
  if (seen.type->value >= std::min(limit, text.size())) {
    auto cut = limit >= text.size() || limit < object.end;
    return cut ? std::optional{message_kind::unknown} : std::nullopt;
  }
  if (text[seen.type->value] != '"')
    return std::nullopt;
  auto word = string_value(text, *seen.type, limit);
  auto cut = seen.type->end == npos || seen.type->end > limit;
  if (cut)
    return find_cut_message_kind(word.substr(0, word.find('{')));
  auto kind = find_message_kind(word);
  if (!kind)
    return std::nullopt;
  auto exact = word == to_string(*kind);
  if (const auto* own = own_member(object, *kind))
    return exact || holds_protocol(text, object, *own, *kind, limit)
               ? kind
               : std::nullopt;
  if (!exact || seen.logger_keys)
    return std::nullopt;
  return kind;
}

bool is_log_object(const json_extent& object) {
  return outline_of(object).logger_keys;
}

// -- what is not JSON ---------------------------------------------------------

namespace {

/// A word of foreign text, in quotes of some kind or in none.
struct foreign_word {
  std::string_view text;
  /// The backslashes and the quote around the word; empty: none.
  std::string_view quote;
  size_t end = 0;
};

std::optional<foreign_word> read_word(std::string_view line, size_t at) {
  constexpr size_t longest = 40;
  constexpr size_t most_backslashes = 8;
  foreign_word out;
  auto begin = at;
  while (at < line.size() && line[at] == '\\' && at - begin < most_backslashes)
    ++at;
  if (at < line.size() && (line[at] == '"' || line[at] == '\''))
    ++at;
  else if (at > begin)
    return std::nullopt;
  out.quote = line.substr(begin, at - begin);
  auto word = at;
  while (at < line.size() && at - word < longest && is_type_letter(line[at]))
    ++at;
  out.text = line.substr(word, at - word);
  if (out.text.empty() || !line.substr(at).starts_with(out.quote))
    return std::nullopt;
  out.end = at + out.quote.size();
  return out;
}

/// @returns the place behind a member's simple value; npos: the value is not
/// simple.
size_t skip_simple_value(std::string_view line, size_t at) {
  constexpr size_t longest = 256;
  if (at >= line.size())
    return npos;
  if (line[at] == '\'' || line[at] == '"') {
    auto end = line.substr(at + 1, longest).find(line[at]);
    return end == npos ? npos : at + end + 2;
  }
  auto end = at;
  while (end < line.size() && end - at < longest
         && (is_type_letter(line[end]) || line[end] == '.' || line[end] == '-'
             || (line[end] >= '0' && line[end] <= '9')))
    ++end;
  return end == at ? npos : end;
}

/// @returns the word of the kind in a value like `<Type.RECORD: 'RECORD'>`.
std::optional<foreign_word> read_type(std::string_view line, size_t at) {
  if (auto word = read_word(line, at); word && !word->quote.empty())
    return word;
  if (at < line.size() && line[at] == '<')
    ++at;
  auto word = read_word(line, at);
  while (word && word->end < line.size() && line[word->end] == '.')
    word = read_word(line, word->end + 1);
  if (!word)
    return std::nullopt;
  // The rest of `<Type.RECORD: 'RECORD'>` is skipped.
  auto rest = line.substr(word->end, 40);
  if (auto close = rest.find('>'); rest.starts_with(":") && close != npos)
    word->end += close + 1;
  return word;
}

} // namespace

std::optional<message_kind> judge_foreign_object(const opening_line& line,
                                                 size_t at) {
  auto text = line.text();
  auto next_key = [&](size_t from) -> std::optional<foreign_word> {
    auto key = read_word(text, skip_space(text, from));
    if (!key)
      return key;
    key->end = skip_space(text, key->end);
    if (key->end >= text.size() || text[key->end] != ':')
      return std::nullopt;
    key->end = skip_space(text, key->end + 1);
    return key;
  };
  auto key = next_key(at + 1);
  if (!key)
    return std::nullopt;
  if (key->text != "type") {
    auto kind = find_kind_of_member(key->text);
    if (!kind || key->quote.empty() || key->end >= text.size()
        || text[key->end] != '{')
      return std::nullopt;
    auto inner = next_key(key->end + 1);
    return inner && is_inner_key(*kind, inner->text)
                   && (line.names_behind(*kind, at) || !text.ends_with('}'))
               ? kind
               : std::nullopt;
  }
  auto type = read_type(text, key->end);
  if (!type)
    return std::nullopt;
  auto kind = find_message_kind(type->text);
  if (!kind)
    return std::nullopt;
  auto exact = type->text == to_string(*kind) && !type->quote.empty();
  auto from = type->end;
  constexpr int most_members = 16;
  for (int i = 0; i < most_members; ++i) {
    from = skip_space(text, from);
    if (from >= text.size())
      return exact ? kind : std::nullopt;
    if (text[from] != ',')
      return std::nullopt;
    auto member = next_key(from + 1);
    if (!member)
      return exact ? kind : std::nullopt;
    if (is_own_member(*kind, member->text)
        && (exact
            || (member->end < text.size()
                && (text[member->end] == '{' || text[member->end] == 'A'))))
      return kind;
    if (is_logger_key(member->text))
      return std::nullopt;
    from = skip_simple_value(text, member->end);
    if (from == npos)
      return exact ? kind : std::nullopt;
  }
  return std::nullopt;
}

std::optional<message_kind> judge_fragment(std::string_view line, size_t at,
                                           const json_extent& object,
                                           size_t& begin) {
  auto back = [&](size_t from) {
    while (from > 0 && is_json_blank(line[from - 1]))
      --from;
    return from;
  };
  auto end = back(at);
  if (end == 0 || line[end - 1] != ':')
    return std::nullopt;
  end = back(end - 1);
  if (end < 3 || (line[end - 1] != '"' && line[end - 1] != '\''))
    return std::nullopt;
  auto quote = line[end - 1];
  --end;
  while (end > 0 && line[end - 1] == '\\')
    --end;
  auto word = end;
  while (word > 0 && end - word < 40 && is_type_letter(line[word - 1]))
    --word;
  if (word == 0 || line[word - 1] != quote)
    return std::nullopt;
  auto kind = find_kind_of_member(line.substr(word, end - word));
  if (!kind || *kind == message_kind::log)
    return std::nullopt;
  begin = word - 1;
  if (!object.members.empty())
    return is_inner_key(*kind, object.members.front().key) ? kind
                                                           : std::nullopt;
  auto inner = read_word(line, skip_space(line, at + 1));
  return inner && !inner->quote.empty() && is_inner_key(*kind, inner->text)
             ? kind
             : std::nullopt;
}

std::optional<message_kind> judge_printed_object(const opening_line& line,
                                                 size_t at) {
  constexpr std::string_view opening = "type=";
  auto text = line.text();
  // In prose, `type=STATE` means nothing.
  auto in_brackets = at > 0 && (text[at - 1] == '[' || text[at - 1] == '(');
  auto enumerator = text.substr(at + opening.size()).starts_with('<');
  if (!in_brackets && (!enumerator || (at > 0 && is_type_letter(text[at - 1]))))
    return std::nullopt;
  auto type = read_type(text, at + opening.size());
  if (!type)
    return std::nullopt;
  auto kind = find_message_kind(type->text);
  if (!kind || type->text != to_string(*kind) || !line.airbyte_behind(at))
    return std::nullopt;
  return kind;
}

} // namespace motorcade
