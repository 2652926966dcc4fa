#include "schema/log/log_line_level.hpp"

#include <catch2/catch_all.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace motorcade;

namespace {

std::string named(std::string_view line) {
  auto level = find_named_level(line);
  return level ? std::string{to_string(*level)} : "-";
}

/// The levels of the lines of one pipe.
std::vector<std::string> levels(const std::vector<std::string>& lines,
                                log_level otherwise = log_level::info) {
  log_line_levels pipe{otherwise};
  std::vector<std::string> out;
  out.reserve(lines.size());
  for (const auto& line : lines)
    out.emplace_back(to_string(pipe.next(line).level));
  return out;
}

using strings = std::vector<std::string>;

} // namespace

TEST_CASE("a level is found where loggers put it", "[levels]") {
  struct row {
    const char* line;
    const char* level;
  };

  const row rows[] = {
      // As the first word.
      {"INFO starting", "INFO"},
      {"warning: x", "WARN"},
      {"Warning: x", "WARN"},
      {"ERROR:root:no", "ERROR"},
      {"error", "ERROR"},
      {"FATAL", "FATAL"},
      {"CRITICAL - x", "FATAL"},
      {"SEVERE: x", "ERROR"},
      {"NOTICE: x", "INFO"},
      {"FINE: x", "DEBUG"},
      {"FINEST: x", "TRACE"},
      {"debug x", "DEBUG"},
      {"  info x", "INFO"},
      {"ERR x", "ERROR"},
      {"panic: x", "FATAL"},
      // Behind a time.
      {"2022-06-07 22:46:39 INFO i.a.i.s.p.PostgresSource(main):409 - x",
       "INFO"},
      {"2022-06-07 22:46:40 WARN i.a.c.DbSource(read):12 - x", "WARN"},
      {"2022-06-07 22:46:40 source > ERROR x", "ERROR"},
      {"2022-06-07 22:46:40,123 main ERROR Unable", "ERROR"},
      {"2024-01-01 00:00:00,123 - root - INFO - x", "INFO"},
      {"2024-01-01T00:00:00.123Z  INFO rust tracing", "INFO"},
      {"2024-01-01T00:00:00+00:00 warn x", "WARN"},
      {"22:46:39.123 [main] DEBUG c.e.App - x", "DEBUG"},
      {"[2024-01-01 00:00:00] ERROR x", "ERROR"},
      {"[2024-01-01 00:00:00 +0000] [7] [INFO] gunicorn", "INFO"},
      {"[2024-01-01 00:00:00,123: WARNING/MainProcess] celery", "WARN"},
      {"2024-01-01 00:00:00.000 | ERROR    | mod:fn:1 - loguru", "ERROR"},
      {"2024-01-01 00:00:00.000  WARN 12345 --- [main] c.e.App : x", "WARN"},
      {"[2024-01-01 00:00:00] production.ERROR: laravel", "ERROR"},
      {"Jan  1 00:00:00 2024 INFO x", "INFO"},
      {"06/07/22 22:46:39 INFO SparkContext: x", "INFO"},
      {"I0607 22:46:39.000 1 file.go:12] x", "INFO"},
      {"E0607 22:46:39.000 1 file.go:12] x", "ERROR"},
      {"[W 2024-01-01 00:00:00 app:12] tornado", "WARN"},
      {"E, [2024-01-01T00:00:00 #1] ERROR -- : ruby", "ERROR"},
      {"1700000000.123 INFO x", "INFO"},
      // Behind names and brackets.
      {"time - root - INFO - x", "INFO"},
      {"root - WARNING - x", "WARN"},
      {"root: ERROR: x", "ERROR"},
      {"airbyte_cdk.sources - ERROR - x", "ERROR"},
      {"[main] WARN x", "WARN"},
      {"[main] warn x", "WARN"},
      {"[error] x", "ERROR"},
      {"[INFO ] x", "INFO"},
      {"(warn) x", "WARN"},
      {"<error> x", "ERROR"},
      {"[Thread-1/WARN]: x", "WARN"},
      {"main | INFO | x", "INFO"},
      {"<3>kernel", "ERROR"},
      {"<6>kernel", "INFO"},
      // In pairs and in JSON.
      {"time=\"2024\" level=warning msg=x", "WARN"},
      {"ts=1 level=error msg=x", "ERROR"},
      {"lvl=dbug msg=x", "DEBUG"},
      {"t=1 lvl=crit msg=x", "FATAL"},
      {R"({"level":"warn","msg":"x"})", "WARN"},
      {R"({"level":30,"msg":"pino"})", "INFO"},
      {R"({"level":40,"msg":"pino"})", "WARN"},
      {R"({"level":60,"msg":"pino"})", "FATAL"},
      {R"({"level":10,"msg":"pino"})", "TRACE"},
      {R"({"name":"b","level":50,"msg":"bunyan","v":0})", "ERROR"},
      {R"({"level":3,"short_message":"gelf"})", "ERROR"},
      {R"({"levelno":30,"msg":"python"})", "WARN"},
      {R"({"levelname":"ERROR","message":"python"})", "ERROR"},
      {R"({"severity":"CRITICAL","message":"google"})", "FATAL"},
      {R"({"severityNumber":17,"body":"otel"})", "ERROR"},
      {R"({"log.level":"debug","message":"ecs"})", "DEBUG"},
      {R"({"log":{"level":"error"},"message":"ecs"})", "ERROR"},
      {R"({"@l":"Warning","@m":"serilog"})", "WARN"},
      {R"({"msg":"ERROR in the text alone"})", "-"},
      {R"({"level":"error","msg":"cut)", "ERROR"},
      {R"(app  | {"level":"warn","msg":"x"})", "WARN"},
      // Words of a sentence.
      {"found 3 ERROR rows in the table", "-"},
      {"3 ERROR rows", "-"},
      {"the page says FATAL", "-"},
      {"error_count=5", "-"},
      {"errors: 0", "-"},
      {"information", "-"},
      {"info@example.com wrote", "-"},
      {"debug=true", "-"},
      {"error.log was opened", "-"},
      {"Config loaded", "-"},
      {"Fine, that works", "-"},
      {"Notice the gap", "-"},
      {"Fetching page 1 of ERROR", "-"},
      {"starting", "-"},
      {"", "-"},
      {"2024-01-01 00:00:00 read 5 rows, no ERROR", "-"},
  };
  for (const auto& [line, level] : rows) {
    INFO(line);
    CHECK(named(line) == level);
  }
}

