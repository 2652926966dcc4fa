// Kills sidecars and connectors at random moments, again and again, and goes on
// from the saved states: no row that a saved state covers may be missing, and
// no status may claim more than is so. Rows go to Bulker, or straight into
// Postgres, which is cut off and restarted meanwhile.
#include "chaos/played_sync.hpp"
#include "chaos/warehouse_life.hpp"
#include "runtime/database/database.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <random>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;

namespace {

using clock_type = std::chrono::steady_clock;

/// The fate of a run.
enum class blow {
  none,
  stop_sidecar,
  kill_sidecar,
  stop_before_open,
  kill_connector,
  silence_connector,
};

constexpr const char* blow_names[] = {"none",
                                      "SIGTERM to the sidecar",
                                      "SIGKILL to the sidecar",
                                      "SIGTERM before the pipes are open",
                                      "the connector is killed",
                                      "the connector ends without exit code"};

struct totals {
  uint64_t runs = 0;
  uint64_t syncs = 0;
  uint64_t rows = 0;
  std::array<uint64_t, 6> blows = {};
  std::map<std::string, uint64_t> statuses;
};

/// One sync of a few streams into Bulker from its first row to its last,
/// through as many interrupted runs as it takes.
class life {
public:
  life(unsigned seed, bool postgres)
      : random_{seed},
        world_{postgres ? postgres_world() : sqlite_world()},
        sync_{{{{"a"}}, {{"b", "space"}}},
              static_cast<state_kind>(random_() % 3),
              200 + random_() % 1500,
              5 + random_() % 60},
        padding_(100 + random_() % 300, 'x') {
    std::vector<stream_ref> names;
    for (const auto& stream : sync_.streams())
      names.push_back(stream.name);
    world_.catalog(configured_catalog(names, "incremental"));
    auto tables = make_database(world_.env["DATABASE_URL"]);
    require(tables && (*tables)->prepare(), "there is a database");
    world_.env["EXIT_CODE_FILE"] = world_.folder.path("exit-code");
    // Requests are cut small, so that there is something to lose.
    world_.env["RETRY_BUFFER_BYTES"] = "65536";
    world_.env["LOG_LEVEL"] = "debug";
  }

  void run_to_the_end(totals& all) {
    for (int run = 0;; ++run) {
      require(run < 400, "a sync comes to its end");
      auto strike = static_cast<blow>(random_() % 12);
      if (run > 100 || static_cast<int>(strike) > 5)
        strike = blow::none;
      ++all.runs;
      ++all.blows[static_cast<size_t>(strike)];
      auto status = run_once(strike, run);
      ++all.statuses[status];
      check(status);
      if (status == "SUCCESS" && sync_.is_all(saved()))
        break;
    }
    ++all.syncs;
    all.rows += sync_.goal() * sync_.streams().size();
  }

private:
  played_sync::positions saved() { return sync_.saved(world_.states()); }

  /// Plays the connector.
  /// @param stop_after So many rows, then the blow falls.
  void emit(pipe_writer& pipes, const played_sync::positions& from,
            uint64_t stop_after, blow strike) {
    played_sync::script how;
    how.from = from;
    how.seed = static_cast<unsigned>(random_());
    how.row = [this](size_t, uint64_t n) {
      return R"({"n":)" + std::to_string(n) + R"(,"p":")" + padding_ + R"("})";
    };
    how.lives = [&](uint64_t written) {
      if (written != stop_after)
        return true;
      if (strike == blow::stop_sidecar)
        world_.sidecar().signal(SIGTERM);
      else if (strike == blow::kill_sidecar)
        world_.sidecar().signal(SIGKILL);
      else
        return false;
      return true;
    };
    if (sync_.print(pipes, how))
      world_.write_exit_code(0);
  }

  std::string run_once(blow strike, int run) {
    auto from = saved();
    world_.file("state.json", sync_.state_file(from));
    std::filesystem::remove(world_.env["EXIT_CODE_FILE"]);
    world_.env["TASK_ID"] = "task-" + std::to_string(run);
    if (random_() % 4 == 0)
      inject_fault();
    world_.start();
    const auto to_come = sync_.rows_after(from) + 1;
    auto stop_after = strike == blow::none ? UINT64_MAX : random_() % to_come;
    if (strike == blow::stop_before_open) {
      world_.sidecar().await("reads");
      world_.sidecar().signal(SIGTERM);
    } else {
      auto pipes = world_.connect();
      emit(pipes, from, stop_after, strike);
      if (strike == blow::kill_connector && stop_after < to_come)
        world_.write_exit_code(137);
      if (strike == blow::silence_connector && stop_after < to_come)
        world_.write_exit_code(1);
      pipes.close();
    }
    auto over = clock_type::now();
    auto result = world_.finish();
    // The grace period of a Pod is 60 s; a blow must not cost half of it.
    require(clock_type::now() - over < std::chrono::seconds{10},
            std::string{"the end takes less than 10 s after: "}
                + blow_names[static_cast<size_t>(strike)] + "\n" + result.out
                + result.err);
    if (!world_.has_task()) {
      // It ended before it could say anything.
      require(strike == blow::kill_sidecar || strike == blow::stop_before_open,
              "every run leaves a row");
      return "none";
    }
    auto task = world_.task();
    if (strike == blow::stop_sidecar)
      require(result.exit_code == 0, "SIGTERM ends with exit code 0, not "
                                         + std::to_string(result.exit_code));
    if (task.status == "RUNNING")
      require(strike == blow::kill_sidecar,
              "only a killed sidecar leaves RUNNING");
    return task.status;
  }

