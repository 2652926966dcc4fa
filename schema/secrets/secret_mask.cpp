#include "schema/secrets/secret_mask.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/utf8.hpp"
#include "schema/secrets/secret_forms.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <utility>

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

/// The memory that a known secret takes, roughly.
size_t weight_of_secret(std::string_view text) {
  constexpr size_t around_it = 96;
  return text.size() + around_it;
}

/// The memory that a form takes with its places in the tables, roughly.
size_t weight_of_form(std::string_view text) {
  constexpr size_t around_it = 200;
  return text.size() + around_it;
}

bool is_word(char c) {
  return is_ascii_alphanumeric(c) || static_cast<unsigned char>(c) >= 0x80;
}

bool is_base64(char c) {
  return (is_word(c) && static_cast<unsigned char>(c) < 0x80) || c == '+'
         || c == '/' || c == '-' || c == '_' || c == '=';
}

/// @returns where the first piece of a long secret ends: between two
/// characters, which JSON may write as one escape each. Bytes that are not
/// UTF-8 are cut anywhere.
size_t piece_end(std::string_view secret) {
  constexpr size_t longest_character = 4;
  const auto end = character_start(secret, secret_mask::piece_length);
  return secret_mask::piece_length - end < longest_character
             ? end
             : secret_mask::piece_length;
}

} // namespace

bool secret_mask::add(std::string_view secret, stay how) {
  // A secret from a file often ends with a newline.
  while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r'))
    secret.remove_suffix(1);
  if (secret.size() < shortest || !complete_)
    return true;
  auto start = secret.substr(0, looked_at);
  auto whole = start.size() == secret.size()
               && lines_of_secret(start).size() <= most_lines;
  auto [found, is_new] = known_.try_emplace(std::string{start});
  found->second.how = std::max(found->second.how, how);
  found->second.turn = ++turns_;
  if (!is_new)
    return whole;
  weight_ += weight_of_secret(start);
  add_forms(start);
  if (weight_ > most_weight)
    make_room();
  return whole;
}

void secret_mask::add_forms(std::string_view secret) {
  add_line(secret);
  auto lines = lines_of_secret(secret);
  lines.resize(std::min(lines.size(), most_lines));
  for (const auto& line : lines)
    add_line(line);
}

void secret_mask::add_line(std::string_view secret) {
  if (secret.size() <= longest_whole)
    return add_spellings(secret, false);
  while (secret.size() >= piece_length) {
    const auto piece = secret.substr(0, piece_end(secret));
    add_spellings(piece, true);
    secret.remove_prefix(piece.size());
  }
}

void secret_mask::add_spellings(std::string_view secret, bool hides_rest) {
  auto short_one = secret.size() < shortest_within_words;
  add_form({std::string{secret}, short_one, false, false, hides_rest});
  for (auto& text : written_forms(secret))
    add_form({std::move(text), short_one, false, false, hides_rest});
  for (auto& piece : base64_forms(secret))
    add_form({std::move(piece.text), false, piece.begins_within,
              piece.ends_within, hides_rest});
}

void secret_mask::add_form(form what) {
  if (what.text.size() < head_bytes)
    return;
  auto [found, is_new] =
      known_forms_.try_emplace(std::hash<std::string>{}(what.text),
                               static_cast<uint32_t>(forms_.size()));
  // Two different texts with the same hash are both kept.
  if (!is_new && forms_[found->second].text == what.text) {
    // A form may belong to two secrets, e.g. as the part of a long one.
    auto& there = forms_[found->second];
    there.hides_rest = there.hides_rest || what.hides_rest;
    return;
  }
  auto head = head_of(what.text.data());
  filter_.set(slot_of(head));
  by_head_[head].push_back(static_cast<uint32_t>(forms_.size()));
  weight_ += weight_of_form(what.text);
  forms_.push_back(std::move(what));
}

void secret_mask::make_room() {
  std::vector<std::pair<entry, std::string>> all;
  for (auto& [secret, about] : known_)
    all.emplace_back(about, secret);
  auto must_stay = [this](const entry& about) {
    return about.how == stay::always || about.turn > config_began_;
  };
  // Secrets that must stay come first, then the newest.
  std::sort(all.begin(), all.end(), [&](const auto& a, const auto& b) {
    return std::pair{must_stay(a.first), a.first.turn}
           > std::pair{must_stay(b.first), b.first.turn};
  });
  clear();
  for (auto& [about, secret] : all) {
    // Half of the weight is freed, so that this is seldom done.
    if (!must_stay(about) && weight_ > most_weight / 2) {
      ++forgotten_;
      continue;
    }
    weight_ += weight_of_secret(secret);
    add_forms(secret);
    known_.emplace(std::move(secret), about);
  }
  if (weight_ <= most_weight)
    return;
  complete_ = false;
  clear();
}

void secret_mask::clear() {
  filter_.reset();
  by_head_ = {};
  forms_ = {};
  known_forms_ = {};
  known_ = {};
  weight_ = 0;
}

text_range secret_mask::find_at(std::string_view text, size_t at) const {
  auto found = by_head_.find(head_of(text.data() + at));
  if (found == by_head_.end())
    return {};
  text_range best;
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
    if (wanted.hides_rest)
      end = text.size();
    best.begin = best.end == 0 ? begin : std::min(best.begin, begin);
    best.end = std::max(best.end, end);
  }
  return best;
}

std::vector<text_range> secret_mask::find_all(std::string_view text) const {
  std::vector<text_range> out;
  if (text.size() < head_bytes)
    return out;
  const auto last = text.size() - head_bytes;
  for (size_t at = 0; at <= last; ++at) {
    if (!filter_.test(slot_of(head_of(text.data() + at))))
      continue;
    const auto found = find_at(text, at);
    if (found.end == 0)
      continue;
    // A secret that begins within another one, or right behind it, extends that
    // one's place.
    if (!out.empty() && found.begin <= out.back().end)
      out.back().end = std::max(out.back().end, found.end);
    else
      out.push_back(found);
    if (out.back().end == text.size())
      break;
  }
  return out;
}

std::string secret_mask::apply(std::string text) const {
  if (text.size() < head_bytes)
    return text;
  if (!complete_)
    return std::string{withheld};
  if (forms_.empty())
    return text;
  auto hidden = find_all(text);
  std::deque<unescaped_text> levels;
  while (levels.size() < most_levels) {
    levels.emplace_back(levels.empty() ? text : levels.back().text());
    if (!levels.back().changed())
      break;
    auto found = find_all(levels.back().text());
    for (auto level = levels.rbegin(); level != levels.rend(); ++level)
      found = level->places_of(found);
    hidden.insert(hidden.end(), found.begin(), found.end());
  }
  if (hidden.empty())
    return text;
  std::sort(hidden.begin(), hidden.end(),
            [](const auto& a, const auto& b) { return a.begin < b.begin; });
  std::string out;
  size_t copied = 0;
  for (const auto& range : hidden) {
    if (copied == 0 || range.begin > copied) {
      out.append(text, copied, range.begin - copied);
      out += "***";
    }
    copied = std::max(copied, range.end);
  }
  out.append(text, copied);
  return out;
}

} // namespace motorcade