TEST_CASE("a level is found behind dates and times of all forms", "[levels]") {
  for (const char* stamp : {
           "2022-06-07 22:46:39",
           "2022-06-07 22:46:39.123",
           "2022-06-07 22:46:39,123456",
           "2022-06-07 22:46:39:123",
           "2022-06-07T22:46:39Z",
           "2022-06-07T22:46:39.123456789+02:00",
           "2022-06-07T22:46:39-0700",
           "2022-06-07T22:46:39+02:00[Europe/Berlin]",
           "2022-06-07 22:46:39 +0200",
           "2022-06-07 22:46:39 UTC",
           "2022-06-07 22:46:39 CEST",
           "2022-06-07 22:46:39 PDT",
           "2022-06-07 10:46:39 PM",
           "2022-06-07 22:46",
           "2022-06-07",
           "2022/06/07 22:46:39",
           "2022/06/07 22:46:39.123456",
           "2022.06.07 22:46:39",
           "22/06/07 22:46:39",
           "06/07/2022 10:46:39 PM",
           "6/7/2022 10:46 AM",
           "07.06.2022 22:46:39",
           "20220607 22:46:39",
           "20220607T224639",
           "2022-Jun-07 22:46:39.123456",
           "07-Jun-2022 22:46:39.123",
           "07-JUN-22 10.46.39.123 PM",
           "07/Jun/2022:22:46:39 +0000",
           "07/Jun/2022 22:46:39",
           "7 Jun 2022 22:46:39",
           "07 June 2022, 22:46:39",
           "Jun 07, 2022 10:46:39 PM",
           "Jun 7, 2022, 10:46:39 PM",
           "Jun 07, 2022",
           "June 7, 2022 at 10:46:39 PM",
           "Jun  7 22:46:39",
           "Jun 07 22:46:39.123",
           "Jun  7 22:46:39 2022",
           "Jun-07-2022 22:46:39",
           "Tue Jun  7 22:46:39 2022",
           "Tue Jun 07 22:46:39 UTC 2022",
           "Tue, 07 Jun 2022 22:46:39 GMT",
           "Tuesday, June 7, 2022 22:46:39",
           "22:46:39",
           "22:46:39.123",
           "10:46:39 PM",
           "1654642000",
           "1654642000.123",
           "1654642000123",
           "1654642000,123456",
       })
    for (const auto& [behind, level] :
         std::vector<std::pair<std::string, std::string>>{
             {" ERROR x", "ERROR"},
             {" SEVERE: x", "ERROR"},
             {" [ERROR] x", "ERROR"},
             {" - ERROR - x", "ERROR"},
             {" | WARNING | x", "WARN"},
             {": WARN: x", "WARN"},
             {" warn x", "WARN"},
             {" [main] DEBUG c.x.Foo - x", "DEBUG"},
             {" com.x.Foo main SEVERE: x", "ERROR"},
             {" main ERROR x", "ERROR"},
             {" level=error msg=x", "ERROR"},
             {" read 5 rows, no ERROR", "-"},
             {" x", "-"}}) {
      INFO(stamp + behind);
      CHECK(named(stamp + behind) == level);
      CHECK(named("[" + std::string{stamp} + "]" + behind) == level);
    }
  for (const auto& [line, level] :
       std::vector<std::pair<std::string, std::string>>{
           {"[Tue Jun 07 22:46:39.123456 2022] [core:error] [pid 7] x",
            "ERROR"},
           {"[2022-06-07T22:46:39Z ERROR app] x", "ERROR"},
           {"[2022-06-07T22:46:39Z warn app] x", "WARN"},
           {"2022-06-07 22:46:39,123:ERROR:root:x", "ERROR"},
           {"E20220607 22:46:39.123456  7 a.cc:3] x", "ERROR"},
           {"W0607 22:46:39.123456 7 a.go:3] x", "WARN"},
           {"<3>Jun  7 22:46:39 host app[7]: x", "ERROR"},
           {"<11>1 2022-06-07T22:46:39Z host app - - x", "ERROR"},
           {"<30>x", "INFO"},
           {"<165>x", "INFO"},
           {"<192>x", "-"},
           {"Jun  7 22:46:39 host app[7]: ERROR x", "ERROR"},
           {"2022-06-07 22:46:39 UTC [7] FATAL:  x", "FATAL"},
           {"2022/06/07 22:46:39 [error] 7#7: *1 x", "ERROR"},
           {"2022/06/07 22:46:39 main.go:3: WARN x", "WARN"},
           // No dates.
           {"7 ERROR rows", "-"},
           {"May ERROR be", "-"},
           {"Sun ERROR", "-"},
           {"12 Monkeys ERROR", "-"},
           {"12345678 ERROR rows", "-"}}) {
    INFO(line);
    CHECK(named(line) == level);
  }
}

