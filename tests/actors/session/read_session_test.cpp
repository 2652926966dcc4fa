#include "support/session_world.hpp"

#include <cmath>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

using strings = session_world::strings;

} // namespace

// -- modes --------------------------------------------------------------------

TEST_CASE(
    "the mode of a request follows from the stream and its earlier requests") {
  struct rule {
    bool incremental;
    bool state_given;
    std::string first;
  };

  auto r =
      GENERATE(rule{false, false, "replace_table"},
               rule{true, false, "replace_table"}, rule{true, true, "batch"});
  CAPTURE(r.incremental, r.state_given);
  session_world world;
  if (r.incremental)
    world.incremental(r.state_given);
  else
    world.full();
  world.rows(0, 5);
  CHECK(world.decided() == strings{"open 0.1 " + r.first, "write 0 5"});
  world.pass(25min);
  CHECK(world.decided() == strings{"commit 0"});
  world.rows(0, 1);
  CHECK(world.decided() == strings{"open 0.2 batch", "write 0 1"});
}

TEST_CASE("a full refresh ignores a state that was given") {
  session_world world;
  world.full();
  world.settings.streams[0].state_given = true;
  world.rows(0, 1);
  CHECK(world.decided() == strings{"open 0.1 replace_table", "write 0 1"});
}

// -- commits ------------------------------------------------------------------

