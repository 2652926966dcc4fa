#include "schema/secrets/secret_mask.hpp"

#include "schema/secrets/secret_forms.hpp"

#include <algorithm>
#include <cstring>

namespace motorcade {

namespace {

constexpr size_t head_bytes = 4;

uint32_t head_of(const char* text) {
  uint32_t head = 0;
  std::memcpy(&head, text, head_bytes);
  return head;
}

/// Fibonacci hashing: the upper bits depend on all of the four bytes.
size_t slot_of(uint32_t head) {
  return (head * 2'654'435'769u) >> 16;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

bool is_base64(char c) {
  return (is_word(c) && static_cast<unsigned char>(c) < 0x80) || c == '+'
         || c == '/' || c == '-' || c == '_' || c == '=';
}

} // namespace

void secret_mask::add(std::string_view secret) {
  // A secret from a file often ends with a newline.
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r'))
    secret.remove_suffix(1);
  if (secret.size() < shortest || !known_.emplace(secret).second)
    return;
  add_line(secret);
  auto lines = lines_of_secret(secret);
  for (const auto& line : lines)
    if (known_.insert(line).second)
      add_line(line);
}

void secret_mask::add_line(std::string_view secret) {
  auto short_one = secret.size() < shortest_within_words;
  add_form({std::string{secret}, short_one, false, false});
  for (auto& text : written_forms(secret))
    add_form({std::move(text), short_one, false, false});
  for (auto& piece : base64_forms(secret))
    add_form(
        {std::move(piece.text), false, piece.begins_within, piece.ends_within});
}

void secret_mask::add_form(form what) {
  if (what.text.size() < head_bytes || !known_forms_.insert(what.text).second)
    return;
  auto head = head_of(what.text.data());
  filter_.set(slot_of(head));
  by_head_[head].push_back(static_cast<uint32_t>(forms_.size()));
  forms_.push_back(std::move(what));
}

secret_mask::place secret_mask::find_at(std::string_view text,
                                        size_t at) const {
  auto found = by_head_.find(head_of(text.data() + at));
  if (found == by_head_.end())
    return {};
  place best;
  for (auto index : found->second) {
    const auto& wanted = forms_[index];
    auto end = at + wanted.text.size();
    if (text.compare(at, wanted.text.size(), wanted.text) != 0)
      continue;
    if (wanted.whole_word
        && ((at > 0 && is_word(text[at - 1]))
            || (end < text.size() && is_word(text[end]))))
      continue;
    auto begin = at;
    if (wanted.hides_before && begin > 0 && is_base64(text[begin - 1]))
      --begin;
    if (wanted.hides_behind && end < text.size() && is_base64(text[end]))
      ++end;
    best.begin = best.end == 0 ? begin : std::min(best.begin, begin);
    best.end = std::max(best.end, end);
  }
  return best;
}

std::string secret_mask::apply(std::string text) const {
  if (forms_.empty() || text.size() < head_bytes)
    return text;
  std::string out;
  size_t copied = 0;
  const auto last = text.size() - head_bytes;
  for (size_t at = 0; at <= last; ++at) {
    if (!filter_.test(slot_of(head_of(text.data() + at))))
      continue;
    auto found = find_at(text, at);
    if (found.end == 0)
      continue;
    // A secret that begins within a masked one extends it.
    if (copied == 0 || found.begin > copied) {
      out.append(text, copied, found.begin - copied);
      out += "***";
    }
    copied = std::max(copied, found.end);
  }
  if (copied == 0)
    return text;
  out.append(text, copied);
  return out;
}

bool secret_mask::finds(std::string_view text) const {
  if (forms_.empty() || text.size() < head_bytes)
    return false;
  for (size_t at = 0; at + head_bytes <= text.size(); ++at)
    if (filter_.test(slot_of(head_of(text.data() + at)))
        && find_at(text, at).end != 0)
      return true;
  return false;
}

} // namespace motorcade