  void inject_fault() {
    support::fault f;
    switch (random_() % 4) {
    case 0:
      f.status = 503;
      break;
    case 1:
      f.what = support::fault::kind::reset;
      f.after_bytes = random_() % 20'000;
      break;
    case 2:
      f.what = support::fault::kind::lost_answer;
      break;
    default:
      f.status = 500;
      f.after_bytes = random_() % 20'000;
    }
    world_.bulker.inject(f);
  }

  /// @returns up to which row a table has all of them.
  uint64_t without_gap(size_t s) const {
    std::vector<bool> there(sync_.goal() + 2);
    for (const auto& row : world_.bulker.rows(sync_.key(s)))
      there.at(nlohmann::json::parse(row)["n"].get<size_t>()) = true;
    uint64_t n = 0;
    while (there[n + 1])
      ++n;
    return n;
  }

  void check(const std::string& status) {
    auto claimed = saved();
    for (size_t s = 0; s < claimed.size(); ++s) {
      auto have = without_gap(s);
      require(claimed[s] <= have, "the state of " + sync_.key(s) + " covers "
                                      + std::to_string(claimed[s])
                                      + " rows, the table has "
                                      + std::to_string(have));
      if (status == "SUCCESS")
        require(have == sync_.goal(), "SUCCESS means all rows of "
                                          + sync_.key(s) + ", not "
                                          + std::to_string(have) + " of "
                                          + std::to_string(sync_.goal()));
    }
  }

  std::mt19937 random_;
  sidecar_world world_;
  played_sync sync_;
  std::string padding_;
};

void print(const char* what, uint64_t count) {
  std::printf("  %-40s %8llu\n", what, static_cast<unsigned long long>(count));
}

/// @returns the exit code.
int tell(const totals& all) {
  std::printf("%llu runs, %llu syncs brought to their end, %llu rows; every "
              "promise kept\n",
              static_cast<unsigned long long>(all.runs),
              static_cast<unsigned long long>(all.syncs),
              static_cast<unsigned long long>(all.rows));
  for (size_t i = 0; i < all.blows.size(); ++i)
    print(blow_names[i], all.blows[i]);
  for (const auto& [status, count] : all.statuses)
    print(("status " + status).c_str(), count);
  return 0;
}

/// @returns how often something was wrong.
uint64_t faults_of(const warehouse_totals& all) {
  return all.lost + all.ahead + all.doubled_keys + all.doubled + all.torn
         + all.left_over;
}

/// @returns the exit code.
int tell(const warehouse_totals& all) {
  std::printf("%llu runs, %llu syncs brought to their end, %llu rows in "
              "Postgres\n",
              static_cast<unsigned long long>(all.runs),
              static_cast<unsigned long long>(all.syncs),
              static_cast<unsigned long long>(all.rows));
  for (size_t i = 0; i < all.blows.size(); ++i)
    print(warehouse_blow_names[i], all.blows[i]);
  for (const auto& [status, count] : all.statuses)
    print(("status " + status).c_str(), count);
  print("rows lost", all.lost);
  print("rows that a saved state covers missing", all.ahead);
  print("rows with a key twice", all.doubled_keys);
  print("full refreshes seen in part", all.torn);
  print("tables left over", all.left_over);
  print("appended rows that came again", all.doubled);
  const auto faults = faults_of(all);
  std::printf(faults == 0 ? "every promise kept\n" : "promises broken\n");
  return faults == 0 ? 0 : 1;
}

/// @param live Brings one sync to its end by a seed.
/// @returns the exit code.
template <class Totals, class Live>
int go_on(double minutes, uint64_t most_runs, unsigned seed, Live live) {
  Totals all;
  auto end = clock_type::now() + std::chrono::duration<double>{minutes * 60};
  for (auto turn = seed; clock_type::now() < end && all.runs < most_runs;
       ++turn) {
    try {
      live(turn, all);
    } catch (const std::exception& error) {
      std::printf("broken with --seed %u: %s\n", turn, error.what());
      return 1;
    }
  }
  return tell(all);
}

} // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"Kills sidecars and connectors at random, and checks what is "
               "left."};
  double minutes = 1;
  uint64_t most_runs = UINT64_MAX;
  unsigned seed = std::random_device{}();
  auto postgres = false;
  auto warehouse = false;
  app.add_option("--minutes", minutes, "How long")->capture_default_str();
  app.add_option("--runs", most_runs, "Or so many runs of a sidecar");
  app.add_option("--seed", seed, "The same seed makes the same choices");
  app.add_flag("--postgres", postgres,
               "States in Postgres (PGHOST …), not SQLite");
  app.add_flag("--warehouse", warehouse,
               "Rows go into Postgres, too, not to Bulker");
  CLI11_PARSE(app, argc, argv);
  std::printf("seed %u\n", seed);
  std::fflush(stdout);
  if (warehouse)
    return go_on<warehouse_totals>(
        minutes, most_runs, seed, [](unsigned turn, warehouse_totals& all) {
          const auto before = faults_of(all);
          warehouse_life{turn}.run_to_the_end(all);
          if (faults_of(all) != before)
            std::printf("promises broken with --seed %u\n", turn);
        });
  return go_on<totals>(
      minutes, most_runs, seed, [postgres](unsigned turn, totals& all) {
        life{turn, postgres && turn % 2 == 0}.run_to_the_end(all);
      });
}
