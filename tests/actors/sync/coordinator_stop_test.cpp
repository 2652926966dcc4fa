// The ways to stop a read: from outside, by its row, or since its connector
// does not end.

#include "support/coordinator_world.hpp"

#include <nlohmann/json.hpp>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

using strings = std::vector<std::string>;
using world = coordinator_world;

namespace {

/// One request has ended and waits for its answer, another one is open.
struct two_requests : coordinator_world {
  void begin() {
    settings.session.streams[0].incremental = true;
    settings.session.streams[0].state_given = true;
    start();
    // Past the pace of the scripted destination.
    pass(1s);
    row_batch many;
    many.rows = make_block("1\n", 100'000);
    many.data_bytes = 2;
    say(0, std::move(many));
    say(1, state("1"));
    say(2, rows("2\n"));
    REQUIRE(where->attempts.size() == 1);
    REQUIRE(where->last().finished);
  }

  bool adds_up() const {
    auto counts = nlohmann::json::parse(seen->last_row.metrics);
    return counts["rows"].get<int>()
           == counts["committed_rows"].get<int>()
                  + counts["rejected_rows"].get<int>()
                  + counts["failed_rows"].get<int>();
  }
};

} // namespace

TEST_CASE_METHOD(
    two_requests,
    "a stop waits for requests that have ended, and drops later rows") {
  auto way = GENERATE(std::string{"signal"}, "row", "control plane",
                      "time limit", "silence");
  CAPTURE(way);
  settings.task_timeout = 30s;
  if (way == "silence")
    settings.idle_timeout = 10s;
  begin();
  if (way == "signal")
    tell(subject, atom::cancel_v);
  else if (way == "control plane")
    tell(subject, std::make_shared<const failure>(
                      failure{ec::cancelled, "patience is over"}));
  else if (way == "row")
    seen->row_has = task_status::cancelled;
  pass(way == "time limit" ? 31s : way == "silence" ? 11s : 2s);
  CHECK(seen->stops > 0);
  CHECK(outcome() == "running");
  CHECK_FALSE(where->last().aborted);
  CHECK(seen->states.empty());
  answer();
  CHECK(seen->states == strings{"a=1"});
  // The request that was open was never sent.
  CHECK(where->attempts.size() == 1);
  CHECK(outcome() != "running");
  CHECK(outcome().find("SUCCESS") == std::string::npos);
  CHECK(adds_up());
  REQUIRE(result);
  CHECK(result->committed_rows == std::vector<uint64_t>{100'000});
}

TEST_CASE_METHOD(two_requests, "a stop that comes after the connector's end by "
                               "it, and while rows are delivered, is the "
                               "reason") {
  settings.stop_is_failure = true;
  settings.exit_code_file = folder.path("exit");
  begin();
  folder.write("exit", "143");
  end_pipes(3);
  CHECK(outcome() == "running");
  tell(subject, atom::cancel_v);
  answer();
  pass(6s);
  CHECK(outcome().find("FAILED 1 the task was stopped from outside (SIGTERM)")
        == 0);
}

TEST_CASE_METHOD(two_requests, "a stop waits no longer than it may") {
  begin();
  tell(subject, atom::cancel_v);
  pass(19s);
  CHECK(outcome() == "running");
  pass(2s);
  CHECK(outcome() == "CANCELLED 0 the task was cancelled");
  CHECK(seen->states.empty());
  CHECK(adds_up());
}

TEST_CASE_METHOD(two_requests, "a longer grace is used") {
  settings.stop_timeout = 50s;
  begin();
  tell(subject, atom::cancel_v);
  pass(39s);
  CHECK(outcome() == "running");
  answer();
  CHECK(seen->states == strings{"a=1"});
}

// -- a task that is over before its start
// ---------------------------------------

TEST_CASE_METHOD(world, "a task whose row says that it is over starts no "
                        "connector") {
  settings.stop_is_failure = true;
  seen->row_has = GENERATE(task_status::failed, task_status::cancelled,
                           task_status::time_exceeded, task_status::success);
  CAPTURE(seen->row_has);
  start();
  CHECK(seen->readings == 0);
  CHECK(where->attempts.empty());
  if (seen->row_has == task_status::cancelled)
    CHECK(outcome() == "CANCELLED 0 the task was cancelled");
  else
    CHECK(outcome()
          == "FAILED 1 the task's row says "
                 + std::string{to_string(seen->row_has)}
                 + ": the task was over before its connector could start, so "
                   "it is not started (transient_error)");
  // Each write left the row as it was.
  CHECK(seen->last_row.yields);
}

TEST_CASE_METHOD(world, "a task of no controller takes over an old row") {
  seen->row_has = task_status::failed;
  start();
  CHECK(seen->readings == 1);
  CHECK(outcome() == "running");
}

// -- who cancelled ------------------------------------------------------------

TEST_CASE_METHOD(
    world, "a task that was cancelled in its row ends with that row's reason") {
  settings.stop_is_failure = true;
  settings.place = task_place::local;
  start();
  say(0, rows("1\n"));
  auto first = GENERATE(false, true);
  seen->row_has = task_status::cancelled;
  if (first)
    pass(2s);
  else
    tell(subject, atom::cancel_v);
  where->last().fail(ec::cancelled, "aborted");
  run();
  CHECK(outcome() == "CANCELLED 0 the task was cancelled");
  CHECK(logged("the task ended as CANCELLED: the task was cancelled"));
  CHECK_FALSE(logged("FAILED"));
}

TEST_CASE_METHOD(world,
                 "a connector that hears of a cancel first does not make "
                 "it a failure") {
  settings.stop_is_failure = true;
  settings.exit_code_file = folder.path("exit");
  start();
  seen->row_has = task_status::cancelled;
  folder.write("exit", "143");
  end_pipes(0);
  CHECK(outcome() == "CANCELLED 0 the task was cancelled");
  CHECK(logged("the task ended as CANCELLED: the task was cancelled"));
  CHECK_FALSE(logged("FAILED"));
  CHECK(seen->last_row.description.find(
            R"("status":"CANCELLED","error":"the task was cancelled")")
        != std::string::npos);
}

TEST_CASE_METHOD(world, "a connector that hears of a stop first does not take "
                        "the blame") {
  settings.stop_is_failure = true;
  settings.exit_code_file = folder.path("exit");
  start();
  folder.write("exit", "143");
  end_pipes(0);
  pass(4s);
  CHECK(outcome() == "running");
  tell(subject, atom::cancel_v);
  CHECK(outcome().find("FAILED 1 the task was stopped from outside (SIGTERM)")
        == 0);
  // syncctl adds by what it was stopped.
  CHECK(seen->last_row.yields);
  CHECK(seen->last_row.description.find(
            R"("status":"FAILED","error":"the task was stopped from outside)")
        != std::string::npos);
}

TEST_CASE_METHOD(world, "a connector that SIGTERM ended alone is to blame") {
  settings.exit_code_file = folder.path("exit");
  settings.stop_is_failure = GENERATE(false, true);
  start();
  folder.write("exit", "143");
  end_pipes(0);
  if (settings.stop_is_failure) {
    CHECK(outcome() == "running");
    pass(6s);
  }
  CHECK(outcome().find("143") != std::string::npos);
  CHECK(outcome().find("from outside") == std::string::npos);
}

TEST_CASE_METHOD(
    world,
    "the reason of a stopped task is worded for the place where it ran") {
  settings.stop_is_failure = true;
  settings.place = GENERATE(task_place::local, task_place::pod);
  start();
  tell(subject, atom::cancel_v);
  CHECK(outcome().find("FAILED 1 the task was stopped from outside (SIGTERM): ")
        == 0);
  CHECK((outcome().find("Pod") != std::string::npos)
        == (settings.place == task_place::pod));
  CHECK(seen->last_row.status == task_status::failed);
  // Its streams say what the task says.
  CHECK(seen->last_row.description.find(
            R"("status":"FAILED","error":"the task was stopped from outside)")
        != std::string::npos);
}

TEST_CASE_METHOD(world, "a stop that is a failure keeps the reason that was "
                        "given with it") {
  const auto* why = "the sync is taken by task t2";
  settings.stop_is_failure = true;
  settings.place =
      GENERATE(task_place::local, task_place::pod, task_place::unknown);
  start();
  tell(subject, std::make_shared<const failure>(failure{ec::cancelled, why}));
  // The signal that comes with it says no more.
  tell(subject, atom::cancel_v);
  run();
  CHECK(outcome() == "FAILED 1 the sync is taken by task t2 (transient_error)");
  CHECK(result->reason->type == failure_type::transient_error);
  CHECK(seen->last_row.error == std::string{why} + " (transient_error)");
  // Its streams say what the task says.
  const auto error = R"("error":")" + seen->last_row.error;
  CHECK(seen->last_row.description.find(error) != std::string::npos);
}

TEST_CASE_METHOD(world, "a row that cannot be read does not hold up the end") {
  settings.stop_is_failure = true;
  start();
  seen->database_away = true;
  tell(subject, atom::cancel_v);
  pass(33s);
  CHECK(outcome() != "running");
}

// -- a connector that does not end --------------------------------------------

TEST_CASE_METHOD(
    world,
    "a connector that outlives its work is ended, and its task is a success") {
  start();
  say(0, rows("1\n"));
  say(1, complete());
  pass(50s);
  // Not everything is stored.
  answer();
  pass(1s);
  pass(59s);
  CHECK(outcome() == "running");
  pass(2s);
  CHECK(outcome() == "SUCCESS 0");
  CHECK(seen->stops > 0);
  CHECK(logged("every stream is complete and stored, but the connector did not "
               "exit within 60 seconds (SOURCE_EXIT_TIMEOUT_SECONDS)"));
}

TEST_CASE_METHOD(world, "a connector that outlives refused work is not "
                        "reported as complete and stored") {
  start();
  say(0, rows("1\n"));
  auto before = GENERATE(false, true);
  if (before)
    where->last().fail(ec::destination_rejected, "no such table");
  run();
  say(1, complete());
  if (!before)
    where->last().fail(ec::destination_rejected, "no such table");
  run();
  pass(61s);
  pass(2s);
  CHECK(outcome().find("FAILED 1 stream a: no such table") == 0);
  CHECK_FALSE(logged("complete and stored"));
  CHECK(logged("the connector reported every stream COMPLETE (with problems: "
               "a), but the connector did not exit within 60 seconds "
               "(SOURCE_EXIT_TIMEOUT_SECONDS); stopping it"));
}

TEST_CASE_METHOD(world, "a silence that ends complete work is no failure") {
  settings.idle_timeout = 4s;
  start();
  say(0, complete());
  pass(6s);
  CHECK(outcome() == "SUCCESS 0");
  CHECK(logged("the connector did not exit within 4 seconds"));
}

TEST_CASE_METHOD(world,
                 "a connector that sends more gets its whole time again") {
  settings.exit_timeout = 60s;
  start();
  say(0, complete());
  pass(50s);
  say(1, state("1"));
  pass(50s);
  CHECK(outcome() == "running");
  auto reopened = GENERATE(false, true);
  if (reopened)
    say(2, rows("1\n"));
  pass(15s);
  CHECK((outcome() == "running") == reopened);
}

TEST_CASE_METHOD(world, "the exit code shows that a connector has ended") {
  settings.exit_code_file = folder.path("exit");
  settings.exit_timeout = 5s;
  start();
  say(0, complete());
  pass(1s);
  folder.write("exit", "3");
  pass(7s);
  CHECK(outcome() == "running");
  pass(6s);
  CHECK(seen->stops > 0);
  end_pipe(pipe_kind::out, 1, {ec::cancelled, "told to stop"});
  end_pipe(pipe_kind::err, 0, {ec::cancelled, "told to stop"});
  CHECK(outcome() == "PARTIAL 0 the connector failed (exit code 3)");
}
