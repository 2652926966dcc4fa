// The committed part of a stream that is not whole, and the table after it.

#include "support/session_world.hpp"

#include <algorithm>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

using strings = session_world::strings;
using reason = session_end;

} // namespace

// -- rows behind the last state -----------------------------------------------

TEST_CASE("rows behind the last state are not committed if a stream fails") {
  struct rule {
    std::string how;
    void (*end)(session_world&);
  };

  auto r =
      GENERATE(rule{"INCOMPLETE",
                    [](session_world& world) {
                      world.incomplete(0);
                      world.end(reason::source_ended, 0);
                    }},
               rule{"exit code",
                    [](session_world& world) {
                      world.end(reason::source_ended, 1);
                    }},
               rule{"a TRACE ERROR, then COMPLETE",
                    [](session_world& world) {
                      world.error("it broke", world.id(0));
                      world.complete(0);
                      world.end(reason::source_ended, 0);
                    }},
               rule{"a status without COMPLETE",
                    [](session_world& world) {
                      world.status(0, stream_status_trace::status::running);
                      world.end(reason::source_ended, 0);
                    }},
               rule{"time limit",
                    [](session_world& world) {
                      world.end(reason::time_exceeded, {}, "late");
                    }},
               rule{"silence",
                    [](session_world& world) {
                      world.end(reason::source_silent, {}, "silent");
                    }},
               rule{"our own fault", [](session_world& world) {
                      world.end(reason::broken, {}, "broken");
                    }});
  CAPTURE(r.how);
  auto global = GENERATE(false, true);
  auto state_given = GENERATE(false, true);
  session_world world;
  world.incremental(state_given);
  world.rows(0, 3);
  if (global)
    world.global("1");
  else
    world.state(0, "1");
  world.rows(0, 2);
  world.rows(0, 2);
  world.decided();
  r.end(world);
  CHECK(world.decided() == strings{"commit 0"});
  world.committed(0, 1);
  CHECK(world.decided()
        == strings{global ? "save _GLOBAL_STATE=1" : "save a=1"});
  world.saved();
  CHECK(world->settled());
  CHECK(world->stream(0).committed_rows == 3);
  CHECK(world->stream(0).failed_rows == 4);
}

TEST_CASE("a state takes the rows that were held to its request") {
  session_world world;
  world.incremental();
  world.rows(0, 1);
  world.state(0, "1");
  world.rows(0, 2);
  world.rows(0, 3);
  CHECK(world.decided() == strings{"open 0.1 replace_table", "write 0 1"});
  auto way = GENERATE(0, 1, 2);
  if (way == 0)
    world.state(0, "2");
  else if (way == 1)
    world.global("2");
  else
    world.complete(0);
  auto decided = world.decided();
  REQUIRE(decided.size() >= 2);
  CHECK(decided[0] == "write 0 2");
  CHECK(decided[1] == "write 0 3");
  CHECK((decided.size() == 3) == (way == 2));
}

TEST_CASE("rows are held up to a limit, then requests end at their states") {
  session_world world;
  world.incremental(true).incremental(true).incremental(true);
  world.settings.held_bytes_limit = 100;
  world.rows(0, 1);
  world.rows(1, 1);
  world.global("1");
  world.rows(2, 1);
  world.rows(0, 1, 60);
  world.decided();
  world.rows(1, 1, 41);
  // All that the state needs, so that it can be saved.
  CHECK(world.decided()
        == strings{"commit 0", "open 0.2 batch", "write 0 1", "commit 1",
                   "open 1.2 batch", "write 1 1"});
  world.committed(0, 1);
  world.committed(1, 1);
  CHECK(world.decided() == strings{"save _GLOBAL_STATE=1"});
  // No state waits for the new requests: their rows go on at once.
  world.rows(0, 1, 500);
  CHECK(world.decided() == strings{"write 0 1"});
}

