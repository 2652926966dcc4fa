#include "runtime/log/stderr_log.hpp"
#include "support/session_world.hpp"

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

using strings = session_world::strings;
using reason = session_end;
using trace = stream_status_trace::status;

} // namespace

// -- how streams end ----------------------------------------------------------

TEST_CASE("a complete stream is SUCCESS once its rows are committed") {
  session_world world;
  world.full();
  CHECK(world.stream_status(0) == "PENDING");
  world.status(0, trace::started);
  CHECK(world.stream_status(0) == "RUNNING");
  world.rows(0, 3);
  world.complete(0);
  CHECK(world.decided()
        == strings{"open 0.1 replace_table", "write 0 3", "commit 0"});
  CHECK(world.stream_status(0) == "RUNNING");
  world.end(reason::source_ended, 0);
  CHECK_FALSE(world->settled());
  world.committed(0, 1);
  CHECK(world->settled());
  CHECK(world.stream_status(0) == "SUCCESS");
  CHECK(world.outcome() == "SUCCESS 0");
}

TEST_CASE("an incomplete full refresh never replaces a table") {
  session_world world;
  world.full();
  world.rows(0, 3);
  world.state(0, "1");
  world.decided();
  world.incomplete(0, "rate limited");
  CHECK(world.decided() == strings{"abort 0"});
  // Rows that still come are counted and never sent, before and after the
  // answer.
  world.rows(0, 2);
  world->on_aborted(0);
  world.rows(0, 1);
  world.state(0, "2");
  world.end(reason::source_ended, 0);
  CHECK(world.decided().empty());
  CHECK(world->settled());
  CHECK(world->stream(0).failed_rows == 6);
  CHECK(world.outcome()
        == "FAILED 1 stream a: the connector ended the stream as incomplete: "
           "rate limited");
}

TEST_CASE(
    "rows of a full refresh that was incomplete before its first row fail") {
  session_world world;
  world.full();
  world.incomplete(0);
  world.rows(0, 2);
  world.state(0, "1");
  world.pass(30min);
  world.end(reason::source_ended, 0);
  CHECK(world.decided().empty());
  CHECK(world->settled());
  CHECK(world->stream(0).failed_rows == 2);
}

TEST_CASE("an incomplete incremental stream is kept up to its last state") {
  session_world world;
  world.incremental();
  world.rows(0, 3);
  world.state(0, "1");
  world.rows(0, 1);
  world.decided();
  world.incomplete(0);
  CHECK(world.decided() == strings{"commit 0"});
  world.committed(0, 1);
  CHECK(world.decided() == strings{"save a=1"});
  world.saved();
  world.end(reason::source_ended, 1);
  CHECK(world->settled());
  CHECK(world.stream_status(0)
        == "PARTIAL the connector ended the stream as incomplete (exit code "
           "1)");
}

TEST_CASE("an incomplete incremental stream without a state is dropped") {
  session_world world;
  world.incremental();
  world.rows(0, 3);
  world.decided();
  world.incomplete(0);
  CHECK(world.decided() == strings{"abort 0"});
}

TEST_CASE("dropping the open request does not take those before it") {
  session_world world;
  world.incremental();
  world.rows(0, 100);
  world.state(0, "1");
  world.rows(0, 1);
  world.decided();
  world.incomplete(0);
  CHECK(world.decided() == strings{"abort 0"});
  world.committed(0, 1);
  CHECK(world.decided() == strings{"save a=1"});
  world.saved();
  world->on_aborted(0);
  CHECK(world->settled());
  CHECK(world->stream(0).committed_rows == 100);
}

TEST_CASE("rows after INCOMPLETE of an incremental stream are committed only "
          "with a state") {
  session_world world;
  world.incremental();
  world.incomplete(0);
  world.rows(0, 2);
  SECTION("with a state") {
    world.state(0, "1");
    world.decided();
    world.end(reason::source_ended, 0);
    CHECK(world.decided().front() == "commit 0");
    world.committed(0, 1);
    world.saved();
  }
  SECTION("without") {
    world.decided();
    world.end(reason::source_ended, 0);
    CHECK(world.decided() == strings{"abort 0"});
    world->on_aborted(0);
  }
  CHECK(world->settled());
  CHECK(world.outcome().find("stream a: the connector ended the stream as "
                             "incomplete")
        != std::string::npos);
}

