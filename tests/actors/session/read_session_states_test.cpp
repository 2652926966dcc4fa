// Which states a read saves if kinds of them change, and what becomes of
// states of earlier reads.
#include "support/session_world.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>

using namespace motorcade;
using namespace motorcade::test;

namespace {

using strings = session_world::strings;
using reason = session_end;

strings saves_of(session_world& world) {
  strings out;
  for (auto& call : world.decided())
    if (call.starts_with("save "))
      out.push_back(call.substr(5));
  return out;
}

} // namespace

TEST_CASE("a state that was superseded while it waited is reported as ended") {
  const auto legacy = GENERATE(false, true);
  session_world world;
  world.incremental(true).incremental(true);
  world.rows(0, 1);
  world.state(0, "7");
  legacy ? world.legacy("{}") : world.global("{}");
  world.state(1, "9");
  CHECK(saves_of(world).empty());
  world.complete(0);
  world.complete(1);
  world.end(reason::source_ended, 0);
  world.committed(0, 1);
  CHECK(saves_of(world)
        == strings{"a=7", legacy ? "_LEGACY_STATE={}" : "_GLOBAL_STATE={}",
                   "b=9"});
  world.saved();
  REQUIRE(world->settled());
  world->on_settled();
  CHECK(world.logged("No state is left of: a"));
  CHECK(world.outcome() == "SUCCESS 0");
}

TEST_CASE("a change of the kind of state within a read is logged once") {
  struct row {
    const char* what;
    void (*say)(session_world&);
    /// How often the log says that states of single streams ended.
    size_t times;
    const char* told;
  };

  const row table[] = {
      {"STREAM alone",
       [](session_world& world) {
         world.state(0, "1");
         world.state(1, "1");
       },
       0, ""},
      {"GLOBAL alone",
       [](session_world& world) {
         world.global("1");
         world.global("2");
       },
       0, ""},
      {"GLOBAL behind one stream's",
       [](session_world& world) {
         world.state(0, "1");
         world.global("2");
       },
       1, "a GLOBAL state ended the state of 1 stream that came before it"},
      {"LEGACY behind two streams', again and again",
       [](session_world& world) {
         for (int i = 0; i < 3; ++i) {
           world.state(0, "1");
           world.state(1, "1");
           world.legacy("2");
         }
       },
       1, "a LEGACY state ended the states of 2 streams that came before it"},
      {"STREAM behind GLOBAL",
       [](session_world& world) {
         world.global("2");
         world.state(0, "1");
       },
       0, "the connector sends states of single streams now"},
      {"of a stream that is read in full",
       [](session_world& world) {
         world.state(2, "1");
         world.global("2");
       },
       0, ""},
  };
  for (const auto& [what, say, times, told] : table) {
    INFO(what);
    session_world world;
    world.incremental().incremental().full();
    say(world);
    world.end(reason::source_ended, 0);
    world.saved();
    world->on_settled();
    CHECK(static_cast<size_t>(
              std::count_if(world.logs.begin(), world.logs.end(),
                            [](const std::string& line) {
                              return line.find("states of several kinds")
                                     != std::string::npos;
                            }))
          == times);
    CHECK(world.logged(told));
  }
}

TEST_CASE("a state that waited behind a lost one is saved all the same") {
  session_world world;
  world.incremental(true).incremental(true);
  world.rows(0, 1);
  world.global("{}");
  world.state(1, "9");
  world.complete(0);
  CHECK(saves_of(world).empty());
  world->on_failure(0, {ec::destination_rejected, "no"});
  CHECK(saves_of(world) == strings{"b=9"});
}

TEST_CASE("a part of a table ends what an earlier read saved for the stream") {
  struct row {
    std::string what;
    bool state_given;
    /// What comes behind the first rows of a and b; a is ripe.
    void (*then)(session_world&);
    /// Once a's first request is committed and b's is not.
    strings saved;
  };

  const row table[] = {
      {"a state of all streams that waits for b",
       false,
       [](session_world& world) { world.global("{}"); },
       {"a=null"}},
      {"the same with LEGACY",
       false,
       [](session_world& world) { world.legacy("{}"); },
       {"a=null"}},
      {"a state of its own",
       false,
       [](session_world& world) { world.state(0, "7"); },
       {"a=7"}},
      {"the table is not replaced",
       true,
       [](session_world& world) { world.global("{}"); },
       {}},
      {"the stream is complete",
       false,
       [](session_world& world) { world.complete(0); },
       {}},
  };
  for (const auto& [what, state_given, then, saved] : table) {
    INFO(what);
    session_world world;
    world.incremental(state_given).incremental(state_given);
    world.rows(1, 1);
    world.rows(0, 100);
    then(world);
    world.committed(0, 1);
    CHECK(saves_of(world) == saved);
  }
}

TEST_CASE("a part of a table ends nothing that the task itself saved") {
  session_world world;
  world.incremental().incremental();
  world.global("0");
  CHECK(saves_of(world) == strings{"_GLOBAL_STATE=0"});
  world.rows(1, 1);
  world.rows(0, 100);
  world.global("1");
  world.committed(0, 1);
  CHECK(saves_of(world).empty());
  world.committed(1, 1);
  CHECK(saves_of(world) == strings{"_GLOBAL_STATE=1"});
}

TEST_CASE("a state goes to the destination with the rows before it, and says "
          "which states may have been saved") {
  session_world world;
  world.incremental(true);
  world.keep_notes({"a"});
  world.rows(0, 100);
  world.state(0, "\"1\"");
  CHECK(world.take_notes() == strings{"0 a=\"1\" after #\"given\""});
  world.rows(0, 100);
  world.state(0, "\"2\"");
  CHECK(world.take_notes() == strings{"0 a=\"2\" after #\"given\" #\"1\""});
  world.committed(0, 1);
  CHECK(world.unsaved == 1);
  world.saved();
  world.rows(0, 100);
  world.state(0, "\"3\"");
  CHECK(world.take_notes() == strings{"0 a=\"3\" after #\"1\" #\"2\""});
  // Refused by the database, which was never asked to hold the second one.
  world.committed(0, 3);
  world->on_states_refused({ec::database_rejected, "no"}, 1);
  world.rows(0, 100);
  world.state(0, "\"4\"");
  CHECK(world.take_notes() == strings{"0 a=\"4\" after #\"1\" #\"3\""});
}

TEST_CASE("rows behind the last state are in no request that notes it") {
  session_world world;
  world.incremental(true);
  world.keep_notes({"a"});
  world.rows(0, 1);
  world.state(0, "1");
  world.rows(0, 1);
  world.decided();
  world.incomplete(0);
  CHECK(world.decided() == strings{"commit 0"});
  CHECK(world.take_notes() == strings{"0 a=1 after #\"given\""});
  CHECK(world->stream(0).failed_rows == 1);
}
