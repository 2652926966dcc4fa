// Takes the database, Bulker or both away in the middle of a sync, for as long
// as asked: it must still end as a success, with every row, state and line of
// log in its place, and within its memory.
#include "support/database_outage.hpp"
#include "support/sidecar_world.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <future>
#include <random>
#include <thread>
#include <tuple>

using namespace motorcade::test;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;
using seconds = std::chrono::duration<double>;

namespace {

constexpr uint64_t most_memory = 64 << 20;
constexpr uint64_t rows_per_second = 6000;
constexpr size_t row_bytes = 1000;

void require(bool kept, const std::string& promise) {
  if (!kept)
    throw std::runtime_error{promise};
}

void wait_until(clock_type::time_point when) {
  // Measured: how long something is away, and how fast a connector prints.
  std::this_thread::sleep_until(when);
}

/// When something is away, counted from the sync's beginning.
struct absence {
  bool wanted = false;
  seconds from{};
  seconds length{};

  seconds end() const { return wanted ? from + length : seconds{}; }
};

struct figures {
  uint64_t rows = 0;
  uint64_t doubles = 0;
  uint64_t lines = 0;
  uint64_t states_seen = 0;
  double longest_stop = 0;
  double whole = 0;
  uint64_t peak_memory = 0;
};

class interrupted_sync {
public:
  explicit interrupted_sync(unsigned seed)
      : random_{seed}, world_{postgres_world()} {
    world_.catalog(configured_catalog(streams_, "incremental"));
    // The content of the tables is needed while there is no database.
    world_.env["LOG_LEVEL"] = "error";
  }

  figures run(absence database, absence bulker) {
    world_.start();
    auto pipes = world_.connect();
    auto begun = clock_type::now();
    auto last = std::max(database.end(), bulker.end()) + 2s;
    auto connector =
        std::async(std::launch::async, [&] { emit(pipes, begun, last); });
    auto watcher = std::async(std::launch::async, [&] { watch_states(); });
    auto servers = std::async(std::launch::async,
                              [&] { take_away_bulker(bulker, begun); });
    if (database.wanted) {
      wait_until(begun + to_clock(database.from));
      // No query may run while it is away, or the query would be the failure.
      std::lock_guard lock{asking_};
      database_outage now;
      wait_until(begun + to_clock(database.end()));
    }
    servers.get();
    connector.get();
    auto ended = world_.finish(300s);
    out_.whole = seconds{clock_type::now() - begun}.count();
    over_ = true;
    watcher.get();
    out_.peak_memory = ended.peak_memory;
    require(ended.exit_code == 0, "it ends with exit code 0, not "
                                      + std::to_string(ended.exit_code) + "\n"
                                      + ended.err);
    auto task = world_.task();
    require(task.status == "SUCCESS",
            "it ends as SUCCESS, not " + task.status + ": " + task.error);
    check_rows();
    auto lines = world_.database().query(
        "SELECT count(DISTINCT message) FROM task_log WHERE message LIKE "
        "'batch %'");
    require(lines.at(0).at(0) == std::to_string(out_.lines),
            "every line of log is stored");
    require(ended.peak_memory < most_memory,
            "it takes less than 64 MiB, not "
                + std::to_string(ended.peak_memory >> 20));
    return out_;
  }

private:
  static clock_type::duration to_clock(seconds s) {
    return std::chrono::duration_cast<clock_type::duration>(s);
  }

  void emit(pipe_writer& pipes, clock_type::time_point begun, seconds last) {
    pipes.patience = 10min;
    auto padding = std::string(row_bytes, 'x');
    auto next = clock_type::now();
    // In turns of a hundredth of a second.
    for (uint64_t turn = 0; seconds{clock_type::now() - begun} < last; ++turn) {
      std::string text;
      for (uint64_t i = 0; i < rows_per_second / 100; ++i) {
        auto s = random_() % streams_.size();
        text += record_line(streams_[s], R"({"n":)" + std::to_string(++at_[s])
                                             + R"(,"p":")" + padding + R"("})");
        ++out_.rows;
      }
      if (turn % 10 == 0)
        text += log_line("INFO", "batch " + std::to_string(out_.lines++));
      if (turn % 20 == 0) {
        auto s = turn / 20 % streams_.size();
        text +=
            state_line(streams_[s], R"({"n":)" + std::to_string(at_[s]) + "}");
      }
      auto before = clock_type::now();
      require(pipes.out(text), "the sidecar reads on");
      auto now = clock_type::now();
      out_.longest_stop =
          std::max(out_.longest_stop, seconds{now - before}.count());
      next = std::max(next + 10ms, now);
      wait_until(next);
    }
    for (size_t s = 0; s < streams_.size(); ++s)
      pipes.out(
          state_line(streams_[s], R"({"n":)" + std::to_string(at_[s]) + "}")
          + status_line(streams_[s], "COMPLETE"));
    pipes.close();
  }

