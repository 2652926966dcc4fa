// Which states a read saves where kinds of them change, and what becomes of
// states of earlier reads.
#include "support/session_world.hpp"

#include <catch2/catch_all.hpp>

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

TEST_CASE("a state that was superseded while it waited is told to have ended") {
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
