#include "support/coordinator_world.hpp"

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

using strings = std::vector<std::string>;
using world = coordinator_world;

// -- told to stop -------------------------------------------------------------

TEST_CASE_METHOD(world,
                 "a cancel before the start ends the task without reading") {
  spawn_subject();
  tell(subject, atom::cancel_v);
  start();
  CHECK(outcome() == "CANCELLED 0 the task was cancelled");
  CHECK(seen->order == strings{"flush", "CANCELLED"});
  CHECK(seen->readings == 0);
}

TEST_CASE_METHOD(world, "a cancel while the database is away waits for it "
                        "until the stop's time is over") {
  seen->database_away = true;
  start();
  CHECK(outcome() == "running");
  tell(subject, atom::cancel_v);
  // It is waited for, so that it knows of the end, as long as we may.
  pass(29s);
  CHECK(outcome() == "running");
  pass(2s);
  CHECK(outcome() == "CANCELLED 1 the database was not available for too long");
  CHECK(seen->readings == 0);
}

TEST_CASE_METHOD(world, "a cancel while reading drops the open request") {
  start();
  say(0, rows("1\n"));
  tell(subject, atom::cancel_v);
  CHECK(where->last().aborted);
  CHECK(seen->stops > 0);
  // Slabs that are parsed later are not delivered.
  say(1, rows("2\n"));
  CHECK(where->last().body == "1\n");
  CHECK(outcome() == "running");
  where->last().fail(ec::cancelled, "aborted");
  run();
  CHECK(outcome() == "CANCELLED 0 the task was cancelled");
  CHECK(seen->order.back() == "CANCELLED");
}

TEST_CASE_METHOD(
    world, "a cancel while the last request is answered waits for the answer") {
  start();
  say(0, rows("1\n"));
  say(1, complete());
  end_pipes(2);
  tell(subject, atom::cancel_v);
  CHECK_FALSE(where->last().aborted);
  pass(19s);
  CHECK(outcome() == "running");
  SECTION("in time") {
    answer();
    CHECK(outcome() == "SUCCESS 0");
  }
  SECTION("too late") {
    pass(2s);
    CHECK(outcome() == "CANCELLED 0 the task was cancelled");
    CHECK(logged("rows already sent may have been committed"));
  }
}

TEST_CASE_METHOD(world, "a cancel while the end is stored changes nothing") {
  start();
  seen->database_away = true;
  end_pipe(pipe_kind::err, 0, {ec::system_failed, "reading failed"});
  CHECK(seen->flushes == 1);
  tell(subject, atom::cancel_v);
  pass(29s);
  CHECK(outcome() == "running");
  pass(3s);
  CHECK(outcome().find("FAILED 1 the database was not available") == 0);
}

TEST_CASE_METHOD(world, "a second cancel gives no second grace period") {
  start();
  say(0, rows("1\n"));
  tell(subject, atom::cancel_v);
  pass(15s);
  tell(subject, atom::cancel_v);
  pass(7s);
  CHECK(outcome() == "CANCELLED 0 the task was cancelled");
}

TEST_CASE_METHOD(world, "CANCELLED in the row stops the task") {
  start();
  say(0, rows("1\n"));
  seen->row_has = task_status::cancelled;
  pass(2s);
  CHECK(where->last().aborted);
  where->last().fail(ec::cancelled, "aborted");
  run();
  CHECK(outcome() == "CANCELLED 0 the task was cancelled");
}

TEST_CASE_METHOD(
    world, "a task that another program has ended stops, and keeps that end") {
  settings.stop_is_failure = GENERATE(false, true);
  start();
  CHECK(seen->last_row.yields == settings.stop_is_failure);
  say(0, rows("1\n"));
  seen->row_has = task_status::failed;
  pass(2s);
  CHECK(seen->last_row.yields);
  CHECK(where->last().aborted);
  where->last().fail(ec::cancelled, "aborted");
  run();
  CHECK(seen->last_row.status
        == (settings.stop_is_failure ? task_status::failed
                                     : task_status::cancelled));
  CHECK(seen->last_row.yields);
}

TEST_CASE_METHOD(world, "a task that ends by itself says how") {
  start();
  seen->row_has = task_status::failed;
  say(0, complete());
  end_pipes(1);
  CHECK(outcome() == "SUCCESS 0");
  CHECK_FALSE(seen->last_row.yields);
}

TEST_CASE_METHOD(
    world, "a task whose row says CANCELLED at the very end is CANCELLED") {
  start();
  seen->row_has = task_status::cancelled;
  auto good = GENERATE(false, true);
  if (good)
    say(0, complete());
  end_pipes(good ? 1 : 0);
  CHECK(outcome() == "CANCELLED 0 the task was cancelled");
}

// -- deadlines ----------------------------------------------------------------

TEST_CASE_METHOD(
    world,
    "a task fails if the database is away for too long before the start") {
  seen->database_away = true;
  start();
  pass(9min);
  CHECK(outcome() == "running");
  pass(2min);
  CHECK(outcome() == "FAILED 1 the database was not available for too long");
}

TEST_CASE_METHOD(world, "a task fails at once if the database cannot be used") {
  seen->refusal = {ec::database_rejected, "permission denied"};
  start();
  CHECK(outcome() == "FAILED 2 permission denied");
  CHECK(seen->readings == 0);
}

TEST_CASE_METHOD(
    world, "a destination that does not answer after a cancel is given up") {
  start();
  say(0, rows("1\n"));
  tell(subject, atom::cancel_v);
  pass(19s);
  CHECK(outcome() == "running");
  pass(2s);
  // There is time left to store the end.
  CHECK(outcome() == "CANCELLED 0 the task was cancelled");
  CHECK(seen->order.back() == "CANCELLED");
}

