#include "support/coordinator_world.hpp"

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

using strings = std::vector<std::string>;
using world = coordinator_world;

TEST_CASE_METHOD(world,
                 "a read commits rows, then saves their state, then ends") {
  start();
  CHECK(seen->rows == strings{"RUNNING"});
  CHECK(seen->readings == 1);
  say(0, rows("1\n"));
  say(1, state("{}"));
  say(2, complete());
  REQUIRE(where->attempts.size() == 1);
  CHECK(where->last().body == "1\n");
  CHECK(where->last().finished);
  end_pipes(3);
  CHECK(outcome() == "running");
  CHECK(seen->states.empty());
  answer();
  CHECK(seen->states == strings{"a={}"});
  CHECK(outcome() == "SUCCESS 0");
  // The log is stored before the status that says so.
  CHECK(seen->order.at(seen->order.size() - 2) == "flush");
  CHECK(seen->order.back() == "SUCCESS");
  CHECK(result->states_saved == 1);
  CHECK(result->locations == strings{"memory:a"});
  CHECK(seen->last_row.description
        == R"({"a":{"events":1,"bytes":2,"status":"SUCCESS"}})");
  CHECK(logged("sidecar: the task ended as SUCCESS"));
  pass(2min);
  CHECK(seen->order.back() == "SUCCESS");
}

TEST_CASE_METHOD(world, "states wait while others are being saved") {
  start();
  seen->owes_states = true;
  for (uint64_t i = 0; i < 3; ++i)
    say(i, state(std::to_string(i)));
  CHECK(seen->states == strings{"a=0"});
  answer_states();
  CHECK(seen->states == strings{"a=0", "a=1", "a=2"});
  say(3, state("3"));
  say(4, complete());
  end_pipes(5);
  // Each has an answer of its own; those after them wait for all.
  answer_states({ec::database_rejected, "no such value"});
  CHECK(seen->states.size() == 3);
  answer_states();
  CHECK(seen->states == strings{"a=0", "a=1", "a=2", "a=3"});
  CHECK(outcome() == "running");
  answer_states();
  CHECK(outcome() == "PARTIAL 0 a state could not be stored: no such value");
  CHECK(result->states_saved == 3);
}

