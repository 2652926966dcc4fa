#include "bench/generator.hpp"
#include "bench/play_report.hpp"
#include "bench/playing.hpp"
#include "bench/recorder.hpp"
#include "bench/scenarios.hpp"
#include "runtime/base/standard_files.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include <csignal>
#include <fstream>
#include <iostream>

using namespace motorcade::bench;

int main(int argc, char** argv) {
  motorcade::open_standard_files();
  ::signal(SIGPIPE, SIG_IGN);
  CLI::App app{"Plays recorded connector output into a sidecar and measures."};
  app.require_subcommand(1);

  play_settings playing;
  playing.sidecar = default_sidecar();
  std::string recording;
  auto json = false;
  auto pairs = 5u;
  auto* play_command = app.add_subcommand(
      "play", "Plays a recording, beside its floor, `cat fifo > socket`");
  play_command->add_option("recording", recording, ".jsonl or .jsonl.zst")
      ->required()
      ->check(CLI::ExistingFile);
  play_command
      ->add_option("--database", playing.database,
                   "DATABASE_URL of the sidecar")
      ->required();
  play_command->add_option("--to", playing.bulker_url,
                           "BULKER_URL; default: the counting sink");
  play_command->add_option("--rows-per-second", playing.rows_per_second,
                           "Default: as fast as it goes");
  play_command->add_flag("--own-timing", playing.own_timing,
                         "Keep the distances of emitted_at");
  play_command->add_option("--repeat", playing.repeat, "Play it so often")
      ->capture_default_str();
  play_command
      ->add_option("--pairs", pairs, "Runs of the sidecar and of the floor")
      ->capture_default_str();
  play_command->add_option("--sidecar", playing.sidecar, "The program")
      ->capture_default_str();
  play_command->add_flag("--json", json, "Print JSON");

  std::string output;
  std::string recorded = "recording.jsonl.zst";
  std::vector<std::string> connector;
  auto* record_command = app.add_subcommand(
      "record", "Records what a connector prints on stdout, as .jsonl.zst");
  record_command->add_option("--output", recorded, "The file")
      ->capture_default_str();
  record_command->add_option("connector", connector, "-- CONNECTOR [ARGS…]")
      ->required();

  generator_settings generating;
  auto* generate_command =
      app.add_subcommand("generate", "Makes a synthetic recording");
  generate_command->add_option("--rows", generating.rows)
      ->capture_default_str();
  generate_command->add_option("--streams", generating.streams)
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  generate_command->add_option("--row-bytes", generating.row_bytes)
      ->capture_default_str();
  generate_command->add_option("--interleave", generating.interleave)
      ->check(CLI::IsMember({"none", "rows", "random"}))
      ->capture_default_str();
  generate_command->add_option("--states-every", generating.states_every)
      ->capture_default_str();
  generate_command->add_option("--logs-every", generating.logs_every)
      ->capture_default_str();
  generate_command->add_option("--log-form", generating.log_form)
      ->check(CLI::IsMember({"message", "json", "text"}))
      ->capture_default_str();
  generate_command->add_option("--seed", generating.seed)
      ->capture_default_str();
  generate_command->add_option("--output", output,
                               "The file; .zst compresses; default: stdout");

  scenario_settings scenario;
  scenario.sidecar = playing.sidecar;
  auto* bench_command = app.add_subcommand(
      "bench", "Measures every figure that has a goal, in one run");
  bench_command->add_option("--database", scenario.database, "Postgres")
      ->required();
  bench_command->add_flag("--quick", scenario.quick,
                          "Small inputs: does it run, not how fast");
  bench_command->add_option("--only", scenario.only, "Figures with this word");
  bench_command->add_flag("--json", scenario.json, "Print JSON");

  CLI11_PARSE(app, argc, argv);
  try {
    if (play_command->parsed())
      return play_and_report(playing, load_recording(recording), pairs, json);
    if (record_command->parsed())
      return record(recorded, connector);
    if (bench_command->parsed())
      return run_scenarios(scenario);
    auto text = generate(generating);
    if (output.empty())
      std::cout << text << std::flush;
    else
      save_recording(output, text);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "replay: {}\n", error.what());
    return 1;
  }
}