TEST_CASE("a request with a costly commit does not end because of held rows") {
  session_world world;
  world.incremental(true);
  world.settings.held_bytes_limit = 100;
  world.settings.commits_are_costly = true;
  world.rows(0, 1);
  world.state(0, "1");
  world.decided();
  world.rows(0, 1, 101);
  CHECK(world.decided() == strings{"write 0 1"});
  world.rows(0, 1);
  world.pass(60s);
  CHECK(world.decided() == strings{"write 0 1"});
  SECTION("but at its next state") {
    world.state(0, "2");
    CHECK(world.decided() == strings{"commit 0"});
  }
  SECTION("and is dropped where the stream fails before") {
    world.incomplete(0);
    CHECK(world.decided() == strings{"abort 0"});
  }
  SECTION("and once it is due it ends at its state") {
    world.state(0, "2");
    world.committed(0, 1);
    world.rows(0, 1);
    world.state(0, "3");
    world.now += 30s;
    world.decided();
    world.rows(0, 1, 101);
    CHECK(world.decided()
          == strings{"commit 0", "open 0.3 batch", "write 0 1"});
  }
}

TEST_CASE("held rows are lost with the delivery") {
  session_world world;
  world.incremental();
  world.rows(0, 1);
  world.state(0, "1");
  world.rows(0, 2);
  world->on_failure(0, {ec::destination_rejected, "401"});
  world.end(reason::source_ended, 0);
  CHECK(world->settled());
  CHECK(world->stream(0).failed_rows == 3);
}

TEST_CASE("states behind dropped rows are not saved") {
  session_world world;
  world.incremental();
  world.rows(0, 1);
  world.state(0, "1");
  world.rows(0, 2);
  world.incomplete(0);
  world.decided();
  world.rows(0, 1);
  world.state(0, "2");
  world.global("3");
  CHECK(world.decided().empty());
  world.committed(0, 1);
  CHECK(world.decided() == strings{"save a=1"});
}

TEST_CASE("requests of a stream without a key end only at states if they can "
          "be repeated") {
  struct rule {
    bool key;
    bool kept;
    bool cut;
    /// The destination keeps states beside rows, so that they come once.
    bool noted = false;
  };

  // Cut behind the last state they come twice, unless they are merged; not cut
  // they can be repeated only if there is a place to keep them.
  auto r = GENERATE(rule{true, true, true}, rule{true, false, true},
                    rule{false, false, true}, rule{false, true, false},
                    rule{false, false, false, true});
  CAPTURE(r.key, r.kept, r.noted);
  session_world world;
  world.incremental(true);
  world.settings.requests_are_kept = r.kept;
  world.settings.open_bytes_limit = 1000;
  if (r.noted)
    world.keep_notes({"a"});
  if (r.key)
    world.settings.streams[0].request.primary_key = {"id"};
  world.rows(0, 1, 1001);
  CHECK((world.decided().back() == "commit 0") == r.cut);
}

// -- tables that are replaced -------------------------------------------------

TEST_CASE("a table is not replaced by a part without a state") {
  auto full = GENERATE(false, true);
  session_world world;
  if (full)
    world.full();
  else
    world.incremental();
  world.settings.open_bytes_limit = 1000;
  world.settings.pace.rows = 10;
  for (int i = 0; i < 100; ++i)
    world.rows(0, 100, 500);
  world.pass(20min);
  auto decided = world.decided();
  CHECK(decided.front() == "open 0.1 replace_table");
  CHECK(std::count(decided.begin(), decided.end(), "commit 0") == 0);
  SECTION("unless it is complete") {
    world.complete(0);
    CHECK(world.decided() == strings{"commit 0"});
  }
  SECTION("and never where it is incomplete") {
    world.incomplete(0);
    CHECK(world.decided() == strings{"abort 0"});
  }
  SECTION("nor where the connector fails") {
    world.end(reason::source_ended, 1);
    CHECK(world.decided() == strings{"abort 0"});
  }
}

