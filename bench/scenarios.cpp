#include "bench/scenarios.hpp"

#include "bench/bench_run.hpp"
#include "bench/generator.hpp"
#include "bench/instruction_count.hpp"
#include "bench/play_report.hpp"

#include <nlohmann/json.hpp>
#include <sched.h>
#include <spdlog/fmt/fmt.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <stdexcept>

namespace motorcade::bench {

namespace {

/// Plays a shape at full speed, in turn with its floor. Prints medians, each
/// named after the shape.
/// @param pairs How often each of both is played.
/// @param part The goal for the throughput as a part of the floor.
/// @param core_seconds The goal for the sidecar's CPU of a GB.
void compare_to_floor(bench_run& b, const std::string& name,
                      const generator_settings& shape, unsigned repeat,
                      unsigned pairs, double part, double core_seconds) {
  const auto recording = generate(shape);
  std::vector<double> ours;
  std::vector<double> floors;
  std::vector<double> ratios;
  std::vector<double> cpu;
  std::vector<double> cpu_ratios;
  std::vector<double> switches;
  std::vector<double> busy;
  const auto bytes = static_cast<double>(recording.size()) * repeat;
  for (unsigned i = 0; i < pairs; ++i) {
    auto run = b.run(recording, shape, repeat);
    auto floor = b.floor(recording, repeat);
    ours.push_back(run.megabytes_per_second());
    floors.push_back(bytes / 1e6 / floor.seconds);
    ratios.push_back(floor.seconds / run.seconds);
    cpu.push_back(run.cpu_per_gigabyte());
    cpu_ratios.push_back(run.cpu_seconds / floor.cpu_seconds);
    switches.push_back(run.switches_per_megabyte());
    busy.push_back(run.cores_busy);
  }
  b.plain(name + ": bytes a row, whole line",
          bytes / repeat / static_cast<double>(shape.rows), "bytes");
  b.plain(name + ": throughput", median(ours), "MB/s");
  b.plain(name + ": floor, cat fifo > socket", median(floors), "MB/s");
  b.at_least(name + ": throughput as a part of the floor", median(ratios), "",
             part);
  b.at_most(name + ": CPU of the sidecar", median(cpu), "s/GB", core_seconds);
  b.at_most(name + ": CPU, as a multiple of cat's", median(cpu_ratios), "",
            4.8);
  b.at_most(name + ": context switches of the sidecar", median(switches),
            "per MB", 4);
  b.plain(name + ": the machine's cores busy", median(busy), "cores");
}

/// @returns the shape of a recording of four streams whose rows come in turn,
/// with a STATE after each thousandth row of a stream, and a LOG after each
/// thousandth row of all.
generator_settings four_streams(uint64_t rows) {
  generator_settings shape;
  shape.rows = rows;
  shape.streams = 4;
  shape.row_bytes = 318;
  shape.interleave = "rows";
  shape.states_every = 1'000;
  shape.logs_every = 1'000;
  return shape;
}

void measure_throughput(bench_run& b, bool quick) {
  generator_settings one;
  one.rows = quick ? 20'000 : 600'000;
  one.row_bytes = 430;
  // Long enough that starting and ending do not count.
  compare_to_floor(b, "1 stream", one, quick ? 1 : 10, quick ? 1 : 9, 0.8, 1.5);
  compare_to_floor(b, "4 streams in turn",
                   four_streams(quick ? 20'000 : 300'000), quick ? 1 : 4,
                   quick ? 1 : 9, 0.6, 1.2);
}

void measure_sink(bench_run& b, bool quick) {
  // The floor's own copy through `cat` is what limits here, so this is a lower
  // bound of what the sink takes.
  generator_settings shape;
  shape.rows = quick ? 20'000 : 600'000;
  shape.row_bytes = 430;
  auto recording = generate(shape);
  auto repeat = quick ? 1u : 4u;
  auto run = b.run(recording, shape, repeat);
  auto direct = push_directly(recording, repeat, b.sink());
  b.at_least("the sink alone, as a multiple of the sidecar",
             run.seconds / direct, "", 1.5);
}

void measure_memory(bench_run& b, bool quick) {
  generator_settings shape;
  shape.rows = quick ? 20'000 : 600'000;
  shape.row_bytes = 430;
  auto recording = generate(shape);
  auto once = static_cast<double>(recording.size());
  auto times = [&](double gigabytes) {
    return quick ? 1u : static_cast<unsigned>(gigabytes * 1e9 / once + 1);
  };
  auto mib = [](const play_figures& run) {
    return static_cast<double>(run.peak_rss_bytes) / (1 << 20);
  };
  b.at_most("peak memory, 1 GB", mib(b.run(recording, shape, times(1))), "MiB",
            48);
  b.at_most("peak memory, 10 GB", mib(b.run(recording, shape, times(10))),
            "MiB", 48);
  b.at_most(
      "peak memory, 1 GB, RETRY_BUFFER_BYTES=0",
      mib(b.run(recording, shape, times(1), {{"RETRY_BUFFER_BYTES", "0"}})),
      "MiB", 32);
}

void measure_latency(bench_run& b, bool quick) {
  generator_settings shape;
  shape.rows = quick ? 2'000 : 100'000;
  shape.row_bytes = 430;
  auto recording = generate(shape);
  auto run = b.run(recording, shape, 1, {}, 10'000);
  b.plain("latency at 10,000 rows/s, p50", run.p50.value_or(-1), "ms");
  b.at_most("latency at 10,000 rows/s, p99", run.p99.value_or(1e9), "ms", 10);
  b.plain("CPU of the sidecar at 10,000 rows/s",
          100 * run.cpu_seconds / run.whole_seconds, "% core");
}

void measure_silence(bench_run& b, bool quick) {
  generator_settings shape;
  shape.rows = 1;
  auto recording = generate(shape);
  play_settings playing;
  playing.sidecar = b.settings().sidecar;
  playing.database = b.settings().database;
  playing.recording = recording;
  playing.catalog = make_catalog(stream_names(shape), true);
  auto short_run = playing;
  playing.silent_seconds = quick ? 2 : 20;
  // The cost of start and end is not counted as silence.
  auto base = play(short_run, b.sink());
  auto run = play(playing, b.sink());
  b.at_most("CPU of the sidecar, silent connector",
            100 * std::max(0.0, run.cpu_seconds - base.cpu_seconds)
                / playing.silent_seconds,
            "% core", 0.3);
}

void measure_streams(bench_run& b, bool quick) {
  generator_settings shape;
  shape.rows = quick ? 20'000 : 600'000;
  shape.row_bytes = 430;
  auto one = generate(shape);
  auto many_shape = shape;
  many_shape.streams = 50;
  many_shape.interleave = "rows";
  auto many = generate(many_shape);
  std::vector<double> ratios;
  std::vector<double> memory;
  for (auto i = quick ? 1u : 5u; i > 0; --i) {
    auto single = b.run(one, shape, 2);
    auto fifty = b.run(many, many_shape, 2);
    ratios.push_back(fifty.megabytes_per_second()
                     / single.megabytes_per_second());
    memory.push_back(static_cast<double>(fifty.peak_rss_bytes) / (1 << 20));
  }
  b.at_least("50 interleaved streams as a part of one", median(ratios), "",
             0.8);
  b.at_most("peak memory, 50 interleaved streams", median(memory), "MiB", 56);
}

void measure_logs(bench_run& b, bool quick) {
  generator_settings shape;
  shape.rows = quick ? 20'000 : 600'000;
  shape.row_bytes = 430;
  auto without = generate(shape);
  for (const std::string form : {"message", "json", "text"}) {
    auto with_shape = shape;
    with_shape.logs_every = 9;
    with_shape.log_form = form;
    auto with = generate(with_shape);
    std::vector<double> costs;
    std::vector<double> whole;
    std::vector<double> cpu;
    for (auto i = quick ? 1u : 5u; i > 0; --i) {
      auto quiet = b.run(without, shape, 1);
      auto chatty = b.run(with, with_shape, 1);
      costs.push_back(
          100 * (1 - chatty.rows_per_second() / quiet.rows_per_second()));
      whole.push_back(100 * (chatty.whole_seconds / quiet.whole_seconds - 1));
      auto lines = static_cast<double>(shape.rows)
                   / static_cast<double>(with_shape.logs_every);
      cpu.push_back(1e6 * (chatty.cpu_seconds - quiet.cpu_seconds) / lines);
    }
    if (form == "message") {
      b.at_most("a log line in every tenth line costs, rows delivered",
                median(costs), "%", 10);
      b.plain("a log line in every tenth line costs, to the very end",
              median(whole), "%");
    }
    b.plain("CPU of a log line, " + form, median(cpu), "us");
  }
}

void measure_small_rows(bench_run& b, bool quick) {
  generator_settings shape;
  shape.rows = quick ? 50'000 : 3'000'000;
  shape.row_bytes = 100;
  auto recording = generate(shape);
  std::vector<double> rates;
  for (auto i = quick ? 1u : 5u; i > 0; --i)
    rates.push_back(b.run(recording, shape, 1).rows_per_second() / 1e6);
  b.plain("data of a small row",
          static_cast<double>(b.sink().bytes())
              / static_cast<double>(std::max<uint64_t>(1, b.sink().rows())),
          "bytes");
  b.at_least("small rows", median(rates), "M/s", 1.5);
}

void measure_instructions(bench_run& b, bool quick) {
  const auto shape = four_streams(quick ? 2'000 : 100'000);
  play_settings playing;
  playing.sidecar = b.settings().sidecar;
  playing.database = b.settings().database;
  playing.catalog = make_catalog(stream_names(shape), true);
  if (const auto counted = count_instructions(playing, shape, b.sink()))
    b.at_most("instructions a byte, 4 streams in turn", *counted, "", 7);
  else
    fmt::print(stderr, "instructions a byte: skipped, there is no valgrind\n");
}

/// Loads one core for as long as it lives.
class busy_core {
public:
  explicit busy_core(int core) : id_{::fork()} {
    if (id_ != 0)
      return;
    pin(core);
    std::atomic<uint64_t> spins = 0;
    for (;;)
      spins.fetch_add(1, std::memory_order_relaxed);
  }

  ~busy_core() {
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }

  busy_core(const busy_core&) = delete;
  busy_core& operator=(const busy_core&) = delete;

  static void pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    ::sched_setaffinity(0, sizeof(set), &set);
  }

private:
  pid_t id_;
};

void measure_half_core(bench_run& b, bool quick) {
  generator_settings shape;
  shape.rows = quick ? 20'000 : 600'000;
  shape.row_bytes = 430;
  auto recording = generate(shape);
  // The sidecar and a busy loop share a core; writer and sink have the other.
  auto own = b.settings();
  play_settings playing;
  playing.sidecar = "taskset";
  playing.sidecar_arguments = {"-c", "0", own.sidecar};
  playing.database = own.database;
  playing.recording = recording;
  playing.catalog = make_catalog(stream_names(shape), true);
  busy_core load{0};
  auto run = play(playing, b.sink());
  if (!run.delivered_all())
    throw std::runtime_error{"half a core was not enough to succeed"};
  b.plain("throughput on half a core", run.megabytes_per_second(), "MB/s");
  b.plain("cores used meanwhile", run.cpu_seconds / run.whole_seconds, "cores");
}

} // namespace

std::string default_sidecar() {
  std::error_code error;
  auto own = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "sidecar" : (own.parent_path() / "sidecar").string();
}

int run_scenarios(const scenario_settings& settings) {
  bench_run b{settings};
  using measure = void (*)(bench_run&, bool);
  const std::vector<std::pair<std::string_view, measure>> all = {
      {"throughput", measure_throughput},
      {"instructions", measure_instructions},
      {"sink", measure_sink},
      {"streams", measure_streams},
      {"small", measure_small_rows},
      {"logs", measure_logs},
      {"latency", measure_latency},
      {"silence", measure_silence},
      {"half core", measure_half_core},
      {"memory", measure_memory}};
  for (const auto& [name, run] : all)
    if (b.wanted(name))
      run(b, settings.quick);
  if (settings.json) {
    auto out = nlohmann::ordered_json::array();
    for (const auto& f : b.figures)
      out.push_back({{"name", f.name},
                     {"value", f.value},
                     {"unit", f.unit},
                     {"goal", f.goal},
                     {"reached", f.reached}});
    fmt::print("{}\n", out.dump(2));
  }
  return 0;
}

} // namespace motorcade::bench
