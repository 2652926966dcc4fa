// `sidecar run`: what is told of a connector that ended, and its exit code.
#include "support/run_desk.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>
#include <fstream>

using namespace motorcade::test;

TEST_CASE("a connector that does not exist is named") {
  desk at;
  auto ended = at.run({"/nowhere/connector"});
  INFO(ended.out << ended.err);
  CHECK(ended.exit_code == 3);
  CHECK(holds(ended.out, "cannot run /nowhere/connector: No such file"));
  CHECK(holds(ended.out, "FAILED"));
}

TEST_CASE("a connector's bad end is reported") {
  desk at;
  auto exit_with = GENERATE(3, 137);
  auto text = "echo 'ERROR out of luck' >&2\n";
  auto how = exit_with == 137 ? std::string{"kill -9 $$\n"}
                              : "exit " + std::to_string(exit_with) + "\n";
  auto ended = at.run(at.script(text + how));
  INFO(ended.out << ended.err);
  CHECK(ended.exit_code == 3);
  CHECK(holds(ended.out, "exit code " + std::to_string(exit_with)));
  CHECK(holds(ended.out, "out of luck"));
  CHECK_FALSE(std::filesystem::exists(at.folder.path("tables/users")));
}

TEST_CASE("the exit code tells the cause") {
  desk at;

  struct row {
    const char* command;
    const char* script;
    int wanted;
    const char* printed;
  };

  constexpr auto failed =
      R"(echo '{"type":"CONNECTION_STATUS","connectionStatus":)"
      R"({"status":"FAILED","message":"no such host"}}')";
  constexpr auto succeeded =
      R"(echo '{"type":"CONNECTION_STATUS","connectionStatus":)"
      R"({"status":"SUCCEEDED"}}')";
  constexpr auto trace =
      R"(echo '{"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,)"
      R"("error":{"message":"the key s3cret-of-run is wrong",)"
      R"("failure_type":"config_error"}}}'; exit 1)";
  const std::vector<row> rows = {
      {"check", succeeded, 0, R"({"status":"SUCCEEDED"})"},
      {"check", failed, 1, R"({"status":"FAILED","message":"no such host"})"},
      {"check",
       R"(echo '{"type":"CONNECTION_STATUS","connectionStatus":)"
       R"({"status":"FAILED","message":""}}')",
       1, R"({"status":"FAILED","message":"the)"},
      {"check", "exit 7", 3, R"({"status":"FAILED","message":")"},
      {"check", "exit 0", 3, R"({"status":"FAILED","message":")"},
      {"check", trace, 3,
       R"({"status":"FAILED","message":"the key *** is wrong (config_error)"},
      {"discover", "exit 0", 3, ""},
      {"read", "exit 1", 3, "FAILED"},
      {"read", "kill -9 $$", 3, "FAILED"},
      {"read", trace, 3, "the key *** is wrong"},
  };
  at.folder.write("config.json", R"({"api_key":"s3cret-of-run"})");
  // A destination that can be used leaves the code to the connector.
  std::vector<std::string> destination;
  if (GENERATE(false, true))
    destination = {
        "--destination-config",
        at.folder.write("to.json", R"({"destinationType":"file","folder":")"
                                       + at.folder.path("tables") + "\"}")};
  for (const auto& [command, script, wanted, printed] : rows) {
    std::vector<std::string> more = {"--command", command};
    more.insert(more.end(), destination.begin(), destination.end());
    auto ended = at.run(at.script(script), more);
    INFO(command << " of " << script << ": " << ended.out << ended.err);
    CHECK(ended.exit_code == wanted);
    CHECK(holds(ended.out, printed));
    CHECK_FALSE(holds(ended.out + ended.err, "s3cret-of-run"));
    if (wanted == 1)
      CHECK(holds(ended.err, "E sidecar: check ended as FAILED"));
  }
}

