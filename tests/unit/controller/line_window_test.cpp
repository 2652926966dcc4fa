#include "controller/api/line_window.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <random>

using namespace motorcade;

namespace {

log_row line(int at) {
  log_row out;
  out.time = wall_time{std::chrono::microseconds{at / 2}};
  out.id = "id-" + std::to_string(1'000'000 + at);
  return out;
}

/// What a table answers: all behind a position.
std::vector<log_row> behind(const std::vector<log_row>& table,
                            const log_position& from) {
  std::vector<log_row> out;
  for (const auto& row : table)
    if (std::pair{row.time, row.id} > std::pair{from.time, from.id})
      out.push_back(row);
  return out;
}

} // namespace

TEST_CASE("a line is given once") {
  line_window window{{}};
  CHECK(window.add(line(4)));
  CHECK_FALSE(window.add(line(4)));
  CHECK(window.add(line(2)));
  CHECK_FALSE(window.add(line(2)));
  CHECK(window.end().id == line(4).id);
  CHECK(window.begin().id.empty());
  CHECK(window.size() == 2);
}

TEST_CASE("the given number of lines is remembered") {
  line_window window{{}, 3};
  for (int i = 0; i < 10; ++i)
    CHECK(window.add(line(i)));
  CHECK(window.size() == 3);
  CHECK(window.begin().id == line(6).id);
  CHECK(window.begin().time == line(6).time);
  CHECK(window.end().id == line(9).id);
}

TEST_CASE("in whatever order lines are stored, all are given once") {
  auto seed = std::random_device{}();
  INFO("seed " << seed);
  std::mt19937 random{seed};
  constexpr size_t most = 50;
  line_window window{{}, most};
  std::vector<int> order(1000);
  for (int i = 0; i < 1000; ++i)
    order[static_cast<size_t>(i)] = i;
  // None is later than 40 others.
  for (size_t i = 0; i + 40 < order.size(); i += 40)
    std::shuffle(order.begin() + static_cast<std::ptrdiff_t>(i),
                 order.begin() + static_cast<std::ptrdiff_t>(i + 40), random);
  std::vector<log_row> table;
  std::vector<std::string> given;
  for (auto number : order) {
    table.push_back(line(number));
    std::sort(table.begin(), table.end(), [](const auto& a, const auto& b) {
      return std::pair{a.time, a.id} < std::pair{b.time, b.id};
    });
    if (random() % 3 == 0)
      for (const auto& row : behind(table, window.begin()))
        if (window.add(row))
          given.push_back(row.id);
    CHECK(window.size() <= most);
  }
  for (const auto& row : behind(table, window.begin()))
    if (window.add(row))
      given.push_back(row.id);
  std::sort(given.begin(), given.end());
  CHECK(given.size() == 1000);
  CHECK(std::unique(given.begin(), given.end()) == given.end());
}
