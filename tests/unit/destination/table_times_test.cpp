// Texts of times, which are ordered by their moments.

#include "runtime/destination/tables/time_text.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

int sign(int value) {
  return value < 0 ? -1 : value > 0 ? 1 : 0;
}

} // namespace

TEST_CASE("texts are ordered by the moments that they name") {
  // Each is later than those before it; those of a row are the same.
  const std::vector<std::vector<std::string>> in_order = {
      // No times, by their bytes.
      {""},
      {"0001-01-00"},
      {"2024-01-32"},
      {"2024-13-01T00:00:00Z"},
      {"later"},
      {"0001-01-01"},
      {"1969-12-31T23:59:59.999999Z"},
      {"1970-01-01T00:00:00Z", "1970-01-01", "1970-01-01T02:00:00+02:00"},
      {"2023-12-31T22:00:00Z", "2024-01-01T00:00:00+02:00"},
      {"2023-12-31T23:30:00Z", "2023-12-31 23:30", "2023-12-31T23:30:00.000"},
      {"2024-01-02T12:00:00Z", "2024-01-02T12:00:00.0000001Z"},
      {"2024-01-02T12:00:00.000001Z"},
      {"2024-01-02T12:00:00.45Z"},
      {"2024-01-02T12:00:00.5Z", "2024-01-02T12:00:00.500000Z"},
      {"2024-01-02T11:00:00-08:00"},
      {"9999-12-31T23:59:59-23:59"},
  };
  for (size_t i = 0; i < in_order.size(); ++i)
    for (size_t j = 0; j < in_order.size(); ++j)
      for (const auto& one : in_order[i])
        for (const auto& other : in_order[j]) {
          INFO(one << " and " << other);
          CHECK(sign(compare_times(one, other))
                == (i < j   ? -1
                    : i > j ? 1
                            : 0));
        }
}