  void take_away_bulker(absence when, clock_type::time_point begun) {
    if (!when.wanted)
      return;
    wait_until(begun + to_clock(when.from));
    world_.bulker.stop_listening();
    world_.bulker.cut_connections();
    wait_until(begun + to_clock(when.end()));
    world_.bulker.start_listening();
  }

  /// A state may be saved only once the rows before it are committed.
  void watch_states() {
    while (!over_) {
      {
        std::lock_guard lock{asking_};
        for (const auto& [name, text] : world_.states()) {
          auto n = nlohmann::json::parse(text)["n"].get<uint64_t>();
          require(n <= world_.bulker.row_count(name),
                  "the saved state of " + name + " covers committed rows only");
          ++out_.states_seen;
        }
      }
      wait_until(clock_type::now() + 200ms);
    }
  }

  void check_rows() {
    auto saved = world_.states();
    for (size_t s = 0; s < streams_.size(); ++s) {
      const auto& name = streams_[s].name;
      std::vector<bool> there(at_[s] + 1);
      auto rows = world_.bulker.rows(name);
      for (const auto& row : rows)
        there.at(nlohmann::json::parse(row)["n"].get<size_t>()) = true;
      auto distinct =
          static_cast<uint64_t>(std::count(there.begin(), there.end(), true));
      require(distinct == at_[s], "every row of " + name
                                      + " arrives: " + std::to_string(distinct)
                                      + " of " + std::to_string(at_[s]));
      out_.doubles += rows.size() - distinct;
      require(nlohmann::json::parse(saved.at(name))["n"] == at_[s],
              "the last state of " + name + " is saved");
    }
  }

  std::mt19937 random_;
  sidecar_world world_;
  std::vector<stream_ref> streams_ = {{"a"}, {"b"}, {"c"}};
  std::vector<uint64_t> at_ = {0, 0, 0};
  std::mutex asking_;
  std::atomic<bool> over_ = false;
  figures out_;
};

} // namespace

int main(int argc, char** argv) {
  ::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"Takes the database and Bulker away in mid-sync, and checks "
               "that nothing is lost."};
  double postgres_seconds = 20;
  double bulker_seconds = 60;
  unsigned seed = std::random_device{}();
  app.add_option("--postgres-seconds", postgres_seconds, "Without a database")
      ->capture_default_str();
  app.add_option("--bulker-seconds", bulker_seconds, "Without Bulker")
      ->capture_default_str();
  app.add_option("--seed", seed, "The same seed makes the same choices");
  CLI11_PARSE(app, argc, argv);
  std::printf("seed %u\n%-10s %8s %8s %8s %8s %12s %8s %8s\n", seed, "away",
              "rows", "doubles", "lines", "states", "longest stop", "whole",
              "memory");
  std::mt19937 random{seed};
  auto moment = [&](double longest) {
    return seconds{0.5 + longest * static_cast<double>(random() % 1000) / 1000};
  };
  absence database{true, moment(1), seconds{postgres_seconds}};
  absence bulker{true, moment(1), seconds{bulker_seconds}};
  auto later = database;
  later.from += seconds{bulker_seconds - postgres_seconds / 2};
  const std::vector<std::tuple<const char*, absence, absence>> all = {
      {"Postgres", database, {}},
      {"Bulker", {}, bulker},
      {"both", database, bulker},
      {"in turns", later, bulker}};
  for (const auto& [name, without_database, without_bulker] : all) {
    try {
      auto f = interrupted_sync{seed}.run(without_database, without_bulker);
      std::printf("%-10s %8llu %8llu %8llu %8llu %10.1f s %6.1f s %4llu MiB\n",
                  name, static_cast<unsigned long long>(f.rows),
                  static_cast<unsigned long long>(f.doubles),
                  static_cast<unsigned long long>(f.lines),
                  static_cast<unsigned long long>(f.states_seen),
                  f.longest_stop, f.whole,
                  static_cast<unsigned long long>(f.peak_memory >> 20));
      std::fflush(stdout);
    } catch (const std::exception& error) {
      std::printf("%s: broken: %s\n", name, error.what());
      return 1;
    }
  }
  std::printf("every promise kept\n");
  return 0;
}
