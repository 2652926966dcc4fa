// What states count, which kinds of states there are, and whose reason a task
// has.

#include "support/session_world.hpp"

#include <cstdint>

using namespace motorcade;
using namespace motorcade::test;

namespace {

using strings = session_world::strings;
using reason = session_end;

} // namespace

// -- recordCount --------------------------------------------------------------

TEST_CASE("a state that counts more than came is doubt about its stream") {
  struct rule {
    uint64_t came;
    uint64_t rejected;
    double counted;
    uint64_t missing;
    bool warned;
  };

  auto r = GENERATE(rule{3, 0, 3, 0, false}, rule{3, 0, 4, 1, true},
                    rule{0, 0, 5, 5, true}, rule{3, 0, 2, 0, true},
                    rule{3, 0, 3.5, 1, true}, rule{3, 0, 2.5, 0, true},
                    // Rows that we rejected ourselves came.
                    rule{3, 2, 5, 0, false}, rule{3, 2, 3, 0, false},
                    rule{3, 2, 7, 2, true}, rule{3, 2, 4, 0, false});
  CAPTURE(r.came, r.rejected, r.counted);
  session_world world;
  world.incremental();
  if (r.came > 0)
    world.rows(0, r.came);
  if (r.rejected > 0)
    world.reject("a", r.rejected);
  world.state(0, "1", r.counted);
  CHECK(world.logged("the connector counts") == r.warned);
  world.complete(0);
  if (r.came > 0)
    world.committed(0, 1);
  auto decided = world.decided();
  CHECK(decided.back() == "save a=1");
  world.saved();
  world.end(reason::source_ended, 0);
  CHECK(world->stream(0).missing_rows == r.missing);
  auto fine = r.missing == 0 && r.rejected == 0;
  CHECK((world.outcome() == "SUCCESS 0") == fine);
  if (r.missing > 0 && r.rejected > 0)
    CHECK(world.stream_status(0)
          == "PARTIAL 2 rows were rejected, see the task's log; "
                 + std::to_string(r.missing)
                 + " rows are missing: the connector counted more than came, "
                   "see the task's log");
  if (r.missing > 0 && r.rejected == 0)
    CHECK(world.stream_status(0).find(
              (r.came > 0 ? "PARTIAL " : "FAILED ") + std::to_string(r.missing)
              + (r.missing == 1 ? " row is missing: the connector counted more"
                                : " rows are missing: the connector counted "
                                  "more"))
          == 0);
}