TEST_CASE("a stack trace is printed once, each line with its level") {
  desk at;
  constexpr auto text =
      R"(Traceback (most recent call last):\n  File \"x\", line 1\n)"
      R"(ValueError: the cause)";
  auto lines = std::string{text};
  auto connector = at.script(
      "cat <<'END'\n"
      R"({"type":"LOG","log":{"level":"FATAL","message":"it broke\n)"
      + lines + R"("}})"
      + "\n"
        R"({"type":"TRACE","trace":{"type":"ERROR","emitted_at":1,"error":)"
        R"({"message":"it broke","stack_trace":")"
      + lines + R"("}}})"
      + "\nEND\nprintf 'Traceback (most recent call last):\\n  File \"x\", "
        "line 1\\nValueError: the cause\\n' >&2\nexit 1\n");
  auto ended = at.run(connector);
  INFO(ended.out << ended.err);
  auto all = ended.out + ended.err;
  size_t count = 0;
  for (size_t i = 0; (i = all.find("Traceback (most", i)) != std::string::npos;
       ++i)
    ++count;
  CHECK(count == 1);
  CHECK(holds(ended.err, "F source: it broke\n"));
  // Which pipe brings the trace first is not known: with it comes its level.
  auto level = holds(ended.err, "F source: ValueError") ? "F" : "E";
  CHECK(
      holds(ended.err, std::string{level} + " source:   File \"x\", line 1\n"));
  CHECK(holds(ended.err,
              std::string{level} + " source: ValueError: the cause\n"));
}

TEST_CASE("output that a connector writes at its end or leaves in its pipes is "
          "not lost") {
  struct row {
    std::string what;
    /// Printed without a newline once everything is complete.
    std::string tail;
    /// Printed by the connector as SIGTERM comes.
    std::string last_words;
    std::string result;
    size_t rows;
  };

  const auto record = record_line("users", R"({"n":9})");
  const auto whole = record.substr(0, record.size() - 1);
  const row table[] = {
      {"nothing", "", "", "SUCCESS", 1},
      {"a row without its newline", whole, "", "SUCCESS", 2},
      {"a row that breaks off", whole.substr(0, whole.size() - 5), "",
       "PARTIAL: stream users: 1 row was rejected", 1},
      {"text", "so long", "", "SUCCESS", 1},
      {"a row at the very end", "", record, "SUCCESS", 2},
      {"both", whole, "\n" + record, "SUCCESS", 3},
  };
  for (const auto& [what, tail, last_words, result, rows] : table) {
    INFO(what);
    desk at;
    at.catalog =
        at.folder.write("catalog.json", configured_catalog({"users"}).dump());
    at.env["SOURCE_EXIT_TIMEOUT_SECONDS"] = "1";
    auto ended = at.run(at.script(
        "bye() {\nprintf '%s' '" + last_words
        + "'\nexit 0\n}\ntrap bye TERM\nprintf '%s' '"
        + record_line("users", R"({"n":1})") + status_line("users", "COMPLETE")
        + "'\nprintf '%s' '" + tail + "'\nprintf '%s' 'so long, too' >&2\n"
        + at.wait_for_trap()));
    INFO(ended.out << ended.err);
    CHECK(holds(ended.out, ": " + result));
    CHECK(at.rows("users") == rows);
    CHECK(holds(ended.err, "so long, too"));
  }
}

TEST_CASE("lines of log go into no file of a run whose stderr was closed") {
  desk at;
  // The connector looks at its parent's descriptors.
  const auto seen = at.folder.path("seen");
  const auto look = at.script(
      "for fd in 0 1 2; do readlink /proc/$PPID/fd/$fd; done > " + seen + R"(
echo '{"type":"CONNECTION_STATUS","connectionStatus":{"status":"SUCCEEDED"}}'
)");
  const auto ended =
      watched_program{
          {"/bin/sh", "-c",
           std::string{"exec "} + SIDECAR + " run --command check --config "
               + at.folder.path("config.json") + " --database sqlite://"
               + at.folder.path("tasks.db") + " -- " + look.front()
               + " <&- >&- 2>&-"},
          at.env}
          .finish();
  // Nor can the answer be written.
  CHECK(ended.exit_code == 1);
  std::ifstream file{seen};
  for (std::string line; std::getline(file, line);)
    CHECK(line == "/dev/null");
  CHECK(std::filesystem::file_size(seen) == 30);
}
