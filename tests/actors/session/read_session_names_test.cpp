// What a read makes of rows, states and statuses under names that the catalog
// does not have, and of streams that nothing is said of.
#include "support/session_world.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <optional>

using namespace motorcade;
using namespace motorcade::test;

namespace {

using reason = session_end;
using status = stream_status_trace::status;

/// Rows that the parser dropped, as it tells them.
void give_rows_of(session_world& world, const std::string& name, uint64_t rows,
                  std::vector<uint32_t> near = {}) {
  parsed_slab slab;
  slab.lines = rows;
  slab.faults[static_cast<size_t>(line_fault::unknown_stream)] = rows;
  line_report told;
  told.reason = line_fault::unknown_stream;
  told.kind = message_kind::record;
  told.stream = name;
  slab.items.emplace_back(told);
  const auto other = name == "aa";
  if (!near.empty())
    slab.misnamed.push_back(
        {{"", name},
         std::move(near),
         other ? "they differ in one letter" : "they differ only in case",
         rows,
         other});
  world->on_slab(slab, world.now);
}

void give_state_of(session_world& world, stream_id id) {
  world.say(
      message{state_message{state_kind::stream, std::move(id), "{}", {}}});
}

void commit_all(session_world& world) {
  for (size_t i = 0; i < world->stream_count(); ++i)
    while (!world->stream(i).under_way.empty())
      world.committed(i, world->stream(i).under_way.back().number);
  world.saved();
}

/// What a connector says, by letters: `a` rows of stream a, `A` rows dropped
/// as almost a's, `N` rows dropped of a name near a, `b` rows of b, `x` rows
/// dropped that are like nobody's, `1` a state of a, `2` a state of almost a,
/// `3` one of a stream like nobody's, `g` a GLOBAL state that names a, `G` one
/// that names almost a, `H` one that names both, `Z` one that names a stream
/// like nobody's, `n` one that names none, `.` COMPLETE of a, `s` STARTED of a,
/// `r` a row of a that is rejected, `,` COMPLETE of b, `'` STARTED of b, `"`
/// COMPLETE of a stream like nobody's.
void play(session_world& world, const std::string& script) {
  auto global = [&](const std::string& names) {
    std::string states;
    for (auto c : names)
      states += (states.empty() ? "" : ",")
                + std::string{R"({"stream_descriptor":{"name":")"} + c
                + R"("},"stream_state":{}})";
    world.global(R"({"shared_state":{},"stream_states":[)" + states + "]}");
  };
  for (auto c : script) {
    switch (c) {
    case 'a':
      world.rows(0, 3);
      break;
    case 'A':
      give_rows_of(world, "A", 2, {0});
      break;
    case 'N':
      give_rows_of(world, "aa", 2, {0});
      break;
    case 'x':
      give_rows_of(world, "zebras", 5);
      break;
    case 'b':
      world.rows(1, 3);
      break;
    case 's':
      world.status(0, status::started);
      break;
    case 'r':
      world.reject("a", 1);
      break;
    case '1':
      world.state(0, "{}");
      break;
    case '2':
      give_state_of(world, {"", "A"});
      break;
    case '3':
      give_state_of(world, {"", "zebras"});
      break;
    case 'g':
      global("a");
      break;
    case 'G':
      global("A");
      break;
    case 'H':
      global("aA");
      break;
    case 'Z':
      global("z");
      break;
    case 'n':
      global("");
      break;
    case '.':
      world.complete(0);
      break;
    case ',':
      world.complete(1);
      break;
    case '\'':
      world.status(1, status::started);
      break;
    default:
      world.say(
          message{stream_status_trace{{"", "zebras"}, status::complete, {}}});
    }
  }
}

/// Plays the script, ends the reading, commits all that is under way, and
/// checks how the status of stream a begins, and that the task is a SUCCESS
/// only if it is.
void check_end(session_world& world, const std::string& script,
               const std::string& wanted, std::optional<int> exit_code = 0) {
  play(world, script);
  world.end(reason::source_ended, exit_code);
  commit_all(world);
  REQUIRE(world->settled());
  CHECK_THAT(world.stream_status(0), Catch::Matchers::StartsWith(wanted));
  CHECK((world->outcome().status == task_status::success)
        == (wanted == "SUCCESS"));
}

} // namespace

