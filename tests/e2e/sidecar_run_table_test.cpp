// What `sidecar run` prints at its end of rows that went into tables.
#include "support/airbyte_lines.hpp"
#include "support/run_desk.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade::test;

namespace {

constexpr std::string_view asks = "a query to try: ";

/// @returns the command that a run says to try.
std::string query_of(const program_result& ended) {
  const auto begin = ended.out.find(asks);
  REQUIRE(begin != std::string::npos);
  const auto from = begin + asks.size();
  return ended.out.substr(from, ended.out.find('\n', from) - from);
}

std::vector<std::string> connector_of(const desk& at,
                                      const std::string& lines) {
  at.folder.write("lines", lines);
  return at.script("cat " + at.folder.path("lines") + "\n");
}

std::vector<std::string> command_of(const desk& at, const std::string& to,
                                    const std::vector<std::string>& connector) {
  std::vector<std::string> out = {
      SIDECAR,      "run",
      "--config",   at.folder.path("config.json"),
      "--catalog",  at.folder.path("catalog.json"),
      "--to",       to,
      "--database", "sqlite://" + at.folder.path("tasks.db"),
      "--"};
  out.insert(out.end(), connector.begin(), connector.end());
  return out;
}

program_result run_to(const desk& at, const std::string& to,
                      const std::string& lines) {
  return watched_program{command_of(at, to, connector_of(at, lines)), at.env}
      .finish();
}

void write_catalog(const desk& at, const std::string& stream) {
  at.folder.write(
      "catalog.json",
      json{{"streams",
            {{{"stream",
               {{"name", stream},
                {"json_schema",
                 {{"properties", {{"id", {{"type", "integer"}}}}}}}}},
              {"sync_mode", "incremental"},
              {"destination_sync_mode", "append"}}}}}
          .dump());
}

} // namespace

TEST_CASE("a run prints columns, unmapped values and a query that works") {
  desk at;
  at.env["PATH"] = "/usr/bin:/bin";
  const auto* stream = "the list";
  write_catalog(at, stream);
  const auto line = [&](const std::string& data) {
    return record_line(stream, data);
  };
  const auto status = [&](const std::string& word) {
    return status_line(stream, word);
  };
  const auto to = "sqlite://" + at.folder.path("rows'2.db");
  const auto first = run_to(
      at, to, status("STARTED") + line(R"({"id":1})") + status("COMPLETE"));
  INFO(first.out << first.err);
  REQUIRE(first.exit_code == 0);
  CHECK(holds(first.out, "1 column added"));
  CHECK_FALSE(holds(first.out, "_unmapped_data"));
  const auto second =
      run_to(at, to,
             status("STARTED") + line(R"({"id":"x","name":"seen"})")
                 + line(R"({"id":"y","name":"too"})") + status("COMPLETE"));
  INFO(second.out << second.err);
  REQUIRE(second.exit_code == 0);
  CHECK(holds(second.out, "2 columns added, 2 values in _unmapped_data"));
  const auto shown = run_program({"/bin/sh", "-c", query_of(second)});
  INFO(query_of(second) << shown.err);
  CHECK(shown.exit_code == 0);
  CHECK(holds(shown.out, "seen"));
}

TEST_CASE("a run into files prints a command that shows them") {
  desk at;
  at.env["PATH"] = "/usr/bin:/bin";
  write_catalog(at, "users");
  const auto ended = run_to(at, at.folder.path("o'ut"),
                            status_line("users", "STARTED")
                                + record_line("users", R"({"id":77})")
                                + status_line("users", "COMPLETE"));
  INFO(ended.out << ended.err);
  REQUIRE(ended.exit_code == 0);
  const auto shown = run_program({"/bin/sh", "-c", query_of(ended)});
  CHECK(shown.out == "{\"id\":77}\n");
}
