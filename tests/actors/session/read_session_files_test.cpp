#include "support/session_world.hpp"

using namespace motorcade;
using namespace motorcade::test;

using strings = session_world::strings;

TEST_CASE("states after a row that is missing for good are not saved") {
  session_world world;
  world.incremental().incremental();
  world.rows(0, 100);
  world.state(0, "1");
  world.say(withheld_row{0});
  world.reject("a", 1);
  world.rows(0, 100);
  world.rows(1, 100);
  world.state(0, "2");
  world.state(1, "3");
  world.decided();
  world.committed(0, 1);
  CHECK(world.decided() == strings{"save a=1"});
  world.committed(1, 1);
  CHECK(world.decided() == strings{"save b=3"});
  world.end(session_end::source_ended, 0);
  CHECK(world.decided() == strings{"commit 0"});
  world.committed(0, 2);
  CHECK(world.decided().empty());
  world.saved();
  CHECK_THAT(world.outcome(), Catch::Matchers::StartsWith("PARTIAL"));
  CHECK_THAT(world.stream_status(0), Catch::Matchers::StartsWith("PARTIAL"));
  CHECK(world.stream_status(1) == "SUCCESS");
}

TEST_CASE("a global state waits for no row that is missing for good") {
  session_world world;
  world.incremental().incremental();
  world.rows(0, 100);
  world.rows(1, 100);
  world.say(withheld_row{1});
  world.reject("b", 1);
  world.global("1");
  world.decided();
  world.committed(0, 1);
  world.committed(1, 1);
  CHECK(world.decided().empty());
}
