// The scheduler against a model of some lines: random clocks, leaders that
// follow each other or overlap, and processes that end anywhere.

#include "support/crashing_session.hpp"
#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>

#include <map>
#include <random>
#include <set>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

/// A day before clocks are set back, or forward, in Berlin.
const wall_time before_winter =
    std::chrono::sys_days{std::chrono::year{2026} / 10 / 24} + 6h;
const wall_time before_summer =
    std::chrono::sys_days{std::chrono::year{2026} / 3 / 28} + 6h;

const std::vector<std::string> schedules{
    R"({"cron":"*/20 * * * *","timezone":"Europe/Berlin"})",
    R"({"cron":"30 1-4 * * *","timezone":"Europe/Berlin"})",
    R"({"cron":"15 2 * * *","timezone":"Europe/Berlin"})",
    R"({"everySeconds":1700})",
};

/// One walk through some days.
class walk {
public:
  walk(unsigned seed, size_t schedule)
      : random_{seed}, at_{seed % 2 == 0 ? before_winter : before_summer} {
    const auto& text = schedules[schedule % schedules.size()];
    world_.keep("crm",
                "\"schedule\":" + text
                    + R"(,"retries":{"delaysSeconds":[],"pauseAfter":0})",
                at_);
    sync_ = get(open_part_of(*get(world_.records.find("crm"))));
    due_ = next_run_of(sync_, "crm", at_);
    // Each leader has its own connection.
    for (int i = 0; i < 3; ++i)
      leaders_.push_back(get(make_sql_place(world_.at.world->url())).session);
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) {
      at_ += std::chrono::seconds{any(1, any(0, 3) == 0 ? 3 * 3600 : 600)};
      // A leader's clock may be late or early.
      step(at_ + std::chrono::seconds{any(-40, 40)});
      end_reads();
    }
  }

  /// Compares what was run with what the model says.
  void check() {
    std::multiset<wall_time> found;
    for (const auto& one : get(world_.records.runs("crm", 100'000)))
      if (one.trigger == "schedule")
        found.insert(one.due_at);
    CHECK(found
          == std::multiset<wall_time>{expected_.begin(), expected_.end()});
    std::set<std::string> read;
    for (const auto& one : world_.tasks.reads)
      CHECK(read.insert(one.task_id).second);
    CHECK_FALSE(expected_.empty());
  }

private:
  int64_t any(int64_t from, int64_t to) {
    return std::uniform_int_distribution<int64_t>{from, to}(random_);
  }

  /// A step by some leader, whose process may end within; another one goes on.
  void step(wall_time now) {
    // One run at a time; a time at which one is active is passed over, and
    // several that were missed count once.
    if (due_ && *due_ <= now) {
      if (get(world_.records.active_runs()).empty())
        expected_.push_back(*due_);
      due_ = next_run_of(sync_, "crm", std::max(now, *due_));
    }
    if (any(0, 2) == 0) {
      auto left = static_cast<int>(any(1, 12));
      sync_tables rows{std::make_shared<crashing_session>(any_leader(), left,
                                                          any(0, 1) == 0)};
      try {
        get(sync_keeper{rows, world_.keys, world_.tasks, world_.places}.step(
            now));
      } catch (const crash&) {
        ++crashes;
      }
    }
    sync_tables rows{any_leader()};
    get(sync_keeper{rows, world_.keys, world_.tasks, world_.places}.step(now));
  }

  const std::shared_ptr<sql_session>& any_leader() {
    return leaders_[static_cast<size_t>(any(0, 2))];
  }

  void end_reads() {
    for (const auto& one : world_.tasks.reads)
      if (!over_.contains(one.task_id) && any(0, 1) == 0) {
        over_.insert(one.task_id);
        get(world_.tasks.end(one.task_id, any(0, 3) == 0
                                              ? task_status::failed
                                              : task_status::success));
      }
  }

  std::mt19937 random_;
  wall_time at_;
  sync_world world_{sqlite_world()};
  sync_definition sync_;
  std::vector<std::shared_ptr<sql_session>> leaders_;
  /// The model: when the sync is due next, and which runs it has had.
  std::optional<wall_time> due_;
  std::vector<wall_time> expected_;
  std::set<std::string> over_;

public:
  /// Processes that have ended within a step.
  int crashes = 0;
};

} // namespace

TEST_CASE("whatever clocks and processes do, each time is run once") {
  const auto seed = std::random_device{}();
  int crashes = 0;
  for (unsigned i = 0; i < 4; ++i) {
    INFO("seed " << seed << ", walk " << i);
    walk one{seed + i, i};
    one.run(100);
    one.check();
    crashes += one.crashes;
  }
  CHECK(crashes > 20);
}
