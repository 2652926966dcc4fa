// What a read makes of lines that could not be read, and of rows under names
// that are almost the catalog's.
#include "support/session_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;

namespace {

using strings = session_world::strings;
using reason = session_end;

void give_misnamed(session_world& world, const std::string& name,
                   uint64_t rows) {
  parsed_slab slab;
  slab.lines = rows;
  slab.faults[static_cast<size_t>(line_fault::unknown_stream)] = rows;
  slab.misnamed.push_back({{"", name}, {0}, "they differ only in case", rows});
  world->on_slab(slab, world.now);
}

void give_unreadable(session_world& world, message_kind kind, uint64_t count) {
  parsed_slab slab;
  slab.lines = count;
  slab.unreadable[static_cast<size_t>(kind)] = count;
  world->on_slab(slab, world.now);
}

} // namespace

TEST_CASE("a stream whose rows all came under another name is FAILED") {
  session_world world;
  world.incremental();
  give_misnamed(world, "A", 2);
  world.state(0, "1");
  world.global("2");
  world.complete(0);
  world.end(reason::source_ended, 0);
  CHECK(world->settled());
  CHECK(world.decided().empty());
  CHECK(world.outcome()
        == "FAILED 1 stream a: no rows came of the stream, and 2 rows of A "
           "(they differ only in case) were dropped, which the catalog does "
           "not have: the catalog must name the stream as the connector does "
           "(config_error)");
}