TEST_CASE("a count is reported as the connector wrote it, and never as a 0 "
          "that it did not write") {
  struct rule {
    std::string json;
    std::string told;
    uint64_t missing;
  };

  const std::string counts = "the connector counts ";
  const std::string is = "sourceStats.recordCount is ";
  auto r = GENERATE_COPY(
      rule{"3", "", 0}, rule{"3.0", "", 0}, rule{"3e0", "", 0},
      rule{"null", "", 0}, rule{"0", counts + "0 records", 0},
      rule{"2.0", counts + "2.0 records", 0},
      rule{"1", counts + "1 record since", 0},
      rule{"3.5", counts + "3.5 records", 1},
      rule{"2.5", counts + "2.5 records since the last state, 3 came", 0},
      rule{"1e30",
           counts + "1e30 records since the last state, 3 came: at least ",
           999'999'999'999'999'997},
      rule{"1e400", counts + "1e400 records", 999'999'999'999'999'997},
      rule{"-1", is + "-1, which is not a number of records", 0},
      rule{"-1e400", is + "-1e400,", 0}, rule{"\"3\"", is + "\"3\",", 0},
      rule{"\"NaN\"", is + "\"NaN\",", 0}, rule{"true", is + "\"true\",", 0},
      rule{"[3]", is + "\"[3]\",", 0}, rule{"{}", is + "\"{}\",", 0});
  CAPTURE(r.json);
  session_world world;
  world.incremental();
  world.rows(0, 3);
  state_message state{state_kind::stream, world.id(0), "1", {}};
  if (json_view value{r.json}; !value.is_null())
    state.source_records = read_record_count(value);
  world.say(message{state});
  CHECK(world.logs.size() == (r.told.empty() ? 0 : 1));
  if (!r.told.empty())
    CHECK(world.logged(r.told));
  CHECK(world->stream(0).missing_rows == r.missing);
}

TEST_CASE("a connector that never counts properly is reported once") {
  session_world world;
  world.incremental();
  for (int i = 0; i < 100; ++i)
    world.state(0, std::to_string(i), -1.0);
  CHECK(world.logs.size() == 1);
}

TEST_CASE("many huge counts are not added up to few") {
  session_world world;
  world.incremental();
  for (int i = 0; i < 40; ++i)
    world.state(0, std::to_string(i), 1e18);
  CHECK(world->stream(0).missing_rows == UINT64_MAX);
}

TEST_CASE("an error of a stream names the missing rows, too") {
  session_world world;
  world.incremental();
  world.rows(0, 1);
  world.state(0, "1", 3.0);
  world.reject("a", 1);
  const std::string lost = "; besides, 1 row was rejected, see the task's log; "
                           "2 rows are missing: the connector counted more "
                           "than came, see the task's log";
  SECTION("a TRACE ERROR") {
    world.error("no right", world.id(0));
    world.complete(0);
    world.end(reason::source_ended, 0);
    world.committed(0, 1);
    CHECK(world.stream_status(0) == "PARTIAL no right" + lost);
  }
  SECTION("an INCOMPLETE") {
    world.incomplete(0, "gone");
    world.end(reason::source_ended, 0);
    world.committed(0, 1);
    CHECK(world.stream_status(0)
          == "PARTIAL the connector ended the stream as incomplete: gone"
                 + lost);
  }
  SECTION("a refusal of the destination") {
    world->on_failure(0, {ec::destination_rejected, "no such table"});
    world.end(reason::source_ended, 0);
    CHECK(world.stream_status(0) == "FAILED no such table" + lost);
  }
}

TEST_CASE("rows that were rejected behind a state are not missed before the "
          "next one") {
  session_world world;
  world.incremental();
  parsed_slab slab;
  slab.lines = 4;
  row_batch batch;
  batch.rows = make_block("\n\n\n", 3);
  slab.items.emplace_back(std::move(batch));
  auto state = [&](const char* value, double count) {
    return message{
        state_message{state_kind::stream, world.id(0), value, count}};
  };
  // The parser tells of rejected rows for the whole slab.
  slab.items.emplace_back(state("1", 3));
  slab.items.emplace_back(state("2", 1));
  slab.rejected.push_back({"a", 1});
  world->on_slab(slab, world.now);
  CHECK_FALSE(world.logged("the connector counts"));
  CHECK(world->stream(0).missing_rows == 0);
}

TEST_CASE("lines that cannot be read may have been the rows that are missing") {
  session_world world;
  world.incremental();
  world.reject("", 2);
  world.state(0, "1", 2.0);
  CHECK(world->stream(0).missing_rows == 0);
  world.complete(0);
  world.end(reason::source_ended, 0);
  CHECK(world.outcome().find("PARTIAL 0 2 ") == 0);
}

TEST_CASE("a state of all streams that counts more makes the task PARTIAL") {
  auto legacy = GENERATE(false, true);
  auto streams = GENERATE(1, 2);
  session_world world;
  for (int i = 0; i < streams; ++i)
    world.incremental();
  world.rows(0, 3);
  if (legacy)
    world.say(message{state_message{state_kind::legacy, {}, "1", 5.0}});
  else
    world.global("1", 5.0);
  for (int i = 0; i < streams; ++i)
    world.complete(static_cast<size_t>(i));
  world.committed(0, 1);
  CHECK(world.decided().back()
        == (legacy ? "save _LEGACY_STATE=1" : "save _GLOBAL_STATE=1"));
  world.saved();
  world.end(reason::source_ended, 0);
  CHECK(world.outcome()
        == (streams == 1
                ? "PARTIAL 0 stream a: 2 rows are missing: the connector "
                  "counted more than came, see the task's log"
                : "PARTIAL 0 2 rows are missing: the connector counted more "
                  "than came of all streams together, see the task's log"));
}

TEST_CASE("STRICT_RECORD_COUNT saves neither such a state nor later ones") {
  session_world world;
  world.incremental().incremental();
  world.settings.strict_record_count = true;
  world.rows(0, 100);
  world.state(0, "1", 100.0);
  world.rows(0, 100);
  world.state(0, "2", 101.0);
  CHECK(world.logged("neither this state nor later ones are saved"));
  world.rows(0, 100);
  world.state(0, "3", 100.0);
  world.global("4");
  world.rows(1, 100);
  world.state(1, "5", 100.0);
  world.complete(0);
  world.complete(1);
  for (uint64_t number = 1; number <= 3; ++number)
    world.committed(0, number);
  world.committed(1, 1);
  strings saved;
  for (const auto& call : world.decided())
    if (call.starts_with("save"))
      saved.push_back(call);
  CHECK(saved == strings{"save a=1", "save b=5"});
  world.saved();
  world.end(reason::source_ended, 0);
  CHECK(world.outcome().find("PARTIAL 0 stream a: 1 row is missing") == 0);
}

// -- kinds of states ----------------------------------------------------------

TEST_CASE("a newer kind of state is not saved before an older one") {
  session_world world;
  world.incremental(true).incremental(true);
  world.rows(1, 100);
  world.global("1");
  world.rows(0, 100);
  world.state(0, "2");
  world.decided();
  // The GLOBAL state waits for b as well.
  world.committed(0, 1);
  CHECK(world.decided().empty());
  world.committed(1, 1);
  CHECK(world.decided() == strings{"save _GLOBAL_STATE=1", "save a=2"});
}

TEST_CASE("streams that lose their state are named") {
  session_world world;
  world.incremental(true).incremental(true).full();
  world.settings.whole_state_given = true;
  auto all = GENERATE(false, true);
  world.state(0, "1");
  if (all)
    world.state(1, "1");
  world.state(2, "1");
  world->on_settled();
  CHECK(world.logged("WARN the connector sends states of single streams now")
        != all);
  CHECK(world.logged("No state is left of: b. The next read begins") != all);
}

TEST_CASE("states of streams that are read in full end no other kind") {
  session_world world;
  world.incremental(true).full();
  world.settings.whole_state_given = true;
  world.global("1");
  world.state(1, "2");
  world->on_settled();
  CHECK(world.logs.empty());
}

// -- reasons ------------------------------------------------------------------

TEST_CASE("each stream has its own reason, and the task the best of them") {
  struct told {
    std::string type;
    std::string message;
    std::optional<size_t> stream;
  };

  struct rule {
    std::vector<told> errors;
    std::string headline;
  };

  auto r = GENERATE(
      rule{{{"system_error", "table is locked", 1}},
           "stream b: table is locked (exit code 1)"},
      rule{{{"system_error", "first", {}}, {"config_error", "wrong key", 1}},
           "stream b: wrong key (config_error, exit code 1)"},
      rule{{{"config_error", "first", 1}, {"config_error", "second", {}}},
           "stream b: first (config_error, exit code 1)"},
      rule{{{"system_error", "", {}}, {"transient_error", "a limit", {}}},
           "a limit (transient_error, exit code 1)"},
      rule{{},
           "stream a: the connector ended the stream as incomplete (exit code "
           "1)"});
  CAPTURE(r.headline);
  session_world world;
  world.full(2);
  world.incomplete(0);
  for (const auto& one : r.errors) {
    error_trace trace;
    trace.message = one.message;
    trace.failure_type = one.type;
    if (one.stream)
      trace.stream = world.id(*one.stream);
    world.say(message{std::move(trace)});
  }
  world.end(reason::source_ended, 1);
  CHECK(world.outcome() == "FAILED 1 " + r.headline);
  CHECK(world.stream_status(0).find("FAILED the connector ended the stream as "
                                    "incomplete (")
        == 0);
  CHECK(world.stream_status(0).find("exit code 1") != std::string::npos);
}

TEST_CASE("INCOMPLETE is explained by what the connector said besides") {
  session_world world;
  world.full();
  world.incomplete(0);
  auto trace = GENERATE(false, true);
  if (trace)
    world.error("no such host");
  else
    world.log_line(log_level::error, "no such host");
  world.end(reason::source_ended, 1);
  CHECK(world.stream_status(0)
        == "FAILED the connector ended the stream as incomplete (exit code "
           "1): no such host");
}

TEST_CASE("a delivery that failed first is the headline") {
  session_world world;
  world.full(2);
  world.rows(1, 1);
  world->on_failure(1, {ec::destination_rejected, "401 no such token"});
  world.error("broken pipe");
  world.incomplete(0);
  world.end(reason::source_ended, 1);
  CHECK(world.outcome() == "FAILED 1 stream b: 401 no such token");
}

TEST_CASE("a long reason keeps its head and its tail") {
  session_world world;
  world.full();
  world.error("HEAD" + std::string(5000, 'x') + "TAIL", world.id(0));
  world.end(reason::source_ended, 1);
  auto shown = world.stream_status(0);
  CHECK(shown.size() < 2100);
  CHECK(shown.find("FAILED HEADx") == 0);
  CHECK(shown.find("characters cut) …x") != std::string::npos);
  CHECK(shown.ends_with("xTAIL (exit code 1)"));
}
