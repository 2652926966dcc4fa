// Counts of syncs, from their runs to the text that Prometheus reads.

#include "controller/api/sync_metrics.hpp"
#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("rows, failures and the last success of a sync are measured") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  sync_world world{make()};
  world.keep("crm");
  run_counts counts;
  const auto run = [&](task_status outcome, uint64_t rows) {
    const auto now = utc_now();
    world.ask("crm", now);
    for (int i = 0; i < 4; ++i) {
      get(sync_keeper{world.rows, world.keys, world.tasks, world.places,
                      &counts}
              .step(now));
      if (i == 2)
        get(world.tasks.end(
            world.tasks.reads.back().task_id, outcome,
            outcome == task_status::success ? "" : "no key (config_error)",
            rows));
    }
    // Seen once more, it is counted once.
    get(sync_keeper{world.rows, world.keys, world.tasks, world.places, &counts}
            .step(now));
  };
  run(task_status::failed, 2);
  counts.know(get(world.records.last_successes(10)));
  auto text = write_sync_metrics(counts, utc_now());
  CHECK_THAT(text,
             ContainsSubstring("motorcade_sync_rows_total{sync_id=\"crm\"} 2"));
  CHECK_THAT(text, ContainsSubstring(
                       "motorcade_sync_failed_runs_total{sync_id=\"crm\"} 1"));
  CHECK_THAT(text, !ContainsSubstring("age_seconds{"));
  run(task_status::success, 5);
  const auto succeeded = world.last("crm").updated_at;
  run(task_status::partial, 1);
  counts.know(get(world.records.last_successes(10)));
  const auto last = counts.samples().at(0).last_success;
  REQUIRE(last);
  CHECK(*last == succeeded);
  CHECK(counts.samples().at(0).failed_runs == 2);
  text = write_sync_metrics(counts, *last + 90s);
  CHECK_THAT(text,
             ContainsSubstring("motorcade_sync_rows_total{sync_id=\"crm\"} 8"));
  CHECK_THAT(
      text, ContainsSubstring("motorcade_sync_last_success_age_seconds{sync_id="
                              "\"crm\"} 90"));
  CHECK_THAT(text, ContainsSubstring("motorcade_syncs_without_metrics 0"));
  counts.forget();
  CHECK(counts.samples().empty());
}

TEST_CASE(
    "the number of syncs with metrics is bounded, and the others are counted") {
  run_counts counts;
  for (size_t i = 0; i < run_counts::most_syncs + 7; ++i)
    for (int twice = 0; twice < 2; ++twice)
      counts.add("s" + std::to_string(i), run_stage::success, 1);
  CHECK(counts.samples().size() == run_counts::most_syncs);
  CHECK(counts.samples().at(0).rows == 2);
  CHECK(counts.left_out() == 7);
}