TEST_CASE("any name that a connector gives stands in one line, and is cut") {
  for (const auto& odd :
       {std::string{"a\nERROR b"}, std::string{"a\r\u2028\u0085b"},
        std::string(100'000, 'x')}) {
    INFO(odd.substr(0, 20));
    const stream_id name{odd, odd};
    error_trace error;
    error.message = "no such page";
    error.stream = name;
    session_world world;
    world.incremental();
    world.say(message{
        stream_status_trace{name, stream_status_trace::status::complete, {}}});
    world.say(error);
    world.say(message{state_message{state_kind::stream, name, "{}", {}}});
    give_misnamed(world, odd, 5);
    line_report told;
    told.reason = line_fault::unknown_stream;
    told.stream = odd;
    parsed_slab slab;
    slab.faults[static_cast<size_t>(told.reason)] = 5;
    slab.items.emplace_back(told);
    world->on_slab(slab, world.now);
    world.complete(0);
    world.end(reason::source_ended, 0);
    auto lines = world.logs;
    lines.push_back(world.stream_status(0));
    lines.push_back(world.outcome());
    CHECK(lines.size() >= 5);
    for (const auto& line : lines) {
      CHECK(line.size() < 1'000);
      for (const auto* end : {"\n", "\r", "\u2028", "\u0085"})
        CHECK(line.find(end) == std::string::npos);
    }
  }
}

TEST_CASE("states are saved over misnamed rows once rows of the stream's own "
          "name came") {
  session_world world;
  world.incremental();
  SECTION("before them") {
    give_misnamed(world, "A", 2);
    world.state(0, "0");
    CHECK(world.decided().empty());
    world.rows(0, 3);
  }
  SECTION("behind them") {
    world.rows(0, 3);
    give_misnamed(world, "A", 2);
  }
  world.state(0, "1");
  world.complete(0);
  world.end(reason::source_ended, 0);
  world.committed(0, 1);
  world->on_states_saved(1);
  CHECK(world->outcome().status == task_status::partial);
  CHECK(world.decided().back() == "save a=1");
}

TEST_CASE("unreadable messages are a doubt, each by its kind") {
  struct row {
    message_kind kind;
    uint64_t count;
    const char* outcome;
  };

  for (const auto& [kind, count, outcome] : {
           row{message_kind::state, 1,
               "PARTIAL 0 1 STATE could not be read, see the task's log"},
           {message_kind::trace, 2,
            "PARTIAL 0 2 TRACEs could not be read, see the task's log"},
           {message_kind::control, 1,
            "PARTIAL 0 1 CONTROL could not be read, see the task's log"},
           {message_kind::unknown, 1,
            "PARTIAL 0 1 message could not be read, see the task's log"},
       }) {
    session_world world;
    world.full();
    world.rows(0, 1);
    give_unreadable(world, kind, count);
    world.complete(0);
    world.end(reason::source_ended, 0);
    world.committed(0, 1);
    CHECK(world.outcome() == outcome);
    CHECK(world->metrics(nullptr).find("\"unreadable\":{\""
                                       + std::string{to_string(kind)}
                                       + "\":" + std::to_string(count) + "}")
          != std::string::npos);
  }
}

TEST_CASE("the text of a broken TRACE ERROR is in the reason") {
  session_world world;
  world.full();
  world.rows(0, 1);
  line_report report;
  report.reason = line_fault::malformed_json;
  report.what = "expected a value";
  report.kind = message_kind::trace;
  report.said = "the server said 500";
  world.say(report);
  world.end(reason::source_ended, 1);
  CHECK(world.outcome().find("the server said 500") != std::string::npos);
}

TEST_CASE("a COMPLETE that cannot be read explains a stream without one") {
  session_world world;
  world.full();
  world.status(0, stream_status_trace::status::started);
  give_unreadable(world, message_kind::trace, 1);
  world.end(reason::source_ended, 0);
  CHECK(world.stream_status(0)
        == "FAILED the connector ended without completing the stream: 1 TRACE "
           "could not be read, see the task's log");
}

TEST_CASE("of a stack trace the reason is the error, on either pipe") {
  session_world world;
  world.full();
  const char* java[] = {"Exception in thread \"main\" x.Error: no",
                        "\tat x.Main.main(Main.java:3)",
                        "Caused by: java.net.ConnectException: refused",
                        "\t... 12 more"};
  auto on_stderr = GENERATE(false, true);
  // Each line may come in a batch of its own.
  auto batches = GENERATE(1, 4);
  for (int from = 0; from < 4; from += 4 / batches) {
    log_batch lines;
    for (int i = from; i < from + 4 / batches; ++i)
      lines.add(log_level::error, java[i]);
    on_stderr ? world->on_stderr(lines, world.now)
              : world->on_logs(lines, world.now);
  }
  world.end(reason::source_ended, 1);
  CHECK(world.outcome()
        == "FAILED 1 stream a: not processed (exit code 1): Caused by: "
           "java.net.ConnectException: refused");
}

TEST_CASE("messages on stderr are a doubt") {
  struct row {
    message_kind kind;
    uint64_t count;
    const char* outcome;
  };

  for (const auto& [kind, count, outcome] : {
           row{message_kind::record, 2,
               "PARTIAL 0 2 RECORDs came on stderr, where messages are not "
               "read"},
           row{message_kind::state, 1,
               "PARTIAL 0 1 STATE came on stderr, where messages are not read"},
           row{message_kind::trace, 1,
               "PARTIAL 0 1 TRACE came on stderr, where messages are not read"},
           row{message_kind::control, 1,
               "PARTIAL 0 1 CONTROL came on stderr, where messages are not "
               "read"},
           // A read expects none.
           row{message_kind::catalog, 1, "SUCCESS 0"},
       }) {
    session_world world;
    world.full();
    world.rows(0, 1);
    log_batch lines;
    lines.add(log_level::warn, "the line");
    lines.messages[static_cast<size_t>(kind)] = count;
    world->on_stderr(lines, world.now);
    lines.messages = {};
    world->on_stderr(lines, world.now);
    world.complete(0);
    world.end(reason::source_ended, 0);
    world.committed(0, 1);
    CHECK(world.outcome() == outcome);
    auto told = kind != message_kind::catalog;
    CHECK(world.logged("came on stderr and was not read") == told);
    CHECK((world->metrics(nullptr).find("\"on_stderr\":{") != std::string::npos)
          == told);
  }
}

TEST_CASE("parts of a line are distinguished from lines") {
  session_world world;
  world.full();
  parsed_slab slab;
  slab.lines = 2;
  slab.faults[static_cast<size_t>(line_fault::malformed_json)] = 5;
  slab.faults_in_same_line = 3;
  world->on_slab(slab, world.now);
  world.end(reason::source_ended, 0);
  CHECK(world.logged("5 parts of 2 lines not delivered: malformed_json 5"));
}

TEST_CASE("a message that was found in text is reported and is no fault") {
  session_world world;
  world.full();
  parsed_slab slab;
  slab.lines = 1;
  slab.found_in_text = 1;
  line_report report;
  report.kind = message_kind::state;
  report.taken = true;
  slab.items.emplace_back(report);
  world->on_slab(slab, world.now);
  world.complete(0);
  world.end(reason::source_ended, 0);
  CHECK(world.outcome() == "SUCCESS 0");
  CHECK(world.logged("a STATE stands behind or inside other text in its line; "
                     "it was taken"));
  CHECK(world.logged("1 message stood behind or inside other text"));
  CHECK(world->metrics(nullptr).find("\"found_in_text\":1")
        != std::string::npos);
}

TEST_CASE("mere information is never the reason") {
  session_world world;
  world.full();
  log_batch out;
  out.add(log_level::info, "all is well");
  world->on_stderr(out, world.now);
  SECTION("nothing else was said") {
    world.end(reason::source_ended, 1);
    CHECK(world.outcome().find("all is well") == std::string::npos);
  }
  SECTION("stderr said something else before") {
    log_batch warned;
    warned.add(log_level::warn, "no such host");
    world->on_stderr(warned, world.now);
    world->on_stderr(out, world.now);
    world.end(reason::source_ended, 1);
    CHECK(world.outcome().find("no such host") != std::string::npos);
  }
}
