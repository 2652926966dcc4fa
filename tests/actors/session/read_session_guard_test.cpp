// A read session leaks neither budget nor secrets.

#include "runtime/log/stderr_log.hpp"
#include "support/session_world.hpp"

using namespace motorcade;
using namespace motorcade::test;

using strings = session_world::strings;

TEST_CASE("the open bytes of a stream that failed are no longer counted") {
  session_world world;
  world.incremental(true).incremental(true);
  world.settings.open_bytes_limit = 2000;
  world.rows(0, 1, 900);
  if (GENERATE(true, false)) {
    world->on_failure(0, {ec::destination_rejected, "no such table"});
  } else {
    world.incomplete(0);
    world->on_aborted(0);
  }
  world.rows(1, 1, 200);
  world.decided();
  // With the 900 bytes of the first stream, more than half of the limit would
  // be open, and a state would close the request.
  world.state(1, "1");
  CHECK(world.decided().empty());
  // These wait behind the state until the next one.
  world.rows(1, 1, 800);
  world.state(1, "2");
  CHECK(world.decided() == strings{"write 1 1", "commit 1"});
}

TEST_CASE("a secret in the reason of a status is not shown") {
  keep_secret("hush-hush-hush");
  session_world world;
  world.full();
  world.rows(0, 1);
  // With 1990 characters before it the secret lies across the cut.
  std::string reason(GENERATE(0u, 1990u), 'x');
  reason += "hush-hush-hush!";
  world.incomplete(0, reason);
  world->on_aborted(0);
  world.end(session_end::source_ended, 1);
  auto all = world.outcome() + world.stream_status(0);
  for (const auto& line : world.logs)
    all += line;
  CHECK(all.find("hush") == std::string::npos);
}