TEST_CASE("the next read goes on from a part that has a state") {
  session_world world;
  world.incremental();
  world.rows(0, 100);
  world.decided();
  world.state(0, "1");
  CHECK(world.decided() == strings{"commit 0"});
  world.rows(0, 1);
  CHECK(world.decided().front() == "open 0.2 batch");
}

TEST_CASE(
    "a request is ended before the destination's time limit, if there is one") {
  session_world world;
  auto full = GENERATE(false, true);
  auto limited = GENERATE(false, true);
  if (full)
    world.full();
  else
    world.incremental();
  if (!limited)
    world.settings.longest_request = session_time::max();
  world.rows(0, 5);
  world.decided();
  world.pass(25min);
  if (!limited) {
    CHECK(world.decided().empty());
    return;
  }
  CHECK(world.decided() == strings{"commit 0"});
  CHECK(world.logged("stream a: its table is replaced by the 5 rows that came "
                     "so far"));
  world.committed(0, 1);
  // An older state would go on from rows that are gone.
  CHECK(world.decided() == (full ? strings{} : strings{"save a=null"}));
}

// -- requests that have ended -------------------------------------------------

TEST_CASE("a stop drops open requests and waits for ended ones") {
  auto why = GENERATE(reason::cancelled, reason::time_exceeded,
                      reason::source_silent, reason::broken);
  session_world world;
  world.full();
  world.rows(0, 500'000, 500'000);
  world.state(0, "1");
  world.rows(0, 1);
  world.decided();
  world.end(why, {}, "r");
  CHECK(world.decided() == strings{"abort 0"});
  CHECK_FALSE(world->settled());
  world.committed(0, 1);
  CHECK(world.decided() == strings{"save a=1"});
  world.saved();
  world->on_aborted(0);
  CHECK(world->settled());
  CHECK(world->stream(0).committed_rows == 500'000);
  CHECK(world->stream(0).failed_rows == 1);
}

// -- the end of a connector that does not end ---------------------------------

TEST_CASE("a session knows when all is complete and stored") {
  session_world world;
  world.incremental().full();
  CHECK_FALSE(world->complete_since());
  world.rows(0, 1);
  world.state(0, "1");
  world.complete(0);
  world.complete(1);
  CHECK_FALSE(world->complete_since());
  world.committed(0, 1);
  CHECK_FALSE(world->complete_since());
  world.saved();
  auto then = world.now;
  REQUIRE(world->complete_since() == then);
  SECTION("whatever it says in its log") {
    world.now += 10s;
    world.log_line(log_level::info, "still here");
    CHECK(world->complete_since() == then);
  }
  SECTION("but not after more of its work") {
    world.now += 10s;
    world.state(0, "2");
    CHECK_FALSE(world->complete_since());
    world.saved();
    CHECK(world->complete_since() == world.now);
    world.rows(1, 1);
    CHECK_FALSE(world->complete_since());
  }
  SECTION("and not while a config is stored") {
    world.say(message{control_message{R"({"token":"n"})"}});
    CHECK_FALSE(world->complete_since());
  }
}

TEST_CASE("a connector without statuses is never known to be complete") {
  session_world world;
  world.full();
  world.rows(0, 1);
  CHECK_FALSE(world->complete_since());
  session_world nothing;
  CHECK_FALSE(nothing->complete_since());
}

TEST_CASE("the code of a failed delivery tells what kind of failure it is") {
  struct row {
    ec code;
    const char* outcome;
  };

  const row rows[] = {
      {ec::destination_unavailable, "FAILED 1 stream a: no (transient_error)"},
      {ec::destination_rejected, "FAILED 1 stream a: no"},
      // A login that is refused: another try is refused as well.
      {ec::invalid_argument, "FAILED 1 stream a: no (config_error)"},
  };
  for (const auto& one : rows) {
    session_world world;
    world.incremental();
    world.rows(0, 1);
    world->on_failure(0, {one.code, "no"});
    world.decided();
    world.complete(0);
    world.end(reason::source_ended, 0);
    CHECK(world.outcome() == one.outcome);
  }
}