TEST_CASE("a level in a second line counts for the first one", "[levels]") {
  log_line_levels pipe{log_level::warn};
  auto next = [&](const char* line, const char* following) {
    return to_string(pipe.next(line, following).level);
  };
  const auto* head = "Jun 07, 2022 10:46:39 PM com.x.Foo main";
  CHECK(next(head, "INFO: x\nJun 07") == "INFO");
  CHECK(next("INFO: x", "") == "INFO");
  CHECK(next(head, "SEVERE: x") == "ERROR");
  CHECK(next("2022-06-07 22:46:39 org.x.Foo$Bar <init>", "FINE: x") == "DEBUG");
  CHECK(next(head, "and so on") == "WARN");
  CHECK(next(head, "") == "WARN");
  CHECK(next("starting up", "SEVERE: x") == "WARN");
}

TEST_CASE("a line without a level has that of its pipe", "[levels]") {
  CHECK(levels({"starting"}) == strings{"INFO"});
  CHECK(levels({"starting"}, log_level::warn) == strings{"WARN"});
  CHECK(levels({"INFO x"}, log_level::warn) == strings{"INFO"});
}

TEST_CASE("a stack trace has the level of its head", "[levels]") {
  const strings python = {"Traceback (most recent call last):",
                          "  File \"/x/source.py\", line 3, in read",
                          "    raise ValueError(\"INFO\")", "ValueError: bad"};
  const strings all_error(4, "ERROR");
  CHECK(levels(python) == all_error);
  CHECK(levels(python, log_level::warn) == all_error);
  // After a line of mere information it is still what failed.
  auto behind = python;
  behind.insert(behind.begin(), "INFO starting");
  behind.emplace_back("INFO next");
  CHECK(levels(behind)
        == strings{"INFO", "ERROR", "ERROR", "ERROR", "ERROR", "INFO"});
  // Its last line says why, whatever words it has.
  for (const auto* why :
       {"ValueError: DEBUG must be a bool", "MyErr: INFO table missing",
        "pkg.errors.ApiError: [INFO] sqlstate 08001: cannot connect",
        "ValueError: INFO is no number", "KeyError: info", "Nothing",
        "x.Y: level=debug"}) {
    INFO(why);
    auto trace = python;
    trace.back() = why;
    CHECK(levels(trace) == all_error);
  }
  // One that a logger began is a line of its own.
  auto logged = python;
  logged.back() = "INFO: next";
  CHECK(levels(logged) == strings{"ERROR", "ERROR", "ERROR", "INFO"});
  auto critical = python;
  critical.insert(critical.begin(), "CRITICAL:root:no");
  CHECK(levels(critical) == strings(5, "FATAL"));
  CHECK(
      levels({"2024-01-01 00:00:00 ERROR c.e.App - no",
              "java.lang.RuntimeException: x", "\tat c.e.App.run(App.java:3)",
              "Caused by: java.io.IOException: y", "\tat c.e.App.io(App.java)",
              "\t... 12 more", "next"})
      == strings{"ERROR", "ERROR", "ERROR", "ERROR", "ERROR", "ERROR", "INFO"});
  CHECK(levels({"[main] WARN c.e.App - retry", "java.io.IOException: x",
                "\tat c.e.App.run(App.java:3)"})
        == strings{"WARN", "WARN", "WARN"});
  CHECK(
      levels({"Exception in thread \"main\" java.lang.Error: x", "\tat a.b()"})
      == strings{"ERROR", "ERROR"});
  CHECK(levels({"INFO dumping", "\tat a.b()"}) == strings{"INFO", "INFO"});
  CHECK(levels({"\tat a.b()"}) == strings{"ERROR"});
  CHECK(levels({"TypeError: x", "    at main (a.js:1:2)"})
        == strings{"ERROR", "ERROR"});
  CHECK(
      levels({"ValueError: a", "During handling of the above exception, another"
                               " exception occurred:"})
      == strings{"ERROR", "ERROR"});
  CHECK(levels({"thread 'main' panicked at src/main.rs:2:5:"})
        == strings{"ERROR"});
  CHECK(levels(
            {"/x/y.py:12: DeprecationWarning: old", "  warnings.warn(\"old\")"})
        == strings{"WARN", "WARN"});
  CHECK(levels({"ERROR config:", "  host: a", "next"})
        == strings{"ERROR", "ERROR", "INFO"});
}

TEST_CASE("lines that continue an earlier batch are recognised", "[levels]") {
  log_line_levels pipe{log_level::info};
  auto frame = pipe.next("\tat a.b()");
  CHECK(frame.of_earlier_line);
  CHECK(frame.level == log_level::error);
  CHECK_FALSE(pipe.head());
  CHECK_FALSE(pipe.next("WARN x").of_earlier_line);
  CHECK_FALSE(pipe.next("\tat a.b()").of_earlier_line);
  CHECK(pipe.head() == log_level::warn);
}
