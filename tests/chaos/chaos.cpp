// Kills sidecars and connectors at random moments, again and again, and goes on
// from the saved states: no row that a saved state covers may be missing, and
// no status may claim more than is so.
#include "runtime/database/database.hpp"
#include "support/sidecar_world.hpp"

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

struct broken_promise : std::runtime_error {
  using runtime_error::runtime_error;
};

void require(bool kept, const std::string& promise) {
  if (!kept)
    throw broken_promise{promise};
}

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

/// One sync of a few streams from its first row to its last, through as many
/// interrupted runs as it takes.
class life {
public:
  life(unsigned seed, bool postgres)
      : random_{seed},
        world_{postgres ? postgres_world() : sqlite_world()},
        goal_{200 + random_() % 1500} {
    streams_ = {{"a"}, {"b", "space"}};
    kind_ = random_() % 3;
    world_.catalog(configured_catalog(streams_, "incremental"));
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
      if (status == "SUCCESS" && reached())
        break;
    }
    ++all.syncs;
    all.rows += goal_ * streams_.size();
  }

private:
  std::string key(size_t s) const {
    return streams_[s].target_namespace.empty()
               ? streams_[s].name
               : streams_[s].target_namespace + "." + streams_[s].name;
  }

  /// Up to which row the saved state of a stream says it has everything.
  std::vector<uint64_t> saved() {
    std::vector<uint64_t> out(streams_.size(), 0);
    for (const auto& [name, text] : world_.states()) {
      auto state = nlohmann::json::parse(text);
      if (name == "_GLOBAL_STATE")
        state = state["shared_state"];
      for (size_t s = 0; s < streams_.size(); ++s) {
        if (name == "_GLOBAL_STATE" || name == "_LEGACY_STATE")
          out[s] = state[key(s)].get<uint64_t>();
        else if (name == key(s))
          out[s] = state["n"].get<uint64_t>();
      }
    }
    return out;
  }

  void write_state_file(const std::vector<uint64_t>& from) {
    nlohmann::json file = nlohmann::json::array();
    nlohmann::json shared;
    for (size_t s = 0; s < streams_.size(); ++s) {
      shared[key(s)] = from[s];
      if (kind_ != 0 || from[s] == 0)
        continue;
      nlohmann::json descriptor = {{"name", streams_[s].name}};
      if (!streams_[s].target_namespace.empty())
        descriptor["namespace"] = streams_[s].target_namespace;
      file.push_back({{"type", "STREAM"},
                      {"stream",
                       {{"stream_descriptor", descriptor},
                        {"stream_state", {{"n", from[s]}}}}}});
    }
    auto any =
        std::any_of(from.begin(), from.end(), [](uint64_t n) { return n > 0; });
    if (any && kind_ == 1)
      file.push_back(
          {{"type", "GLOBAL"},
           {"global", {{"shared_state", shared}, {"stream_states", {}}}}});
    if (any && kind_ == 2)
      file = shared;
    world_.file("state.json", file.dump());
  }

  std::string state_lines(size_t s, const std::vector<uint64_t>& at) const {
    if (kind_ == 0)
      return state_line(streams_[s], R"({"n":)" + std::to_string(at[s]) + "}");
    nlohmann::json shared;
    for (size_t i = 0; i < streams_.size(); ++i)
      shared[key(i)] = at[i];
    return kind_ == 1 ? global_state_line(R"("shared_state":)" + shared.dump()
                                          + R"(,"stream_states":[])")
                      : legacy_state_line(shared.dump());
  }

  /// Plays the connector.
  /// @param stop_after So many rows, then the blow falls.
  void emit(pipe_writer& pipes, std::vector<uint64_t> at, uint64_t stop_after,
            blow strike, unsigned seed) {
    std::mt19937 random{seed};
    auto padding = std::string(100 + random() % 300, 'x');
    uint64_t rows = 0;
    while (true) {
      if (rows++ == stop_after) {
        if (strike == blow::stop_sidecar)
          world_.sidecar().signal(SIGTERM);
        else if (strike == blow::kill_sidecar)
          world_.sidecar().signal(SIGKILL);
        else
          return;
      }
      std::vector<size_t> left;
      for (size_t s = 0; s < at.size(); ++s)
        if (at[s] < goal_)
          left.push_back(s);
      if (left.empty())
        break;
      auto s = left[random() % left.size()];
      auto line =
          record_line(streams_[s], R"({"n":)" + std::to_string(++at[s])
                                       + R"(,"p":")" + padding + R"("})");
      if (random() % 40 == 0 || at[s] == goal_)
        line += state_lines(s, at);
      if (!pipes.out(line))
        return;
    }
    for (const auto& stream : streams_)
      if (!pipes.out(status_line(stream, "COMPLETE")))
        return;
    world_.write_exit_code(0);
  }

  std::string run_once(blow strike, int run) {
    auto from = saved();
    write_state_file(from);
    std::filesystem::remove(world_.env["EXIT_CODE_FILE"]);
    world_.env["TASK_ID"] = "task-" + std::to_string(run);
    if (random_() % 4 == 0)
      inject_fault();
    world_.start();
    auto to_come = uint64_t{1};
    for (auto n : from)
      to_come += goal_ - n;
    auto stop_after = strike == blow::none ? UINT64_MAX : random_() % to_come;
    if (strike == blow::stop_before_open) {
      world_.sidecar().await("reads");
      world_.sidecar().signal(SIGTERM);
    } else {
      auto pipes = world_.connect();
      emit(pipes, from, stop_after, strike, static_cast<unsigned>(random_()));
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
    std::vector<bool> there(goal_ + 2);
    for (const auto& row : world_.bulker.rows(key(s)))
      there.at(nlohmann::json::parse(row)["n"].get<size_t>()) = true;
    uint64_t n = 0;
    while (there[n + 1])
      ++n;
    return n;
  }

  void check(const std::string& status) {
    auto claimed = saved();
    for (size_t s = 0; s < streams_.size(); ++s) {
      auto have = without_gap(s);
      require(claimed[s] <= have,
              "the state of " + key(s) + " covers " + std::to_string(claimed[s])
                  + " rows, the table has " + std::to_string(have));
      if (status == "SUCCESS")
        require(have == goal_, "SUCCESS means all rows of " + key(s) + ", not "
                                   + std::to_string(have) + " of "
                                   + std::to_string(goal_));
    }
  }

  bool reached() {
    auto at = saved();
    return std::all_of(at.begin(), at.end(),
                       [this](uint64_t n) { return n == goal_; });
  }

  std::mt19937 random_;
  sidecar_world world_;
  uint64_t goal_;
  std::vector<stream_ref> streams_;
  unsigned kind_ = 0;
};

} // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"Kills sidecars and connectors at random, and checks what is "
               "left."};
  double minutes = 1;
  uint64_t most_runs = UINT64_MAX;
  unsigned seed = std::random_device{}();
  auto postgres = false;
  app.add_option("--minutes", minutes, "How long")->capture_default_str();
  app.add_option("--runs", most_runs, "Or so many runs of a sidecar");
  app.add_option("--seed", seed, "The same seed makes the same choices");
  app.add_flag("--postgres", postgres,
               "States in Postgres (PGHOST …), not SQLite");
  CLI11_PARSE(app, argc, argv);
  std::printf("seed %u\n", seed);
  std::fflush(stdout);
  totals all;
  auto end = clock_type::now() + std::chrono::duration<double>{minutes * 60};
  for (auto turn = seed; clock_type::now() < end && all.runs < most_runs;
       ++turn) {
    try {
      life{turn, postgres && turn % 2 == 0}.run_to_the_end(all);
    } catch (const std::exception& error) {
      std::printf("broken with --seed %u: %s\n", turn, error.what());
      return 1;
    }
  }
  std::printf("%llu runs, %llu syncs brought to their end, %llu rows; every "
              "promise kept\n",
              static_cast<unsigned long long>(all.runs),
              static_cast<unsigned long long>(all.syncs),
              static_cast<unsigned long long>(all.rows));
  for (size_t i = 0; i < all.blows.size(); ++i)
    std::printf("  %-40s %8llu\n", blow_names[i],
                static_cast<unsigned long long>(all.blows[i]));
  for (const auto& [status, count] : all.statuses)
    std::printf("  status %-33s %8llu\n", status.c_str(),
                static_cast<unsigned long long>(count));
  return 0;
}
