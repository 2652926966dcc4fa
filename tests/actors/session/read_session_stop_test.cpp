#include "runtime/log/stderr_log.hpp"
#include "support/session_world.hpp"

#include <nlohmann/json.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

using strings = session_world::strings;
using reason = session_end;

} // namespace

// -- ends that are not the connector's ----------------------------------------

TEST_CASE("a cancelled task drops its open requests") {
  session_world world;
  world.incremental().full(2);
  world.rows(0, 100);
  world.state(0, "1");
  world.rows(0, 1);
  world.rows(1, 1);
  world.complete(1);
  world.decided();
  world.end(reason::cancelled);
  CHECK(world.decided() == strings{"abort 0"});
  world.committed(0, 1);
  CHECK(world.decided() == strings{"save a=1"});
  world.saved();
  world->on_aborted(0);
  CHECK_FALSE(world->settled());
  world.committed(1, 1);
  CHECK(world->settled());
  CHECK(world.stream_status(0) == "CANCELLED the task was cancelled");
  CHECK(world.stream_status(1) == "SUCCESS");
  CHECK(world.stream_status(2) == "CANCELLED the task was cancelled");
  CHECK(world.outcome() == "CANCELLED 0 the task was cancelled");
}

TEST_CASE("a task that is cancelled before its first row is CANCELLED") {
  session_world world;
  world.full();
  world.end(reason::cancelled);
  CHECK(world->settled());
  CHECK(world.outcome() == "CANCELLED 0 the task was cancelled");
}

TEST_CASE("a task that is cancelled after its work is done is a success") {
  session_world world;
  world.full();
  world.rows(0, 1);
  world.complete(0);
  world.committed(0, 1);
  world.end(reason::cancelled);
  CHECK(world.outcome() == "SUCCESS 0");
}

TEST_CASE("a task that is cancelled while its last request is answered waits "
          "for the answer") {
  session_world world;
  world.full();
  world.rows(0, 1);
  world.end(reason::source_ended, 0);
  world.decided();
  world->cancel_rest();
  // The request has ended: the destination may commit it, whoever listens.
  CHECK(world.decided().empty());
  CHECK_FALSE(world->settled());
  SECTION("and the answer comes in time") {
    world.committed(0, 1);
    CHECK(world->settled());
    CHECK(world.outcome() == "SUCCESS 0");
  }
  SECTION("and no answer comes") {
    world->give_up("no answer came in time");
    CHECK(world->settled());
    CHECK(world.stream_status(0)
          == "CANCELLED the task was cancelled: no answer came in time");
    CHECK(world.outcome() == "CANCELLED 0 the task was cancelled");
  }
}

TEST_CASE("a stream of a cancelled task is CANCELLED unless it failed before") {
  struct rule {
    const char* name;
    void (*before)(session_world&);
    void (*after)(session_world&);
    std::string status;
  };

  const std::string cancelled = "CANCELLED the task was cancelled";
  auto r = GENERATE_COPY(
      rule{"open", [](session_world&) {}, [](session_world&) {}, cancelled},
      rule{"its request fails afterwards",
           [](session_world& w) {
             w.rows(0, 1);
             w.complete(0);
           },
           [](session_world& w) {
             w->on_failure(0, {ec::destination_rejected, "no"});
           },
           cancelled + ": no"},
      rule{"its request is never answered",
           [](session_world& w) {
             w.rows(0, 1);
             w.complete(0);
           },
           [](session_world& w) { w->give_up("no answer"); },
           cancelled + ": no answer"},
      rule{"its rows are dropped", [](session_world& w) { w.rows(0, 1); },
           [](session_world& w) { w->on_aborted(0); }, cancelled},
      rule{"the destination refused it",
           [](session_world& w) {
             w.rows(0, 1);
             w->on_failure(0, {ec::destination_rejected, "no such table"});
           },
           [](session_world&) {}, "FAILED no such table"},
      rule{"it has an error of its own",
           [](session_world& w) { w.error("no right", w.id(0)); },
           [](session_world&) {}, "FAILED no right"},
      rule{"it was incomplete",
           [](session_world& w) { w.incomplete(0, "gone"); },
           [](session_world&) {},
           "FAILED the connector ended the stream as incomplete: gone"},
      rule{"rows were rejected", [](session_world& w) { w.reject("a", 1); },
           [](session_world&) {},
           cancelled + "; besides, 1 row was rejected, see the task's log"});
  CAPTURE(r.name);
  session_world world;
  world.incremental();
  r.before(world);
  world.end(reason::cancelled);
  r.after(world);
  CHECK(world->settled());
  CHECK(world.stream_status(0) == r.status);
  CHECK(world.outcome() == "CANCELLED 0 the task was cancelled");
}