TEST_CASE("rows and states of misnamed streams are a doubt") {
  struct row {
    std::string script;
    /// Of the stream, with the beginning of its reason.
    std::string status;
    /// Stands in the log; empty: nothing is said.
    std::string log;
  };

  const std::string dropped = "2 rows of A (they differ only in case) were "
                              "dropped, which may be of this stream";
  const std::string state = "1 state came of A (they differ only in case), "
                            "which the catalog does not have";
  const std::string near = "perhaps a is meant: they differ only in case";
  const row table[] = {
      {"a.", "SUCCESS", ""},
      // Rows.
      {"Aa1.", "PARTIAL " + dropped, ""},
      {"aA1.", "PARTIAL " + dropped, ""},
      {"a1A.", "PARTIAL " + dropped, ""},
      {"a.A", "PARTIAL " + dropped, ""},
      {"aAA.", "PARTIAL 4 rows of A", ""},
      {"A.", "FAILED no rows came of the stream, and 2 rows of A", ""},
      // States.
      {"a2.", "PARTIAL " + state, near},
      {"2a.", "PARTIAL " + state, near},
      {"a.2", "PARTIAL " + state, near},
      {"a12.", "PARTIAL " + state, near},
      {"2.", "FAILED " + state, near},
      {"a22.", "PARTIAL 2 states came of A", near},
      {"a13.", "SUCCESS", "a state of stream zebras, which the catalog does "},
      // GLOBAL states.
      {"aG.", "PARTIAL " + state, near},
      {"aH.", "SUCCESS", ""},
      {"ag.", "SUCCESS", ""},
      {"an.", "SUCCESS", ""},
      {"aZ.", "SUCCESS", "has a state of stream z, which the catalog does not"},
  };
  for (const auto& [script, status, log] : table) {
    INFO(script);
    session_world world;
    world.incremental();
    check_end(world, script, status);
    if (log.empty())
      CHECK_FALSE(world.logged("which the catalog does not name"));
    else
      CHECK(world.logged(log));
  }
}

TEST_CASE("rows that were all dropped are a doubt") {
  struct row {
    std::string what;
    std::string script;
    std::string status;
    bool saved;
  };

  const std::string doubt =
      "FAILED no rows came of the stream, and 5 rows of streams that the "
      "catalog does not name (zebras) were dropped";
  const row table[] = {
      {"nothing came at all", "1.", "SUCCESS", true},
      {"rows of a foreign stream alone", "x1.", doubt, false},
      {"and no status", "x1", doubt, false},
      {"and no state", "x.", doubt, false},
      {"beside rows of the stream", "xa1.", "SUCCESS", true},
      {"behind rows of the stream", "a1x.", "SUCCESS", true},
      {"rows of the stream come late", "x1.a1.", "SUCCESS", true},
  };
  for (const auto& [what, script, status, saved] : table) {
    INFO(what);
    session_world world;
    world.incremental();
    check_end(world, script, status);
    CHECK((world->totals().states_saved > 0) == saved);
    CHECK(world.logged("all rows that came were dropped: 5 rows of streams "
                       "that the catalog does not name (zebras)")
          == !saved);
  }
}

TEST_CASE("rows and states under a near name are a doubt if the stream's own "
          "name never came") {
  struct row {
    std::string what;
    std::string script;
    /// Of stream a, with the beginning of its reason.
    std::string status;
    bool saved;
  };

  const std::string doubt =
      "FAILED no row and no status came of the stream, and 2 rows of aa (they "
      "differ in one letter) were dropped, which the catalog does not have";
  const row table[] = {
      {"rows of the near name alone", "N", doubt, false},
      {"beside a whole stream", "Nb,", doubt, false},
      {"beside a stream without statuses", "Nb", doubt, false},
      {"with a state of the stream's own", "Nb1", doubt, false},
      {"the state came before", "b1N", doubt, true},
      {"rows of both names", "Nab", "SUCCESS", false},
      {"rows of both names and a state", "Na1b", "SUCCESS", true},
      {"rows of both names, the other way", "a1Nb", "SUCCESS", true},
      {"a status of the stream's own", "Nb.,", "SUCCESS", false},
      {"a status and a state of its own", "Nb1.,", "SUCCESS", true},
      {"the status came before", "sNb1.,", "SUCCESS", true},
      {"nothing under a near name", "b", "SUCCESS", false},
      {"its row was rejected", "Nrb", "FAILED 1 row was rejected", false},
      {"an alike name, too", "NAb",
       "FAILED no rows came of the stream, and 2 "
       "rows of A",
       false},
  };
  for (const auto& [what, script, status, saved] : table) {
    INFO(what);
    session_world world;
    world.incremental().full();
    check_end(world, script, status);
    CHECK((world->totals().states_saved > 0) == saved);
  }
}

