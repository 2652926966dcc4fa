// What a read session must not let leak.

#include "runtime/log/console.hpp"
#include "support/session_world.hpp"

using namespace motorcade;
using namespace motorcade::test;

TEST_CASE("a secret in the reason of a status is not shown") {
  keep_secret("hush-hush-hush");
  session_world world;
  world.full();
  world.rows(0, 1);
  // The second stands where the text is cut.
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
