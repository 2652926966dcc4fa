#include "support/crashing_session.hpp"
#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>

#include <map>
#include <set>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

const wall_time midnight =
    std::chrono::sys_days{std::chrono::year{2026} / 10 / 24} + 21h;

/// What became of a day.
struct story {
  /// The due times of the runs, by how they began, and how they ended.
  std::vector<std::string> runs;
  size_t reads = 0;
  size_t twice = 0;

  friend bool operator==(const story&, const story&) = default;
};

/// Runs a sync for a day over which clocks are set back; each second read
/// fails. The process ends at the n-th statement of it, and another goes on.
/// @param end_at 0: it does not end.
/// @returns what became of it, and whether there were so many statements.
std::pair<story, bool> run_a_day(int end_at, bool after) {
  sync_world world{sqlite_world()};
  world.keep("crm",
             R"("schedule":{"cron":"0,30 * * * *","timezone":"Europe/Berlin"},)"
             R"("retries":{"delaysSeconds":[300],"pauseAfter":0})",
             midnight);
  auto left = end_at;
  auto ended = false;
  std::map<std::string, int> outcomes;
  for (auto now = midnight; now < midnight + 4h; now += 1min) {
    auto session =
        std::make_shared<crashing_session>(world.place.session, left, after);
    sync_tables rows{session};
    for (int i = 0; i < 2; ++i)
      try {
        sync_keeper keeper{rows, world.keys, world.tasks, world.places};
        get(keeper.step(now));
      } catch (const crash&) {
        ended = true;
        // Nothing is left of it but what is stored.
        sync_keeper next{world.rows, world.keys, world.tasks, world.places};
        get(next.step(now));
      }
    for (const auto& read : world.tasks.reads) {
      const auto number = outcomes.emplace(read.task_id, outcomes.size());
      const auto found = get(world.tasks.find(read.task_id));
      if (found->status == task_status::running)
        get(world.tasks.end(read.task_id,
                            number.first->second % 2 == 1
                                ? task_status::failed
                                : task_status::success,
                            "busy"));
    }
  }
  story out;
  for (const auto& run : get(world.records.runs("crm", 10'000)))
    out.runs.push_back(run.trigger + ' ' + to_iso8601_millis(run.due_at) + ' '
                       + std::string{to_string(run.stage)});
  std::sort(out.runs.begin(), out.runs.end());
  std::set<std::string> seen;
  for (const auto& read : world.tasks.reads)
    out.twice += seen.insert(read.task_id).second ? 0 : 1;
  out.reads = world.tasks.reads.size();
  return {out, ended};
}

} // namespace

TEST_CASE("no run is lost and none comes twice, wherever the process ends") {
  const auto [expected, none] = run_a_day(0, false);
  CHECK_FALSE(none);
  CHECK(expected.twice == 0);
  // Four hours, in which clocks were set back once: two an hour, and the tries
  // after every second read.
  CHECK(
      std::count_if(expected.runs.begin(), expected.runs.end(),
                    [](const auto& one) { return one.starts_with("schedule"); })
      == 8);
  CHECK(std::count_if(expected.runs.begin(), expected.runs.end(),
                      [](const auto& one) { return one.starts_with("retry"); })
        > 2);
  auto step = 1;
  size_t tried = 0;
  for (int end_at = 1;; end_at += step) {
    const auto after = end_at % 2 == 0;
    INFO("ended " << (after ? "after" : "before") << " statement " << end_at);
    const auto [found, ended] = run_a_day(end_at, after);
    if (!ended)
      break;
    ++tried;
    CHECK(found == expected);
    // Each statement of the first runs; later hours are like the first.
    step = end_at < 40 ? 1 : 61;
  }
  CHECK(tried > 40);
}