TEST_CASE("a stream that may have come under a near name keeps its table") {
  session_world world;
  world.settings.empties_tables = true;
  world.full(2);
  play(world, "Nb");
  world.end(reason::source_ended, 0);
  commit_all(world);
  CHECK(world->outcome().status == task_status::partial);
  for (const auto& call : world.decided())
    CHECK(call.find("open 0.") != 0);
}

TEST_CASE("a message about a near name says which stream is meant") {
  struct row {
    std::string what;
    message content;
    std::string log;
  };

  const stream_id near{"", "A"};
  error_trace error;
  error.message = "no such page";
  error.stream = near;
  const row table[] = {
      {"status", stream_status_trace{near, status::complete, {}},
       "ignored a status of stream A, which the catalog does not name; perhaps "
       "a is meant: they differ only in case"},
      {"state", state_message{state_kind::stream, near, "{}", {}},
       "ignored a state of stream A, which the catalog does not name; perhaps "
       "a is meant"},
      {"error", error,
       "an error names the stream A, which the catalog does not name; perhaps "
       "a is meant: they differ only in case"},
  };
  for (const auto& [what, content, log] : table) {
    INFO(what);
    session_world world;
    world.full();
    world.rows(0, 1);
    world.say(content);
    world.say(content);
    CHECK(std::count_if(world.logs.begin(), world.logs.end(),
                        [&wanted = log](const std::string& line) {
                          return line.find(wanted) != std::string::npos;
                        })
          == 1);
  }
}

TEST_CASE("a table is not emptied while all rows are of foreign streams") {
  session_world world;
  world.settings.empties_tables = true;
  world.full(2);
  play(world, "x.");
  CHECK(world.decided().empty());
  SECTION("and not at the end") {
    play(world, ",");
    world.end(reason::source_ended, 0);
    CHECK(world.decided().empty());
    CHECK(world->outcome().status == task_status::failed);
  }
  SECTION("but where rows of the catalog came after all") {
    world.rows(1, 2);
    play(world, ",");
    world.end(reason::source_ended, 0);
    commit_all(world);
    CHECK(world->settled());
    CHECK(world->outcome().status == task_status::success);
    CHECK_THAT(world.decided(), Catch::Matchers::VectorContains(
                                    std::string{"open 0.1 replace_table"}));
  }
}

TEST_CASE("a stream without a status among others with one is incomplete") {
  struct row {
    std::string what;
    std::string script;
    std::optional<int> exit_code;
    /// The beginning, of stream a.
    std::string status;
  };

  const std::string unsaid = "the connector sent statuses of other streams and "
                             "none of this one";
  const row table[] = {
      {"no statuses at all", "", 0, "SUCCESS"},
      {"rows and no statuses at all", "a1", 0, "SUCCESS"},
      {"never mentioned", ",", 0, "FAILED " + unsaid},
      {"the other one has merely started", "'", 0, "FAILED " + unsaid},
      {"a foreign stream has one", "\",", 0, "FAILED " + unsaid},
      {"rows and no status", "a1,", 0, "PARTIAL " + unsaid},
      {"exit code not known", ",", {}, "FAILED not processed"},
      {"both have one", ".,", 0, "SUCCESS"},
      {"rows came behind its COMPLETE", "a.a1,", 0, "SUCCESS"},
  };
  for (const auto& [what, script, exit_code, status] : table) {
    INFO(what);
    session_world world;
    world.incremental().incremental();
    check_end(world, script, status, exit_code);
  }
}
