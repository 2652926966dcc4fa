#include "schema/base/uuid_v7.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <cstdint>
#include <thread>
#include <vector>

using namespace motorcade;
using namespace std::chrono_literals;

namespace {

rising_clock::time at(int64_t micros) {
  return rising_clock::time{std::chrono::microseconds{micros}};
}

} // namespace

TEST_CASE("a UUIDv7 has the layout of RFC 9562") {
  // The RFC's own example (A.6): 2022-02-22T14:22:22.000-05:00.
  auto text = make_uuid_v7(at(0x017F22E279B0 * 1000), 0, 0);
  CHECK(text == "017f22e2-79b0-7000-8000-000000000000");
  auto full =
      make_uuid_v7(at(0x017F22E279B0 * 1000 + 999), 0xFFFFFF, UINT64_MAX);
  CHECK(full == "017f22e2-79b0-7ffb-bfff-ffffffffffff");
  // Neither counter nor random bits reach version, variant or each other.
  CHECK(make_uuid_v7(at(0), UINT32_MAX, 0)
        == "00000000-0000-7000-bfff-ffc000000000");
  CHECK(make_uuid_v7(at(0), 0, UINT64_MAX)
        == "00000000-0000-7000-8000-003fffffffff");
  CHECK(make_uuid_v7(at(-1), 0, 0) == "00000000-0000-7000-8000-000000000000");
}

TEST_CASE("UUIDv7s sort by time, then by counter, whatever the random bits") {
  std::string last;
  for (int64_t micros : {0, 1, 2, 999, 1000, 1001, 1999, 2000, 1'000'000})
    for (uint32_t counter : {0u, 1u, 2u, 255u, 256u, 65'536u, 0xFFFFFFu}) {
      auto next =
          make_uuid_v7(at(1'700'000'000'000'000 + micros), counter,
                       static_cast<uint64_t>(micros) % 2 == 0 ? UINT64_MAX : 0);
      CHECK(next > last);
      last = next;
    }
}

TEST_CASE("times rise if the clock stands still or goes back") {
  rising_clock clock;
  CHECK(clock.next(at(1000)) == at(1000));
  CHECK(clock.next(at(1000)) == at(1001));
  CHECK(clock.next(at(500)) == at(1002));
  CHECK(clock.next(at(-7)) == at(1003));
  CHECK(clock.next(at(1003)) == at(1004));
  CHECK(clock.next(at(5000)) == at(5000));
}

TEST_CASE("times rise for all threads together") {
  rising_clock clock;
  constexpr size_t each = 5000;
  std::vector<std::vector<rising_clock::time>> seen(4);
  std::vector<std::thread> threads;
  threads.reserve(seen.size());
  for (auto& mine : seen)
    threads.emplace_back([&clock, &mine] {
      for (size_t i = 0; i < each; ++i)
        mine.push_back(clock.next(at(1000)));
    });
  for (auto& thread : threads)
    thread.join();
  std::vector<rising_clock::time> all;
  for (const auto& mine : seen) {
    CHECK(std::is_sorted(mine.begin(), mine.end()));
    all.insert(all.end(), mine.begin(), mine.end());
  }
  std::sort(all.begin(), all.end());
  CHECK(std::adjacent_find(all.begin(), all.end()) == all.end());
  CHECK(all.back() == at(1000 + 4 * each - 1));
}