TEST_CASE(
    "the streams of a task that turns out to be cancelled are CANCELLED") {
  session_world world;
  world.full(4);
  world.rows(0, 1);
  world.complete(0);
  world.committed(0, 1);
  world.error("no right", world.id(1));
  world.incomplete(2, "gone");
  // The connector heard of the cancel first.
  world.end(reason::source_ended, 143);
  world->call_cancelled();
  CHECK(world.stream_status(0) == "SUCCESS");
  CHECK(world.stream_status(1) == "FAILED no right");
  CHECK(world.stream_status(2).find("FAILED the connector ended the stream")
        == 0);
  CHECK(world.stream_status(3) == "CANCELLED the task was cancelled");
}

TEST_CASE(
    "a stream that was open when the time ran out has that as its reason") {
  session_world world;
  world.incremental().full();
  world.rows(0, 1);
  world.state(0, "1");
  world.end(reason::time_exceeded, {}, "too long");
  world.committed(0, 1);
  CHECK(world.stream_status(0) == "TIME_EXCEEDED too long");
  CHECK(world.stream_status(1) == "TIME_EXCEEDED too long");
}

TEST_CASE("a cancel after the end has settled changes nothing") {
  session_world world;
  world.full();
  world.end(reason::source_ended, 1);
  auto before = world.outcome();
  world->cancel_rest();
  CHECK(world.outcome() == before);
}

TEST_CASE("a cancel does not hide why the reading stopped") {
  session_world world;
  world.full();
  world.rows(0, 1);
  world.state(0, "1");
  world.end(reason::time_exceeded, {}, "too long");
  world->cancel_rest();
  world->give_up("no answer came in time");
  CHECK(world.outcome() == "TIME_EXCEEDED 2 too long");
}

TEST_CASE("an error that stops the reading fails the open streams") {
  struct rule {
    session_end why;
    std::string nothing;
    std::string something;
  };

  auto r = GENERATE(
      rule{reason::time_exceeded, "TIME_EXCEEDED 2 r", "TIME_EXCEEDED 2 r"},
      rule{reason::source_silent, "FAILED 2 r", "PARTIAL 2 r"},
      rule{reason::broken, "FAILED 5 r", "PARTIAL 0 r"});
  session_world world;
  world.incremental().full();
  world.rows(1, 1);
  world->set_exit_code_of_failure(5);
  auto some = GENERATE(false, true);
  if (some) {
    world.rows(0, 2);
    world.state(0, "1");
  }
  world.decided();
  world.end(r.why, {}, "r");
  auto decided = world.decided();
  CHECK(decided.back() == "abort 1");
  world->on_aborted(1);
  if (some) {
    // A failed incremental read is worth keeping up to its last state.
    CHECK(decided.front() == "commit 0");
    world.committed(0, 1);
    world.saved();
  }
  CHECK(world->settled());
  CHECK(world.stream_status(1)
        == (r.why == reason::time_exceeded ? "TIME_EXCEEDED r" : "FAILED r"));
  CHECK(world.outcome() == (some ? r.something : r.nothing));
}

TEST_CASE("a connector that is silent once all is complete only hung") {
  session_world world;
  world.full(2);
  world.rows(0, 1);
  world.complete(0);
  world.rows(1, 1);
  auto last = GENERATE(false, true);
  if (last)
    world.complete(1);
  world.committed(0, 1);
  world.end(reason::source_silent, {}, "silence");
  if (last)
    world.committed(1, 1);
  else
    world->on_aborted(1);
  REQUIRE(world->settled());
  CHECK(world.outcome() == (last ? "SUCCESS 0" : "PARTIAL 2 silence"));
  CHECK(world.logged("WARN every stream is complete, and the connector did not "
                     "end: silence")
        == last);
}

