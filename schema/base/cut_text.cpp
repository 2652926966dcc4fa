#include "schema/base/cut_text.hpp"

#include "schema/base/counted.hpp"
#include "schema/base/utf8.hpp"

namespace motorcade {

namespace {

/// @returns where the character of that number, counted from 0, begins.
size_t find_character(std::string_view text, size_t number) {
  size_t seen = 0;
  for (size_t i = 0; i < text.size(); ++i)
    if (begins_character(text[i]) && seen++ == number)
      return i;
  return text.size();
}

std::string say_cut(size_t characters) {
  return "… (" + counted(characters, "character") + " cut) …";
}

} // namespace

std::string cut_middle(std::string_view text, size_t most) {
  auto all = count_characters(text);
  if (all <= most)
    return std::string{text};
  // The notice of cutting everything is the longest one.
  auto notice = count_characters(say_cut(all));
  if (most < 2 * notice)
    return std::string{text.substr(0, find_character(text, most))};
  auto kept = most - notice;
  auto head = kept / 2;
  auto tail = kept - head;
  return std::string{text.substr(0, find_character(text, head))}
         + say_cut(all - kept)
         + std::string{text.substr(find_character(text, all - tail))};
}

} // namespace motorcade
