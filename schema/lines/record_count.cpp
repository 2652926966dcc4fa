#include "schema/lines/record_count.hpp"

#include "schema/base/excerpt.hpp"

#include <cmath>
#include <sstream>

namespace motorcade {

namespace {

std::optional<double> if_a_count(double number) {
  return std::isnan(number) || number < 0 ? std::nullopt
                                          : std::optional{number};
}

} // namespace

record_count::record_count(double number) : value{if_a_count(number)} {
  std::ostringstream out;
  out << number;
  written = out.str();
}

record_count read_record_count(const json_view& value) {
  constexpr size_t longest_number = 40;
  record_count out;
  if (auto number = value.number())
    out.value = if_a_count(*number);
  auto plain = value.is_number() && value.raw().size() <= longest_number;
  if (value.is_string())
    out.written = excerpt(value.text());
  else
    out.written = plain ? std::string{value.raw()} : excerpt(value.raw());
  return out;
}

} // namespace motorcade
