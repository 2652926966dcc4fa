#include "controller/api_cursor.hpp"

#include <charconv>

namespace motorcade {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

} // namespace

std::string write_cursor(char kind, const page_end& end) {
  auto plain =
      std::to_string(end.time.time_since_epoch().count()) + ' ' + end.id;
  std::string out{kind};
  for (unsigned char c : plain) {
    out += digits[c >> 4];
    out += digits[c & 15];
  }
  return out;
}

std::optional<page_end> read_cursor(char kind, std::string_view text) {
  if (text.size() % 2 == 0 || text[0] != kind)
    return {};
  std::string plain;
  for (size_t i = 1; i < text.size(); i += 2) {
    auto high = digits.find(text[i]);
    auto low = digits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos)
      return {};
    plain += static_cast<char>(high << 4 | low);
  }
  wall_time::rep count = 0;
  auto [end, error] =
      std::from_chars(plain.data(), plain.data() + plain.size(), count);
  auto used = static_cast<size_t>(end - plain.data());
  // From 1970 to 9999: what a database can compare.
  if (error != std::errc{} || used >= plain.size() || plain[used] != ' '
      || count < 0 || count > 253'402'300'799'999'999)
    return {};
  page_end out{wall_time{wall_time::duration{count}}, plain.substr(used + 1)};
  // Otherwise there would be two texts for one place.
  if (write_cursor(kind, out) != text)
    return {};
  return out;
}

} // namespace motorcade