TEST_CASE("an incremental stream is committed at a state that is worth it") {
  session_world world;
  world.incremental();
  SECTION("not yet") {
    world.rows(0, 99, 99'999);
    world.pass(29s);
    world.decided();
    world.state(0, "1");
    CHECK(world.decided().empty());
    // The state has waited long enough, and nothing followed it.
    world.pass(1s);
    CHECK(world.decided() == strings{"commit 0"});
  }
  SECTION("rows") {
    world.rows(0, 100);
    world.decided();
    world.state(0, "1");
    CHECK(world.decided() == strings{"commit 0"});
  }
  SECTION("bytes") {
    world.rows(0, 1, 100'000);
    world.decided();
    world.state(0, "1");
    CHECK(world.decided() == strings{"commit 0"});
  }
  SECTION("age, with rows behind the last state") {
    world.rows(0, 1);
    world.state(0, "1");
    world.decided();
    world.rows(0, 1);
    CHECK(world.decided().empty());
    // The request ends at the state, and the rows behind it begin another.
    world.pass(60s);
    CHECK(world.decided()
          == strings{"commit 0", "open 0.2 batch", "write 0 1"});
    world.committed(0, 1);
    CHECK(world.decided() == strings{"save a=1"});
  }
  SECTION("half of what all open requests may hold") {
    world.settings.open_bytes_limit = 2000;
    world.rows(0, 1, 999);
    world.state(0, "1");
    world.rows(0, 1, 1);
    world.decided();
    world.state(0, "2");
    CHECK(world.decided() == strings{"write 0 1", "commit 0"});
  }
}

TEST_CASE("no request gets so old that the destination would end it") {
  session_world world;
  world.full().incremental();
  world.rows(0, 1);
  world.rows(1, 1);
  world.decided();
  world.pass(25min - 1ms);
  CHECK(world.decided().empty());
  world.pass(1ms);
  CHECK(world.decided() == strings{"commit 0", "commit 1"});
  world.pass(25min);
  CHECK(world.decided().empty());
}

TEST_CASE("a full refresh is one request up to 500,000 rows and a state") {
  session_world world;
  world.full();
  world.rows(0, 499'999, 500'000);
  world.state(0, "1");
  CHECK(world.decided() == strings{"open 0.1 replace_table", "write 0 499999"});
  world.rows(0, 1);
  CHECK(world.decided() == strings{"write 0 1"});
  world.state(0, "2");
  CHECK(world.decided() == strings{"commit 0"});
  world.rows(0, 1);
  CHECK(world.decided() == strings{"open 0.2 batch", "write 0 1"});
  world.committed(0, 1);
  CHECK(world.decided() == strings{"save a=2"});
}

TEST_CASE("the largest open request is cut when all of them grow too large") {
  session_world world;
  world.incremental(true).incremental(true).full();
  world.settings.open_bytes_limit = 1000;
  world.rows(0, 1, 300);
  world.rows(1, 1, 600);
  // A full refresh cannot be cut, so it does not count.
  world.rows(2, 1, 5000);
  world.decided();
  world.rows(0, 1, 101);
  CHECK(world.decided() == strings{"write 0 1", "commit 1"});
  world.rows(0, 1, 700);
  CHECK(world.decided() == strings{"write 0 1", "commit 0"});
}

// -- states -------------------------------------------------------------------

TEST_CASE("a stream's state waits for its own rows alone") {
  session_world world;
  world.incremental().incremental();
  world.rows(0, 1);
  world.rows(1, 1);
  world.state(0, "1");
  world.state(1, "1");
  world.decided();
  world.pass(30s);
  CHECK(world.decided() == strings{"commit 0", "commit 1"});
  world.committed(1, 1);
  CHECK(world.decided() == strings{"save b=1"});
  world.committed(0, 1);
  CHECK(world.decided() == strings{"save a=1"});
}

TEST_CASE("a state without rows before it is saved at once") {
  session_world world;
  world.incremental().full();
  world.state(0, "null");
  CHECK(world.decided() == strings{"save a=null"});
  world.state(1, "{}");
  CHECK(world.decided() == strings{"save b={}"});
}

TEST_CASE("global and legacy states wait for the rows of all streams") {
  auto legacy = GENERATE(false, true);
  std::string key = legacy ? "_LEGACY_STATE" : "_GLOBAL_STATE";
  session_world world;
  world.incremental(true).incremental(true).incremental(true);
  world.rows(0, 100);
  world.rows(1, 1);
  world.decided();
  if (legacy)
    world.legacy("1");
  else
    world.global("1");
  // The state needs them all, so they go together.
  CHECK(world.decided() == strings{"commit 0", "commit 1"});
  world.rows(1, 1);
  world.decided();
  world.committed(0, 1);
  CHECK(world.decided().empty());
  world.committed(1, 1);
  CHECK(world.decided() == strings{"save " + key + "=1"});
}

TEST_CASE("a global state waits for a full refresh to be complete") {
  session_world world;
  world.full().incremental(true);
  world.rows(0, 1);
  world.rows(1, 100);
  world.global("1");
  CHECK(world.decided().back() == "commit 1");
  world.committed(1, 1);
  CHECK(world.decided().empty());
  world.complete(0);
  world.committed(0, 1);
  CHECK(world.decided() == strings{"commit 0", "save _GLOBAL_STATE=1"});
}

TEST_CASE("a state of a stream that the catalog does not name is ignored") {
  session_world world;
  world.full();
  world.say(message{state_message{state_kind::stream, {"", "z"}, "1", {}}});
  world.say(message{state_message{state_kind::stream, {"", "z"}, "2", {}}});
  CHECK(world.decided().empty());
  CHECK(world.logs
        == strings{"WARN ignored a state of stream z, which the catalog does "
                   "not name"});
}

TEST_CASE("a count that differs from the connector's is reported") {
  session_world world;
  world.incremental().incremental();
  world.rows(0, 3);
  world.rows(1, 4);
  SECTION("of a stream") {
    world.state(0, "1", 3.0);
    CHECK(world.logs.empty());
    world.rows(0, 1);
    world.state(0, "2", 4.0);
    CHECK(world.logged("WARN stream a: the connector counts 4 records since "
                       "the last state, 1 came: 3 are missing; the state is "
                       "saved all the same"));
  }
  SECTION("of all streams") {
    world.global("1", 7.0);
    CHECK(world.logs.empty());
    world.global("2", HUGE_VAL);
    CHECK(world.logged("all streams: the connector counts inf records since "
                       "the last state, 0 came: at least "));
  }
}

TEST_CASE("a state that is refused is doubt, and the older one stays") {
  session_world world;
  world.incremental();
  world.state(0, "1");
  world->on_states_refused({ec::database_rejected, "no such key"}, 1);
  world.complete(0);
  world.end(session_end::source_ended, 0);
  CHECK(world->settled());
  CHECK(world.outcome()
        == "PARTIAL 0 a state could not be stored: no such key");
}

TEST_CASE("states that were given up stay a doubt, even if answers come late") {
  session_world world;
  world.incremental();
  world.state(0, "1");
  world.complete(0);
  world.end(session_end::source_ended, 0);
  CHECK_FALSE(world->settled());
  world->give_up_storing();
  CHECK(world->settled());
  CHECK(world.outcome()
        == "PARTIAL 0 states or a changed config could not be stored in time");
  world.saved();
  CHECK(world->settled());
}

// -- other messages -----------------------------------------------------------

TEST_CASE("a rotated config is reported by its keys and never by its values") {
  session_world world;
  world.full();
  world.settings.connector_config =
      R"({"host":"h","credentials":{"token":"old-secret","kind":"oauth"}})";
  world.say(message{control_message{
      R"({"credentials":{"token":"new-secret","kind":"oauth","age":77},)"
      R"("list":["item-secret"]})"}});
  REQUIRE(world.logs.size() == 1);
  REQUIRE(world.configs.size() == 1);
  CHECK(world.configs[0].find("new-secret") != std::string::npos);
  CHECK(world.logged("Changed: credentials.token; added: credentials.age, "
                     "list; the new config lacks: host"));
  CHECK_FALSE(world.logged("secret"));
  CHECK_FALSE(world.logged("77"));
  // The next one is compared with this one.
  world.say(message{control_message{
      R"({"credentials":{"token":"new-secret","kind":"oauth","age":77}})"}});
  CHECK(world.logged("The new config lacks: list"));
}

TEST_CASE("a changed config must be stored before the end") {
  for (auto way : {"saved", "refused", "given up"}) {
    session_world world;
    world.full();
    world.rows(0, 1);
    world.say(message{control_message{R"({"token":"new-secret"})"}});
    world.complete(0);
    world.committed(0, 1);
    world.end(session_end::source_ended, 0);
    CHECK_FALSE(world->settled());
    if (way == std::string{"saved"}) {
      world->on_config_saved();
      CHECK(world.outcome() == "SUCCESS 0");
    } else if (way == std::string{"refused"}) {
      world->on_config_refused({ec::database_rejected, "no such table"});
      CHECK(world.outcome()
            == "PARTIAL 0 the config that the connector changed is lost: no "
               "such table");
    } else {
      world->give_up_storing();
      CHECK(world.outcome()
            == "PARTIAL 0 states or a changed config could not be stored in "
               "time");
    }
    CHECK(world->settled());
    CHECK_FALSE(world.logged("secret"));
  }
}

TEST_CASE("a config that cannot be read shows nothing of itself") {
  session_world world;
  world.full();
  world.settings.connector_config = "not json: old-secret";
  world.say(message{control_message{R"(["new-secret"])"}});
  CHECK(world.logged("What changed is not known, as the old config is no JSON "
                     "object"));
  CHECK_FALSE(world.logged("secret"));
}

TEST_CASE("progress follows from the latest estimates") {
  session_world world;
  world.full(2);
  CHECK_FALSE(world->totals().done);
  world.say(message{estimate_trace{world.id(0), 10.0, {}}});
  CHECK_FALSE(world->totals().done);
  world.say(message{estimate_trace{world.id(1), 40.0, {}}});
  world.rows(0, 5);
  CHECK(*world->totals().done == Catch::Approx(0.1));
  world.say(message{estimate_trace{world.id(0), 10.0, {}}});
  world.say(message{estimate_trace{world.id(1), 90.0, {}}});
  CHECK(*world->totals().done == Catch::Approx(0.05));
  world.rows(0, 95);
  CHECK(*world->totals().done == Catch::Approx(0.1));
  world.complete(0);
  CHECK(*world->totals().done == Catch::Approx(100.0 / 190));
}

TEST_CASE("an estimate of the whole sync serves where streams have none") {
  session_world world;
  world.full(2);
  world.say(message{estimate_trace{{}, 10.0, {}}});
  world.rows(0, 5);
  CHECK(*world->totals().done == Catch::Approx(0.5));
  world.rows(0, 50);
  CHECK(*world->totals().done == Catch::Approx(1.0));
}

TEST_CASE("messages that a read does not expect are logged") {
  session_world world;
  world.full();
  world.say(message{analytics_trace{"kind", "value"}});
  world.say(message{document_message{"SPEC", "{}"}});
  world.say(message{unknown_message{"NEW\nTYPE"}});
  CHECK(world.logged("DEBUG analytics kind: value"));
  CHECK(world.logged("INFO ignored a message of type SPEC"));
  CHECK(world.logged("INFO ignored a message of unknown type NEW"));
}

TEST_CASE("a hundred lines of one reason are described, all are counted") {
  session_world world;
  world.full();
  for (int i = 0; i < 300; ++i) {
    parsed_slab slab;
    slab.lines = 2;
    slab.items.emplace_back(line_report{line_fault::malformed_json, 1, 0, 3, 20,
                                        "a comma too many", "[1,]", "a"});
    slab.faults[static_cast<size_t>(line_fault::malformed_json)] = 1;
    world->on_slab(slab, world.now);
  }
  CHECK(world.logs.size() == 100);
  CHECK(world.logs[0].find("stdout line 2,") != std::string::npos);
  CHECK(world.logs[1].find("stdout line 4,") != std::string::npos);
  CHECK(world.logs[99].find("only counted") != std::string::npos);
  world.end(session_end::source_ended, 0);
  CHECK(world.logged("300 lines not delivered: malformed_json 300"));
}

TEST_CASE("a flood of short statuses does not repeat a message") {
  session_world world;
  world.full();
  world.complete(0);
  world.complete(0);
  world.end(session_end::source_ended, 0);
  CHECK(world.logs
        == strings{"WARN stream a brought no rows; its table keeps those of "
                   "earlier syncs"});
}