TEST_CASE_METHOD(
    world,
    "a stop ends in time though neither destination nor database answers") {
  start();
  say(0, rows("1\n"));
  seen->database_away = true;
  tell(subject, atom::cancel_v);
  pass(31s);
  CHECK(outcome().find("CANCELLED 1 the database was not available") == 0);
}

TEST_CASE_METHOD(world, "a state that cannot be stored is waited for, not for "
                        "ever") {
  start();
  seen->database_away = true;
  say(0, state("1"));
  say(1, complete());
  end_pipes(2);
  pass(9min);
  CHECK(outcome() == "running");
  CHECK(seen->flushes == 0);
  pass(2min);
  CHECK(seen->flushes == 1);
  pass(8min);
  CHECK(outcome() == "running");
  pass(3min);
  CHECK(outcome().find("FAILED 1 the database was not available") == 0);
}

TEST_CASE_METHOD(world, "a request under way has all the time it needs") {
  start();
  say(0, rows("1\n"));
  say(1, complete());
  end_pipes(2);
  pass(19min);
  CHECK(outcome() == "running");
  answer();
  CHECK(outcome() == "SUCCESS 0");
}

// -- what the database says ---------------------------------------------------

TEST_CASE_METHOD(world, "lines of log that are lost are no success") {
  start();
  say(0, complete());
  seen->lost_lines = 3;
  end_pipes(1);
  CHECK(outcome() == "PARTIAL 0 3 lines of log could not be stored: disk full");
  CHECK(seen->order.back() == "PARTIAL");
}

TEST_CASE_METHOD(world, "a status that cannot be stored is no success") {
  start();
  say(0, complete());
  seen->refusal = {ec::database_rejected, "disk full"};
  end_pipes(1);
  CHECK(outcome()
        == "FAILED 1 the task's status could not be stored: disk full");
}

TEST_CASE_METHOD(world, "a task whose store died fails") {
  start();
  caf::anon_send_exit(settings.store, caf::exit_reason::kill);
  run();
  say(0, state("1"));
  say(1, complete());
  end_pipes(2);
  CHECK(outcome().find("FAILED 1 the task's status could not be stored: "
                       "internal error")
        == 0);
}

// -- a control plane ----------------------------------------------------------

TEST_CASE_METHOD(world, "a control plane ends a task, with its reason") {
  start();
  say(0, rows("1\n"));
  auto end = [&](ec code) {
    tell(subject, std::make_shared<const failure>(failure{code, "as it says"}));
    CHECK(where->last().aborted);
    where->last().fail(ec::cancelled, "aborted");
    run();
  };
  SECTION("as cancelled") {
    end(ec::cancelled);
    CHECK(outcome() == "CANCELLED 0 as it says");
    CHECK(result->reason->type == failure_type::cancelled);
  }
  SECTION("as failed") {
    end(ec::timed_out);
    CHECK(outcome() == "FAILED 1 as it says");
    CHECK(result->reason->origin == failure_origin::platform);
    CHECK(seen->last_row.metrics.find("\"failureOrigin\":\"airbyte_platform\"")
          != std::string::npos);
  }
}

TEST_CASE_METHOD(world,
                 "a control plane that ends a task too late changes nothing") {
  start();
  say(0, complete());
  end_pipes(1);
  CHECK(outcome() == "SUCCESS 0");
  tell(subject,
       std::make_shared<const failure>(failure{ec::timed_out, "late"}));
  CHECK(outcome() == "SUCCESS 0");
}

// -- what is kept and measured
// -------------------------------------------------

TEST_CASE_METHOD(world, "a changed config is kept before the end") {
  settings.config.row = {"p", "1", "s", "", ""};
  settings.config.file = folder.path("config.json");
  start();
  say(0, message{control_message{R"({"token":"n"})"}});
  REQUIRE(seen->configs.size() == 1);
  CHECK(seen->configs[0].sync_id == "s");
  CHECK(seen->configs[0].config == R"({"token":"n"})");
  CHECK(std::filesystem::exists(settings.config.file));
  say(1, complete());
  end_pipes(2);
  CHECK(outcome() == "SUCCESS 0");
  CHECK(result->config_changed);
}

TEST_CASE_METHOD(world, "a config that cannot be kept is doubt") {
  settings.config.file = "/nowhere/config.json";
  start();
  say(0, message{control_message{R"({"token":"n"})"}});
  say(1, complete());
  end_pipes(2);
  CHECK(outcome()
        == "PARTIAL 0 the config that the connector changed is lost: cannot "
           "write /nowhere/config.json: No such file or directory");
}

TEST_CASE_METHOD(world, "the counts of a task are on the metric board") {
  settings.metrics = std::make_shared<metric_board>(metric_tags{});
  start();
  say(0, rows("1\n"));
  say(1, complete());
  pass(1s);
  auto value = [&](metric which) -> std::optional<double> {
    for (const auto& sample : settings.metrics->read())
      if (sample.which == which)
        return definition_of(which).kind == metric_kind::histogram
                   ? static_cast<double>(sample.distribution.count)
                   : sample.value;
    return std::nullopt;
  };
  CHECK(value(metric::rows) == 1);
  CHECK(value(metric::committed_rows) == 0);
  CHECK_FALSE(value(metric::tasks));
  answer();
  end_pipes(2);
  CHECK(outcome() == "SUCCESS 0");
  CHECK(value(metric::lines) == 2);
  CHECK(value(metric::committed_rows) == 1);
  CHECK(value(metric::commits) == 1);
  CHECK(value(metric::commit_time) == 1);
  CHECK(value(metric::tasks) == 1);
}
