#include "schema/lines/broken_record.hpp"

#include "schema/base/npos.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace motorcade {

namespace {

bool is_any_of(std::string_view characters, char c) {
  return characters.find(c) != npos;
}

/// Makes `0` of the numbers that JavaScript and Python know and JSON does not;
/// every byte stays in its place.
std::string without_odd_numbers(std::string_view text) {
  constexpr std::array<std::string_view, 5> words = {"NaN", "Infinity", "nan",
                                                     "inf", "None"};
  std::string out{text};
  for (auto word : words)
    for (auto hit = out.find(word); hit != npos;
         hit = out.find(word, hit + word.size())) {
      auto begin = hit > 0 && out[hit - 1] == '-' ? hit - 1 : hit;
      auto end = hit + word.size();
      if (begin == 0 || !is_any_of(":,[ ", out[begin - 1]) || end >= out.size()
          || !is_any_of(",]} ", out[end]))
        continue;
      std::fill(out.begin() + static_cast<std::ptrdiff_t>(begin),
                out.begin() + static_cast<std::ptrdiff_t>(end), ' ');
      out[begin] = '0';
    }
  return out;
}

/// @returns the inside of a member's string; nothing: no string, or cut.
std::optional<std::string> text_of(std::string_view text,
                                   const json_member& member) {
  if (member.end == npos || text[member.value] != '"')
    return std::nullopt;
  // Otherwise the last quote is lost, and this one begins something.
  auto behind = text.find_first_not_of(" \t", member.end);
  if (behind == npos || !is_any_of(",}", text[behind]))
    return std::nullopt;
  return decode_json_string(
      text.substr(member.value + 1, member.end - member.value - 2));
}

std::optional<stream_id> read_stream(std::string_view text) {
  auto begin = text.find('{');
  if (begin == npos)
    return std::nullopt;
  auto object = read_json_value(text, begin);
  auto is_record = false;
  auto in_record = false;
  size_t records = 0;
  std::optional<std::string> name;
  std::string space;
  for (const auto& member : object.members) {
    if (member.depth == 1) {
      in_record = member.key == "record";
      records += in_record;
      is_record = is_record
                  || (member.key == "type"
                      && text_of(text, member).value_or("") == "RECORD");
    } else if (in_record && member.key == "stream") {
      if (name)
        return std::nullopt;
      name = text_of(text, member);
    } else if (in_record && member.key == "namespace") {
      space = text_of(text, member).value_or("");
    }
  }
  if (!is_record || records != 1 || !name)
    return std::nullopt;
  return stream_id{std::move(space), std::move(*name)};
}

} // namespace

std::optional<stream_id> read_stream_of_broken_record(std::string_view broken) {
  if (auto stream = read_stream(broken))
    return stream;
  return read_stream(without_odd_numbers(broken));
}

} // namespace motorcade
