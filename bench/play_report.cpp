#include "bench/play_report.hpp"

#include "bench/generator.hpp"
#include "bench/recorder.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace motorcade::bench {

namespace {

nlohmann::ordered_json to_json(const play_figures& run) {
  nlohmann::ordered_json out = {
      {"rows_per_second", run.rows_per_second()},
      {"megabytes_per_second", run.megabytes_per_second()},
      {"cpu_seconds_per_gigabyte", run.cpu_per_gigabyte()},
      {"context_switches_per_megabyte", run.switches_per_megabyte()},
      {"cores_busy", run.cores_busy},
      {"peak_rss_bytes", run.peak_rss_bytes},
      {"seconds", run.seconds},
      {"delivered_rows", run.delivered_rows},
      {"exit_code", run.exit_code}};
  if (run.p50) {
    out["latency_p50_ms"] = *run.p50;
    out["latency_p99_ms"] = *run.p99;
  }
  return out;
}

} // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int play_and_report(play_settings settings, const std::string& recording,
                    unsigned pairs, bool json) {
  auto [streams, states] = survey(recording);
  settings.recording = recording;
  settings.catalog = make_catalog(streams, states);
  counting_sink sink;
  std::vector<double> rows, megabytes, cpu, switches, busy, memory, p50, p99,
      floors, ratios, cpu_ratios;
  auto fine = true;
  auto all = nlohmann::ordered_json::array();
  auto with_floor = settings.bulker_url.empty() && settings.rows_per_second == 0
                    && !settings.own_timing;
  for (unsigned i = 0; i < std::max(1u, pairs); ++i) {
    auto run = play(settings, sink);
    all.push_back(to_json(run));
    if (settings.bulker_url.empty() ? !run.delivered_all()
                                    : run.exit_code != 0) {
      fine = false;
      fmt::print(stderr,
                 "the sidecar ended with {}; the sink has {} of the {} rows\n",
                 run.exit_code, run.delivered_rows, run.rows);
      break;
    }
    rows.push_back(run.rows_per_second());
    megabytes.push_back(run.megabytes_per_second());
    cpu.push_back(run.cpu_per_gigabyte());
    switches.push_back(run.switches_per_megabyte());
    busy.push_back(run.cores_busy);
    memory.push_back(static_cast<double>(run.peak_rss_bytes) / (1 << 20));
    if (run.p50) {
      p50.push_back(*run.p50);
      p99.push_back(*run.p99);
    }
    if (with_floor) {
      auto floor = play_floor(recording, settings.repeat, sink);
      floors.push_back(static_cast<double>(run.bytes) / 1e6 / floor.seconds);
      ratios.push_back(floor.seconds / run.seconds);
      cpu_ratios.push_back(run.cpu_seconds / floor.cpu_seconds);
      all.back()["floor_seconds"] = floor.seconds;
      all.back()["floor_cpu_seconds"] = floor.cpu_seconds;
    }
  }
  if (json) {
    nlohmann::ordered_json out = {{"runs", all}};
    if (fine && !ratios.empty())
      out["median_part_of_floor"] = median(ratios);
    fmt::print("{}\n", out.dump(2));
  }
  if (json || !fine)
    return fine ? 0 : 1;
  auto show = [](std::string_view name, std::vector<double> values,
                 std::string_view unit) {
    if (!values.empty())
      fmt::print("{:<28} {:>14.2f} {}\n", name, median(std::move(values)),
                 unit);
  };
  show("rows", rows, "rows/s");
  show("bytes", megabytes, "MB/s");
  show("CPU of the sidecar", cpu, "core-seconds/GB");
  show("context switches", switches, "per MB");
  show("the machine's cores busy", busy, "cores");
  show("peak memory", memory, "MiB");
  show("latency p50", p50, "ms");
  show("latency p99", p99, "ms");
  show("floor: cat fifo > socket", floors, "MB/s");
  show("part of the floor", ratios, "");
  show("CPU, as a multiple of cat's", cpu_ratios, "");
  return 0;
}

} // namespace motorcade::bench