TEST_CASE("rows after COMPLETE open the stream again") {
  session_world world;
  world.full();
  world.rows(0, 2);
  world.complete(0);
  world.committed(0, 1);
  world.rows(0, 1);
  CHECK(world.logged("stream a: rows came after its COMPLETE"));
  world.decided();
  SECTION("and the connector ended well") {
    world.end(reason::source_ended, 0);
    CHECK(world.decided() == strings{"commit 0"});
    world.committed(0, 2);
    CHECK(world->settled());
    CHECK(world.outcome() == "SUCCESS 0");
  }
  SECTION("and it failed") {
    world.end(reason::source_ended, 3);
    CHECK(world.decided() == strings{"abort 0"});
    world->on_aborted(0);
    CHECK(world->settled());
    CHECK(world.outcome()
          == "PARTIAL 0 stream a: the connector failed (exit code 3)");
  }
  SECTION("and it says COMPLETE again") {
    world.complete(0);
    CHECK(world.decided() == strings{"commit 0"});
  }
  SECTION("and we are told to stop") {
    world.end(reason::cancelled);
    CHECK(world.decided() == strings{"abort 0"});
  }
}

TEST_CASE("a TRACE ERROR of a stream fails it, complete or not") {
  session_world world;
  world.full(2);
  world.rows(0, 2);
  world.rows(1, 2);
  world.error("it broke", world.id(0));
  world.decided();
  world.complete(0);
  world.complete(1);
  CHECK(world.decided() == strings{"abort 0", "commit 1"});
  world->on_aborted(0);
  world.committed(1, 1);
  world.end(reason::source_ended, 0);
  CHECK(world.stream_status(0) == "FAILED it broke");
  CHECK(world.stream_status(1) == "SUCCESS");
  CHECK(world.outcome() == "PARTIAL 0 stream a: it broke");
}

TEST_CASE("a TRACE ERROR without a known stream is doubt about the task") {
  session_world world;
  world.full();
  world.rows(0, 2);
  world.complete(0);
  world.committed(0, 1);
  auto of = GENERATE(std::optional<stream_id>{}, stream_id{"", "stranger"});
  world.error("out of quota", of);
  world.error("a consequence");
  world.end(reason::source_ended, 0);
  CHECK(world.outcome()
        == (of ? "PARTIAL 0 stream stranger: out of quota"
               : "PARTIAL 0 out of quota"));
}

// -- connectors without statuses ----------------------------------------------

TEST_CASE("a connector without statuses is judged by its end") {
  struct rule {
    std::optional<int> code;
    bool error;
    std::string outcome;
  };

  auto r = GENERATE(
      rule{0, false, "SUCCESS 0"}, rule{{}, false, "SUCCESS 0"},
      rule{{}, true, "FAILED 1 it broke"}, rule{0, true, "PARTIAL 0 it broke"},
      rule{1, false,
           "FAILED 1 stream a: the connector failed (exit "
           "code 1)"},
      rule{137, false,
           "FAILED 1 stream a: the connector failed (exit "
           "code 137, was ended by SIGKILL, perhaps for want of "
           "memory)"},
      rule{unknown_exit_code, false,
           "FAILED 1 stream a: the connector failed (its exit code was never "
           "reported)"});
  CAPTURE(r.outcome);
  session_world world;
  world.full();
  world.rows(0, 2);
  if (r.error)
    world.error("it broke");
  world.decided();
  world.end(reason::source_ended, r.code);
  auto decided = world.decided();
  REQUIRE(decided.size() == 1);
  if (decided[0] == "commit 0")
    world.committed(0, 1);
  else
    world->on_aborted(0);
  CHECK(world->settled());
  CHECK(world.outcome() == r.outcome);
}

TEST_CASE("statuses without COMPLETE are not completed by exit code 0") {
  session_world world;
  world.full();
  world.status(0, trace::running);
  world.rows(0, 2);
  world.end(reason::source_ended, 0);
  world->on_aborted(0);
  CHECK(world.outcome()
        == "FAILED 1 stream a: the connector ended without completing the "
           "stream");
}

