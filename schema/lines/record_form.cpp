#include "schema/lines/record_form.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

namespace motorcade {

namespace {

constexpr auto none = structural_index::none;
constexpr size_t word = sizeof(uint64_t);

uint64_t load(const char* from) {
  uint64_t out = 0;
  std::memcpy(&out, from, word);
  return out;
}

/// @param text Of `size` bytes, one at least, without a zero; a word behind it
/// is readable.
/// @param at In an indexed text: the zero behind that ends the comparison.
bool begins_with(const char* at, const char* text, size_t size) {
  constexpr size_t two = 2 * word;
  for (; size > two; size -= two, at += two, text += two)
    if (((load(at) ^ load(text)) | (load(at + word) ^ load(text + word))) != 0)
      return false;
  if (size > word) {
    if (load(at) != load(text))
      return false;
    size -= word;
    at += word;
    text += word;
  }
  static_assert(std::endian::native == std::endian::little);
  return (load(at) ^ load(text)) << (word - size) * 8 == 0;
}

} // namespace

void record_form::take(const structural_index& of, size_t first, size_t last,
                       const record_message& record) {
  struct span {
    std::string_view text;
    part behind;
  };

  texts_.clear();
  count_ = 0;
  record_ = {};
  const auto of_field = [](value kind,
                           std::string_view record_message::*field) {
    part out;
    out.kind = kind;
    out.field = field;
    return out;
  };
  std::array<span, most_parts - 1> spans = {
      {{record.stream, of_field(value::string, &record_message::stream)},
       {record.stream_namespace,
        of_field(value::string, &record_message::stream_namespace)},
       {record.data, of_field(value::object, &record_message::data)},
       {record.emitted_at,
        of_field(value::number, &record_message::emitted_at)},
       {record.meta, of_field(value::object, &record_message::meta)}}};
  // Those that are missing come last.
  std::sort(spans.begin(), spans.end(), [](const span& a, const span& b) {
    return a.text.data() != nullptr
           && (b.text.data() == nullptr || a.text.data() < b.text.data());
  });
  const auto* at = of.place(first);
  const auto* const end = of.place(last - 1) + 1;
  auto next = first;
  const auto add = [&](const char* until, part one) {
    one.size = static_cast<uint32_t>(until - at);
    one.lead = static_cast<uint32_t>(of.place(next) - at);
    for (; next < last && of.place(next) < until; ++next)
      ++one.structurals;
    texts_.append(at, one.size);
    parts_[count_++] = one;
  };
  for (const auto& one : spans) {
    if (one.text.data() == nullptr)
      break;
    add(one.text.data(), one.behind);
    at = one.text.data() + one.text.size();
    while (next < last && of.place(next) < at)
      ++next;
  }
  add(end, {});
  texts_.append(word, '\0');
}

size_t record_form::match(const structural_index& of, size_t first) {
  const auto* at = of.place(first);
  const auto* text = texts_.data();
  auto next = first;
  for (size_t i = 0; i < count_; ++i) {
    const auto& one = parts_[i];
    if (!begins_with(at, text, one.size))
      return none;
    text += one.size;
    next += one.structurals;
    const auto* const begin = at + one.size;
    size_t size = 0;
    switch (one.kind) {
    case value::nothing:
      return next;
    case value::string:
      // The closing quote is the last one before the next structural: the
      // text of the next part begins with it.
      at = of.place(next) - parts_[i + 1].lead;
      // Less white space than the form has.
      if (at < begin)
        return none;
      size = static_cast<size_t>(at - begin);
      break;
    case value::object: {
      if (*begin != '{')
        return none;
      next = of.skip_value(next);
      if (next == none)
        return none;
      at = of.place(next - 1) + 1;
      size = static_cast<size_t>(at - begin);
      break;
    }
    case value::number:
      if (of.place(next) != begin || !of.is_number(next))
        return none;
      at = of.place(++next);
      size = static_cast<size_t>(at - begin);
      break;
    }
    record_.*one.field = {begin, size};
  }
  return none;
}

} // namespace motorcade