TEST_CASE("only the first end counts") {
  session_world world;
  world.full();
  world.end(reason::source_silent, {}, "silence");
  world.end(reason::cancelled);
  CHECK(world.outcome() == "FAILED 2 silence");
}

TEST_CASE("requests without an answer in time are lost") {
  session_world world;
  world.full(2);
  world.rows(0, 1);
  world.complete(0);
  world.complete(1);
  world.end(reason::source_ended, 0);
  world->give_up("no answer came in time");
  CHECK(world->settled());
  CHECK(world.stream_status(0) == "FAILED no answer came in time");
  CHECK(world.outcome() == "PARTIAL 0 stream a: no answer came in time");
  // An answer that comes even later is no news.
  world.committed(0, 1);
  CHECK(world->stream(0).failed_rows == 1);
  CHECK(world->stream(0).committed_rows == 0);
}

TEST_CASE("lines of log that were lost are a doubt") {
  session_world world;
  world.full();
  world.complete(0);
  world.end(reason::source_ended, 0);
  world->on_logs_lost(1, "disk full");
  CHECK(world.outcome()
        == "PARTIAL 0 1 line of log could not be stored: disk full");
}

// -- what is shown ------------------------------------------------------------

TEST_CASE("the description and the metrics of a task tell each stream's part") {
  session_world world;
  world.full(2);
  world.rows(0, 3, 30);
  world.complete(0);
  world.committed(0, 1);
  world.reject("a", 2);
  world.reject("", 1);
  world.rows(1, 4, 40);
  world->on_failure(1, {ec::destination_rejected, "\"quoted\""});
  world.end(reason::source_ended, 0);
  auto shown = nlohmann::ordered_json::parse(describe(world->summaries()));
  CHECK(shown.dump()
        == R"({"a":{"events":3,"bytes":30,"status":"PARTIAL",)"
           R"("error":"2 rows were rejected, see the task's log"},)"
           R"("b":{"events":4,"bytes":40,"status":"FAILED",)"
           R"("error":"\"quoted\""}})");
  auto metrics = nlohmann::json::parse(world->metrics(nullptr));
  CHECK(metrics["rows"] == 10);
  CHECK(metrics["committed_rows"] == 3);
  CHECK(metrics["rejected_rows"] == 3);
  CHECK(metrics["failed_rows"] == 4);
  CHECK(metrics["faults"]["row_too_long"] == 3);
  CHECK_FALSE(metrics.contains("estimated_rows"));
}

TEST_CASE("the metrics of a task hold the estimates of its streams") {
  session_world world;
  world.full(3);
  world.say(message{estimate_trace{world.id(0), 10.0, {}}});
  world.say(message{estimate_trace{world.id(0), 12.7, {}}});
  world.say(message{estimate_trace{world.id(1), 1e300, {}}});
  world.say(message{estimate_trace{world.id(2), {}, 5.0}});
  world.say(message{estimate_trace{{}, 99.0, {}}});
  auto metrics = nlohmann::json::parse(world->metrics(nullptr));
  CHECK(metrics["estimated_rows"].dump()
        == R"({"a":12,"b":1000000000000000000})");
}

TEST_CASE("a secret that is known is not repeated in a reason") {
  keep_secret("s3cr3t-of-the-session");
  session_world world;
  world.full();
  world.error("login as s3cr3t-of-the-session failed", world.id(0));
  world.log_line(log_level::error, "s3cr3t-of-the-session");
  world.end(reason::source_ended, 1);
  CHECK(world.stream_status(0) == "FAILED login as *** failed (exit code 1)");
  CHECK(world.outcome().find("s3cr3t") == std::string::npos);
}

TEST_CASE("a reason that is too long is cut between two characters") {
  session_world world;
  world.full();
  std::string text;
  while (text.size() < 5000)
    text += "aä€";
  world.error(text, world.id(0));
  world.end(reason::source_ended, 1);
  auto shown = describe(world->summaries());
  CHECK(shown.size() < 4500);
  CHECK(shown.find("…") != std::string::npos);
}