TEST_CASE("a stream that was never seen is SUCCESS only with exit code 0") {
  struct rule {
    std::optional<int> code;
    std::string status;
  };

  auto r = GENERATE(rule{0, "SUCCESS"}, rule{{}, "FAILED not processed"},
                    rule{2, "FAILED not processed (exit code 2)"});
  session_world world;
  world.full();
  world.end(reason::source_ended, r.code);
  CHECK(world->settled());
  CHECK(world.stream_status(0) == r.status);
  // Of a source that printed not even a line somebody may want to know.
  const auto silent =
      std::count_if(world.logs.begin(), world.logs.end(), [](const auto& line) {
        return line.starts_with("WARN the connector printed nothing at all");
      });
  CHECK(silent == (r.code == 0 ? 1 : 0));
}

TEST_CASE("a connector that printed something is not called silent") {
  session_world world;
  world.full();
  world.complete(0);
  world.end(reason::source_ended, 0);
  for (const auto& line : world.logs)
    CHECK(line.find("printed nothing") == std::string::npos);
}

TEST_CASE("the connector's last error explains an end without a reason") {
  session_world world;
  world.full();
  world.log_line(log_level::error, "first");
  world.log_line(log_level::fatal, "no such host");
  world.log_line(log_level::info, "bye");
  world.end(reason::source_ended, 1);
  CHECK(world.outcome()
        == "FAILED 1 stream a: not processed (exit code 1): no such host");
}

TEST_CASE("an error in the log fails nothing by itself") {
  session_world world;
  world.full();
  world.log_line(log_level::fatal, "no such host");
  world.complete(0);
  world.end(reason::source_ended, 0);
  CHECK(world.outcome() == "SUCCESS 0");
}

TEST_CASE("COMPLETE does not hide a connector that failed") {
  session_world world;
  world.full();
  world.complete(0);
  world.end(reason::source_ended, 1);
  CHECK(world.outcome() == "PARTIAL 0 the connector failed (exit code 1)");
}

// -- rows that cannot be delivered --------------------------------------------

TEST_CASE("a stream with rejected rows is no SUCCESS") {
  session_world world;
  world.full();
  SECTION("some") {
    world.rows(0, 2);
    world.reject("a", 1);
    world.complete(0);
    world.committed(0, 1);
    world.end(reason::source_ended, 0);
    CHECK(world.outcome()
          == "PARTIAL 0 stream a: 1 row was rejected, see the task's log");
  }
  SECTION("all") {
    world.reject("a", 2);
    world.end(reason::source_ended, 0);
    CHECK(world.outcome()
          == "FAILED 1 stream a: 2 rows were rejected, see the task's log");
  }
}

TEST_CASE("lines that may have been rows are doubt") {
  session_world world;
  world.full();
  world.complete(0);
  auto key = GENERATE("", "stranger");
  world.reject(key, 2);
  world.end(reason::source_ended, 0);
  CHECK(world.outcome()
        == "PARTIAL 0 2 RECORDs could not be read, see the task's log");
}

TEST_CASE("a delivery that fails leaves the other streams alone") {
  session_world world;
  world.incremental().incremental();
  world.rows(0, 100);
  world.rows(1, 100);
  world.state(0, "1");
  world.state(1, "1");
  world->on_failure(0, {ec::destination_rejected, "401 no such token"});
  world.decided();
  world.rows(0, 7);
  world.state(0, "2");
  world.global("1");
  world.rows(1, 1);
  CHECK(world.decided() == strings{"open 1.2 batch", "write 1 1"});
  world.committed(1, 1);
  CHECK(world.decided() == strings{"save b=1"});
  world.saved();
  world.complete(0);
  world.complete(1);
  world.committed(1, 2);
  world.end(reason::source_ended, 0);
  CHECK(world->settled());
  CHECK(world->stream(0).failed_rows == 107);
  CHECK(world.stream_status(0) == "FAILED 401 no such token");
  CHECK(world.stream_status(1) == "SUCCESS");
  CHECK(world.outcome() == "PARTIAL 0 stream a: 401 no such token");
}

TEST_CASE("a stream's error does not show a secret in the stream's name") {
  const std::string secret = "stream-called-s3cr3t";
  keep_secret(secret);
  session_world world;
  world.full();
  world.error("bad", stream_id{"", secret});
  world.end(reason::source_ended, 1);
  CHECK(world.outcome().find("s3cr3t") == std::string::npos);
  CHECK(world.outcome().find("stream ***: bad") != std::string::npos);
}
