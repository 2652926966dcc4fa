#pragma once

#include "bench/generator.hpp"
#include "bench/playing.hpp"
#include "bench/scenarios.hpp"

#include <spdlog/fmt/fmt.h>

#include <cstdint>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motorcade::bench {

/// One figure with its goal.
struct figure {
  std::string name;
  double value;
  std::string unit;
  /// Empty: there is none.
  std::string goal;
  bool reached;
};

/// Plays into one sidecar and one sink, prints figures with their goals, and
/// keeps them for the JSON.
class bench_run {
public:
  /// @param settings Which sidecar, and which figures.
  explicit bench_run(const scenario_settings& settings) : settings_{settings} {}

  /// Prints and keeps a figure that reaches its goal if it is that large.
  void at_least(const std::string& name, double value, const std::string& unit,
                double goal) {
    add({name, value, unit, fmt::format(">= {}", goal), value >= goal});
  }

  /// Prints and keeps a figure that reaches its goal if it is no larger.
  void at_most(const std::string& name, double value, const std::string& unit,
               double goal) {
    add({name, value, unit, fmt::format("<= {}", goal), value <= goal});
  }

  /// Prints and keeps a figure without a goal.
  void plain(const std::string& name, double value, const std::string& unit) {
    add({name, value, unit, "", true});
  }

  /// @returns whether the figures of that name are asked for.
  bool wanted(std::string_view name) const {
    return settings_.only.empty()
           || name.find(settings_.only) != std::string_view::npos;
  }

  /// Plays a recording into the sidecar. Throws std::runtime_error if that
  /// fails or does not deliver every row.
  /// @param shape What the recording was made from; its streams are the
  /// catalog's.
  /// @param environment More variables of the sidecar.
  /// @param rows_per_second 0: as fast as it goes.
  play_figures run(const std::string& recording,
                   const generator_settings& shape, uint64_t repeat,
                   std::map<std::string, std::string> environment = {},
                   double rows_per_second = 0) {
    play_settings playing;
    playing.sidecar = settings_.sidecar;
    playing.database = settings_.database;
    playing.recording = recording;
    playing.repeat = repeat;
    playing.catalog = make_catalog(stream_names(shape), true);
    playing.environment = std::move(environment);
    playing.rows_per_second = rows_per_second;
    auto out = play(playing, sink_);
    if (!out.delivered_all())
      throw std::runtime_error{
          fmt::format("the sidecar ended with {} and delivered {} of {} rows",
                      out.exit_code, out.delivered_rows, out.rows)};
    return out;
  }

  /// Plays it into `cat`, whose output the sink takes.
  floor_figures floor(const std::string& recording, uint64_t repeat) {
    return play_floor(recording, repeat, sink_);
  }

  /// @returns the sink that takes all rows.
  counting_sink& sink() { return sink_; }

  /// @returns what was asked for.
  const scenario_settings& settings() const { return settings_; }

  /// All that were measured.
  std::vector<figure> figures;

private:
  /// Prints a figure, and keeps it. A quick run says nothing of its goal.
  void add(figure f) {
    if (!settings_.json)
      fmt::print("{:<52} {:>12.3f} {:<8} {:>10}  {}\n", f.name, f.value, f.unit,
                 f.goal,
                 f.goal.empty() || settings_.quick ? ""
                 : f.reached                       ? "reached"
                                                   : "MISSED");
    std::fflush(stdout);
    figures.push_back(std::move(f));
  }

  scenario_settings settings_;
  counting_sink sink_;
};

} // namespace motorcade::bench
