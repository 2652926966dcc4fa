#include "schema/catalog/stream_guess.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/hex.hpp"
#include "schema/base/utf8.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <utility>

namespace motorcade {

namespace {

/// The shortest name that is taken as misspelt: shorter ones differ in a letter
/// by chance.
constexpr size_t shortest_misspelt = 4;

/// The most names whose guesses are kept.
constexpr size_t most_names = 1000;

bool separates(char32_t c) {
  switch (c) {
  case ' ':
  case '\t':
  case '\r':
  case '\n':
  case '_':
  case '-':
  case '.':
  case '/':
  case ':':
  case '"':
  case '\'':
  case '`':
  case 0x200b:
  case 0x2010:
  case 0x2011:
  case 0x2013:
    return true;
  default:
    return false;
  }
}

/// Decodes `\u00f6` and `%C3%B6`, which some programs leave in names.
std::string decode(std::string_view name) {
  auto out = decode_percents(name);
  if (out.find("\\u") != std::string::npos
      && find_bad_escape(out) == std::string_view::npos)
    out = decode_json_string(out);
  return to_clean_text(out);
}

/// @returns the letters of a decoded name in Unicode's compatibility
/// decomposition and full case folding.
std::u32string fold_letters(std::string_view name) {
  utf8proc_uint8_t* folded = nullptr;
  const auto size =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(name.data()),
                   static_cast<utf8proc_ssize_t>(name.size()), &folded,
                   static_cast<utf8proc_option_t>(
                       UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT
                       | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE));
  const std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owner{
      folded, &std::free};
  std::u32string out;
  for (utf8proc_ssize_t at = 0; at < size;) {
    utf8proc_int32_t letter = 0;
    at += std::max<utf8proc_ssize_t>(
        1, utf8proc_iterate(folded + at, size - at, &letter));
    out += static_cast<char32_t>(letter);
  }
  return out;
}

std::u32string without_separators(std::u32string letters) {
  std::erase_if(letters, separates);
  return letters;
}

/// @returns whether one name is the other one behind a qualifier.
bool differ_by_qualifier(const folded_name& a, const folded_name& b) {
  const auto& shorter = a.parts.size() < b.parts.size() ? a.parts : b.parts;
  const auto& longer = a.parts.size() < b.parts.size() ? b.parts : a.parts;
  return !shorter.empty() && shorter.size() < longer.size()
         && std::equal(shorter.rbegin(), shorter.rend(), longer.rbegin());
}

std::u32string digits_of(const std::u32string& name) {
  std::u32string out;
  std::copy_if(name.begin(), name.end(), std::back_inserter(out),
               [](char32_t c) { return c >= '0' && c <= '9'; });
  return out;
}

/// @returns whether one letter too many, too few or another one, or two that
/// are swapped, make the difference. A digit makes another name, e.g. `users2`.
bool differ_by_letter(std::u32string_view a, std::u32string_view b) {
  if (std::min(a.size(), b.size()) < shortest_misspelt)
    return false;
  while (!a.empty() && !b.empty() && a.front() == b.front()) {
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
  while (!a.empty() && !b.empty() && a.back() == b.back()) {
    a.remove_suffix(1);
    b.remove_suffix(1);
  }
  const auto swapped =
      a.size() == 2 && b.size() == 2 && a[0] == b[1] && a[1] == b[0];
  return swapped || (a.size() <= 1 && b.size() <= 1);
}

/// @returns the approximate singular of an English noun.
std::u32string_view stem_of(std::u32string_view name) {
  for (std::u32string_view end : {U"ies", U"ses", U"es", U"s", U"y"})
    if (name.size() > end.size() + 1 && name.ends_with(end))
      return name.substr(0, name.size() - end.size());
  return name;
}

/// The distance between two streams; smaller is nearer.
enum class nearness : uint8_t {
  case_only,
  writing,
  name_space,
  // From this one on the name may well be another stream's.
  qualifier,
  number,
  letter,
  none,
};

nearness compare(const stream_id& sent, const folded_name& folded,
                 const stream_id& known, const folded_name& other) {
  if (equal_ignoring_case(sent.name, known.name)
      && equal_ignoring_case(sent.target_namespace, known.target_namespace))
    return nearness::case_only;
  if (folded.name.empty() || other.name.empty())
    return nearness::none;
  const auto same_name = folded.name == other.name;
  const auto same_space = folded.name_space == other.name_space;
  if ((same_name && same_space) || folded.both == other.both)
    return nearness::writing;
  const auto missing =
      sent.target_namespace.empty() || known.target_namespace.empty();
  if (missing && same_name)
    return nearness::name_space;
  if (differ_by_qualifier(folded, other))
    return nearness::qualifier;
  if ((!same_space && !missing) || folded.digits != other.digits)
    return nearness::none;
  if (std::min(folded.name.size(), other.name.size()) >= shortest_misspelt
      && stem_of(folded.name) == stem_of(other.name))
    return nearness::number;
  return differ_by_letter(folded.name, other.name) ? nearness::letter
                                                   : nearness::none;
}

std::string_view in_words(nearness how) {
  switch (how) {
  case nearness::case_only:
    return "they differ only in case";
  case nearness::writing:
    return "it differs only in how it is written";
  case nearness::name_space:
    return "it differs only in its namespace";
  case nearness::qualifier:
    return "it differs only in what stands before the last dot";
  case nearness::number:
    return "they differ like singular and plural";
  case nearness::letter:
    return "they differ in one letter";
  case nearness::none:
    break;
  }
  return {};
}

} // namespace

std::u32string fold_name(std::string_view name) {
  return without_separators(fold_letters(decode(name)));
}

std::string short_key(const stream_id& id) {
  const auto head = [](const std::string& name) {
    return name.size() <= longest_stream_name
               ? name
               : std::string{cut_bytes(name, longest_stream_name)} + "…";
  };
  return stream_id{head(id.target_namespace), head(id.name)}.key();
}

folded_name::folded_name(const stream_id& id)
    : name{fold_name(id.name)},
      name_space{fold_name(id.target_namespace)},
      both{name_space + name},
      digits{digits_of(name)} {
  for (const auto& text : {decode(id.target_namespace), decode(id.name)}) {
    std::u32string part;
    for (auto letter : fold_letters(text) + U'.') {
      if (letter != '.' && letter != '/' && letter != ':') {
        part += letter;
      } else if (auto plain = without_separators(std::exchange(part, {}));
                 !plain.empty()) {
        parts.push_back(std::move(plain));
      }
    }
  }
}

stream_guesses::stream_guesses(std::vector<stream_id> catalog)
    : catalog_{std::move(catalog)} {}

const stream_guess& stream_guesses::find(const stream_id& sent) {
  static const stream_guess none;
  if (std::max(sent.name.size(), sent.target_namespace.size())
      > longest_stream_name)
    return none;
  const auto found = known_.find(sent);
  if (found != known_.end())
    return found->second;
  // Most connectors send no such name.
  if (folded_.empty())
    for (const auto& id : catalog_)
      folded_.emplace_back(id);
  if (known_.size() >= most_names)
    known_.clear();
  return known_.emplace(sent, guess(sent)).first->second;
}

stream_guess stream_guesses::guess(const stream_id& sent) const {
  stream_guess out;
  const folded_name folded{sent};
  auto nearest = nearness::none;
  for (size_t i = 0; i < catalog_.size(); ++i) {
    auto how = compare(sent, folded, catalog_[i], folded_[i]);
    if (how == nearness::none || how > nearest)
      continue;
    if (how < nearest)
      out.streams.clear();
    nearest = how;
    out.streams.push_back(i);
  }
  out.difference = in_words(nearest);
  out.may_be_another =
      nearest > nearness::name_space && nearest != nearness::none;
  return out;
}

} // namespace motorcade