TEST_CASE_METHOD(world, "states that wait are bounded") {
  start();
  seen->owes_states = true;
  say(0, state("0"));
  say(1, state('"' + std::string(40'000, 'x') + '"'));
  CHECK(seen->states.size() == 1);
  // The database is away, and states grow.
  say(2, state('"' + std::string(40'000, 'y') + '"'));
  CHECK(seen->states.size() == 3);
  say(3, state("3"));
  CHECK(seen->states.size() == 3);
  for (int i = 0; i < 3; ++i)
    answer_states();
  CHECK(seen->states.size() == 4);
}

TEST_CASE_METHOD(world, "slabs in any order have the same result") {
  std::vector<uint64_t> order = {0, 1, 2, 3, 4};
  auto shuffles = GENERATE(range(0, 120));
  for (int i = 0; i < shuffles; ++i)
    std::next_permutation(order.begin(), order.end());
  start();
  // The connector may well be gone before its slabs are parsed.
  end_pipes(5);
  for (auto number : order) {
    CHECK(seen->flushes == 0);
    if (number < 4)
      say(number, rows(std::to_string(number) + "\n"));
    else
      say(number, complete());
  }
  REQUIRE(where->attempts.size() == 1);
  CHECK(where->last().body == "0\n1\n2\n3\n");
  answer();
  CHECK(outcome() == "SUCCESS 0");
}

TEST_CASE_METHOD(world, "the pipes and the last slab may end in any order") {
  std::array<int, 3> order = {0, 1, 2};
  auto shuffles = GENERATE(range(0, 6));
  for (int i = 0; i < shuffles; ++i)
    std::next_permutation(order.begin(), order.end());
  start();
  for (auto what : order) {
    CHECK(outcome() == "running");
    if (what == 0)
      say(0, complete());
    else
      end_pipe(what == 1 ? pipe_kind::out : pipe_kind::err, what == 1 ? 1 : 0);
  }
  CHECK(outcome() == "SUCCESS 0");
}

TEST_CASE_METHOD(world, "the exit code is taken from its file") {
  settings.exit_code_file = folder.path("exit");
  start();
  say(0, complete());
  SECTION("is there already") {
    folder.write("exit", "0\n");
    end_pipes(1);
    CHECK(outcome() == "SUCCESS 0");
  }
  SECTION("comes later") {
    end_pipes(1);
    pass(29s);
    CHECK(outcome() == "running");
    folder.write("exit", "3\n");
    pass(100ms);
    CHECK(outcome() == "PARTIAL 0 the connector failed (exit code 3)");
  }
  SECTION("never comes") {
    end_pipes(1);
    pass(29s);
    CHECK(outcome() == "running");
    pass(2s);
    CHECK(outcome()
          == "PARTIAL 0 the connector failed (its exit code was never "
             "reported)");
    CHECK(logged("exit code did not appear"));
  }
  SECTION("holds something else") {
    folder.write("exit", "0 or so");
    end_pipes(1);
    pass(31s);
    CHECK(logged("it does not hold an exit code"));
    CHECK(outcome().find("PARTIAL") == 0);
  }
}

TEST_CASE_METHOD(world, "a pipe that cannot be read breaks the task") {
  start();
  say(0, rows("1\n"));
  SECTION("because it is missing") {
    end_pipe(pipe_kind::err, 0, {ec::invalid_argument, "cannot open x"});
    where->last().fail(ec::cancelled, "aborted");
    run();
    CHECK(outcome() == "FAILED 2 cannot open x");
  }
  SECTION("because reading failed") {
    end_pipe(pipe_kind::out, 1, {ec::system_failed, "reading failed"});
    where->last().fail(ec::cancelled, "aborted");
    run();
    CHECK(outcome() == "FAILED 1 reading failed");
  }
  CHECK(seen->stops > 0);
}

// -- limits of time -----------------------------------------------------------

TEST_CASE_METHOD(world, "a silent connector ends its task") {
  settings.idle_timeout = 60s;
  start();
  pass(50s);
  say(0, rows("1\n"));
  pass(50s);
  // Lines of stderr are signs of life as well.
  auto batch = std::make_shared<log_batch>();
  batch->add(log_level::info, "still here");
  tell(subject, log_batch_ptr{batch});
  pass(59s);
  CHECK(seen->stops == 0);
  pass(3s);
  CHECK(seen->stops > 0);
  where->last().fail(ec::cancelled, "aborted");
  run();
  CHECK(outcome().find("FAILED 2 no message came from the connector for 6")
        == 0);
}

TEST_CASE_METHOD(world,
                 "a connector that waits for the byte window is not silent") {
  settings.idle_timeout = 60s;
  start();
  window_share full{window, 1000};
  pass(10min);
  CHECK(seen->stops == 0);
  full = {};
  pass(58s);
  CHECK(seen->stops == 0);
  pass(5s);
  CHECK(outcome().find("FAILED 2 no message came") == 0);
}

TEST_CASE_METHOD(world, "lines about messages hold the window until stored") {
  start();
  seen->keeps_lines = true;
  for (int i = 0; i < 10; ++i)
    say(static_cast<uint64_t>(i),
        message{error_trace{std::string(100, 'x'), "", "", "", std::nullopt}});
  run();
  CHECK(window->used() >= 1000);
  CHECK_FALSE(window->open());
  seen->kept_lines.clear();
  CHECK(window->used() == 0);
}

TEST_CASE_METHOD(world, "a task that takes too long is ended") {
  settings.task_timeout = 2h;
  settings.idle_timeout = 24h;
  start();
  pass(119min);
  CHECK(outcome() == "running");
  pass(2min);
  CHECK(outcome()
        == "TIME_EXCEEDED 2 the task took longer than TASK_TIMEOUT_HOURS "
           "allows");
  CHECK(seen->order.back() == "TIME_EXCEEDED");
}

TEST_CASE_METHOD(world, "the row is brought up to date while the task runs") {
  settings.idle_timeout = 24h;
  start();
  seen->rows.clear();
  pass(10min);
  // At least once a minute, so that the task is not taken for dead.
  CHECK(seen->rows.size() >= 10);
  CHECK(seen->rows.size() <= 30);
  auto before = seen->rows.size();
  say(0, rows("1\n"));
  pass(2s);
  CHECK(seen->rows.size() == before + 1);
}

// -- pipes that do not end ----------------------------------------------------

TEST_CASE_METHOD(world,
                 "pipes that a child of the connector holds open are closed") {
  settings.exit_code_file = folder.path("exit");
  start();
  say(0, complete());
  end_pipe(pipe_kind::err, 0);
  folder.write("exit", "0");
  pass(5s);
  CHECK(seen->stops == 0);
  pass(7s);
  CHECK(seen->stops > 0);
  end_pipe(pipe_kind::out, 1, {ec::cancelled, "told to stop"});
  CHECK(outcome() == "SUCCESS 0");
}

TEST_CASE_METHOD(
    world,
    "pipes that were not read while the window was full are not closed early") {
  // The destination is slow, and the connector's last rows are in the pipe.
  settings.exit_code_file = folder.path("exit");
  start();
  say(0, rows("1\n"));
  folder.write("exit", "0");
  window_share full{window, 1000};
  auto half_ended = GENERATE(false, true);
  if (half_ended)
    end_pipe(pipe_kind::err, 0);
  pass(5min);
  CHECK(seen->stops == 0);
  full = {};
  pass(9s);
  CHECK(seen->stops == 0);
  pass(5s);
  CHECK(seen->stops > 0);
}

TEST_CASE_METHOD(
    world,
    "a stderr that was never opened is given up after stdout has ended") {
  start();
  say(0, complete());
  end_pipe(pipe_kind::out, 1);
  pass(4s);
  CHECK(seen->stops == 0);
  pass(3s);
  CHECK(seen->stops > 0);
  end_pipe(pipe_kind::err, 0, {ec::cancelled, "told to stop"});
  CHECK(outcome() == "SUCCESS 0");
}
