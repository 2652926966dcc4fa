#include "controller/api/api_cursor.hpp"

#include "schema/base/hex.hpp"

#include <charconv>

namespace motorcade {

std::string write_cursor(char kind, const page_end& end) {
  auto plain =
      std::to_string(end.time.time_since_epoch().count()) + ' ' + end.id;
  return kind + to_hex(plain);
}

std::optional<page_end> read_cursor(char kind, std::string_view text) {
  if (text.empty() || text[0] != kind)
    return {};
  const auto decoded = from_hex(text.substr(1));
  if (!decoded)
    return {};
  const auto& plain = *decoded;
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
