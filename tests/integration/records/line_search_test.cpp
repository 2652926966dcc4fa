#include "support/cpu_meter.hpp"
#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

const wall_time epoch{std::chrono::seconds{1'700'000'000}};

log_row line(int n, const std::string& message,
             const std::string& level = "INFO") {
  return {make_line_id(epoch + std::chrono::milliseconds{n},
                       static_cast<size_t>(n)),
          level, "source", message, epoch + std::chrono::milliseconds{n}};
}

std::vector<std::string> messages(const found_lines& found) {
  std::vector<std::string> out;
  out.reserve(found.lines.size());
  for (const auto& one : found.lines)
    out.push_back(one.message);
  return out;
}

records_world any_world() {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  return records_world{make()};
}

using names = std::vector<std::string>;

} // namespace

TEST_CASE("lines are found by level, by words, and in both directions") {
  auto at = any_world();
  get(at.sidecar->put_logs(
      "s", "t",
      std::vector<log_row>{line(1, "one", "DEBUG"), line(2, "Two: 100% _done_"),
                           line(3, "three is WRONG", "WARN"),
                           line(4, "four it's", "ERROR"),
                           line(5, "five is wrong, too", "FATAL"),
                           line(6, "six \xc3\x84", "TRACE")}));
  get(at.sidecar->put_logs("s", "other",
                           std::vector<log_row>{line(7, "wrong", "ERROR")}));
  const auto find = [&](log_search search) {
    search.task_id = "t";
    return messages(get(at.records->find_lines(search)));
  };
  CHECK(find({}).size() == 6);
  CHECK(find({.least = log_level::warn})
        == names{"three is WRONG", "four it's", "five is wrong, too"});
  CHECK(find({.least = log_level::error, .limit = 1}) == names{"four it's"});
  CHECK(find({.least = log_level::debug}).size() == 5);
  CHECK(find({.least = log_level::trace}).size() == 6);
  CHECK(find({.words = "wrong"})
        == names{"three is WRONG", "five is wrong, too"});
  CHECK(find({.words = " TOO  Five "}) == names{"five is wrong, too"});
  CHECK(find({.least = log_level::error, .words = "is"})
        == names{"five is wrong, too"});
  // No pattern counts, and no quote.
  CHECK(find({.words = "0% _"}) == names{"Two: 100% _done_"});
  CHECK(find({.words = "_is"}).empty());
  CHECK(find({.words = "'"}) == names{"four it's"});
  CHECK(find({.words = "\xc3\x84"}).size() == 1);
  CHECK(find({.backward = true, .limit = 2})
        == names{"six \xc3\x84", "five is wrong, too"});
  const auto third = get(at.records->logs("t", {}, 10)).at(2);
  const log_position place{third.time, third.id};
  CHECK(find({.from = place, .limit = 1}) == names{"four it's"});
  CHECK(find({.from = place, .backward = true})
        == names{"Two: 100% _done_", "one"});
  CHECK(find({.from = place, .backward = true, .least = log_level::warn})
            .empty());
}

TEST_CASE("a long message that was found is cut") {
  auto at = any_world();
  get(at.sidecar->put_logs(
      "s", "t", std::vector<log_row>{line(1, std::string(50'000, 'x'))}));
  const auto found = get(at.records->find_lines({.task_id = "t"}));
  REQUIRE(found.lines.size() == 1);
  CHECK(found.lines[0].message.size() < 16'384);
  CHECK(found.lines[0].message.ends_with("(cut: it has 50000 bytes)"));
}

TEST_CASE("a million lines are searched piece by piece, each at once") {
  auto at = any_world();
  constexpr int count = 1'000'000;
  const auto postgres = at.world->is_postgres();
  // One line in a hundred thousand tells of trouble, and one of a needle.
  const std::string values =
      "CASE WHEN n % 100000 = 0 THEN 'ERROR' ELSE 'INFO' END, 'source', "
      "'read 1000 records of the stream users' || CASE WHEN n = 900001 THEN ' "
      "needle' ELSE '' END, 's', CASE WHEN n % 10 = 1 AND n <> 900001 THEN 'u' "
      "ELSE 't' END, ";
  const std::string insert =
      "INSERT INTO task_log (id, level, logger, message, sync_id, task_id, "
      "timestamp) ";
  at.world->query(
      postgres
          ? insert + "SELECT gen_random_uuid(), " + values
                + "timestamptz '2026-11-01' + n * interval '1 millisecond' "
                  "FROM generate_series(1, "
                + std::to_string(count) + ") AS one(n)"
          : "WITH RECURSIVE one(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM "
            "one "
            "WHERE n < "
                + std::to_string(count) + ") " + insert
                + "SELECT printf('%08x-0000-7000-8000-000000000000', n), "
                + values
                + "strftime('%Y-%m-%dT%H:%M:%f000Z', 1793491200 + n / 1000.0, "
                  "'unixepoch') FROM one");
  at.world->query("ANALYZE");
  const auto limit = 100ms;
  const cpu_meter cpu{*at.world};
  log_search last{.task_id = "t", .backward = true};
  CHECK(cpu.least([&] {
    CHECK(get(at.records->find_lines(last)).lines.size() == 100);
  }) < limit);
  CHECK(cpu.least([&] {
    const auto found = get(
        at.records->find_lines({.task_id = "t", .least = log_level::error}));
    CHECK(found.lines.size() == 10);
    CHECK_FALSE(found.reached);
  }) < limit);
  CHECK(cpu.least([&] {
    CHECK(get(at.records->logs("t", {}, 1000)).size() == 1000);
  }) < limit);
  // A word that is rare: each answer looks at a piece of the log.
  log_search rare{.task_id = "t", .words = "NEEDLE"};
  size_t answers = 0;
  auto longest = 0us;
  auto all = names{};
  for (;;) {
    found_lines found;
    longest = std::max(
        longest, cpu.least([&] { found = get(at.records->find_lines(rare)); }));
    ++answers;
    for (const auto& one : messages(found))
      all.push_back(one);
    if (!found.reached || answers == 4)
      break;
    rare.from = found.reached;
  }
  CHECK(longest < limit);
  CHECK(all.empty());
  // Right before it.
  rare.from = log_position{
      wall_time{std::chrono::sys_days{std::chrono::year{2026} / 11 / 1}}
          + 890'000ms,
      ""};
  const auto found = get(at.records->find_lines(rare));
  REQUIRE(found.lines.size() == 1);
  CHECK(found.lines[0].message.ends_with(" needle"));
  CHECK(found.reached);
}
