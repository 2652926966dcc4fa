// A full refresh that brings no row, and what generations say of a table.
#include "support/session_world.hpp"

using namespace motorcade;
using namespace motorcade::test;

namespace {

using strings = session_world::strings;
using trace = stream_status_trace::status;

} // namespace

TEST_CASE("a complete full refresh without rows empties its table") {
  session_world world;
  world.settings.empties_tables = true;
  world.full();
  world.status(0, trace::started);
  world.complete(0);
  // Rows may still come.
  CHECK(world.decided().empty());
  world.end(session_end::source_ended, 0);
  CHECK(world.decided() == strings{"open 0.1 replace_table", "commit 0"});
  CHECK_FALSE(world->settled());
  world.committed(0, 1);
  CHECK(world->settled());
  CHECK(world.outcome() == "SUCCESS 0");
}

TEST_CASE("a table is not emptied if there is any doubt") {
  session_world world;
  world.settings.empties_tables = true;
  SECTION("the destination cannot") {
    world.settings.empties_tables = false;
    world.full();
    world.complete(0);
  }
  SECTION("the stream is incomplete") {
    world.full();
    world.incomplete(0);
  }
  SECTION("the connector never spoke of it") {
    world.full();
    world.end(session_end::source_ended, 0);
  }
  SECTION("a row was refused") {
    world.full();
    world.reject("a", 1);
    world.complete(0);
  }
  SECTION("the stream has an error") {
    world.full();
    world.error("no", stream_id{{}, "a"});
    world.complete(0);
  }
  SECTION("it is incremental") {
    world.incremental();
    world.complete(0);
  }
  if (!world->ended())
    world.end(session_end::source_ended, 0);
  CHECK(world.decided().empty());
}

TEST_CASE("the generation decides what the first request does") {
  session_world world;
  world.settings.empties_tables = true;
  world.full();
  world.settings.streams[0].first_mode = write_mode::batch;
  world.incremental();
  world.settings.streams[1].first_mode = write_mode::replace_table;
  world.rows(0, 1);
  world.complete(0);
  CHECK(world.decided() == strings{"open 0.1 batch", "write 0 1", "commit 0"});
  world.status(1, trace::started);
  world.complete(1);
  world.end(session_end::source_ended, 0);
  CHECK(world.decided() == strings{"open 1.1 replace_table", "commit 1"});
}

TEST_CASE("a stream whose rows come after its COMPLETE is not called empty") {
  session_world world;
  world.settings.empties_tables = GENERATE(false, true);
  auto code =
      GENERATE(std::optional<int>{}, std::optional{0}, std::optional{1});
  world.full();
  world.complete(0);
  world.rows(0, 9);
  world.end(session_end::source_ended, code);
  CHECK_FALSE(world.logged("brought no rows"));
  auto decided = world.decided();
  REQUIRE(decided.size() == 3);
  CHECK(decided[0] == "open 0.1 replace_table");
  CHECK(decided[1] == "write 0 9");
}

TEST_CASE("a stream without rows is reported once, whatever ends the task") {
  auto why = GENERATE(session_end::source_ended, session_end::cancelled,
                      session_end::time_exceeded, session_end::source_silent,
                      session_end::broken);
  session_world world;
  world.settings.empties_tables = GENERATE(false, true);
  world.full();
  world.complete(0);
  world.end(why, {}, "r");
  auto empties = world.settings.empties_tables;
  CHECK(world.logged("brought no rows") != empties);
  CHECK(
      world.decided()
      == (empties ? strings{"open 0.1 replace_table", "commit 0"} : strings{}));
}
