#include "actors/sync/inquirer.hpp"

#include "support/coordinator_world.hpp"

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

/// An inquirer among the peers of a coordinator.
struct inquirer_world : coordinator_world {
  explicit inquirer_world(inquiry command = inquiry::check) {
    asking.row.command = command;
    asking.row.package = "the-package";
    asking.row.key = "the-key";
    asking.store = settings.store;
    asking.log = settings.log;
    asking.read = settings.read;
  }

  void begin() {
    subject = spawn(inquirer, asking);
    start();
  }

  void answer_good(uint64_t slab) {
    say(slab, message{document_message{"CONNECTION_STATUS",
                                       R"({"status":"SUCCEEDED"})"}});
  }

  inquirer_settings asking;
};

} // namespace

TEST_CASE_METHOD(inquirer_world, "an answer is stored after the log") {
  begin();
  CHECK(seen->readings == 1);
  answer_good(0);
  end_pipes(1);
  CHECK(outcome() == "SUCCESS 0");
  CHECK(seen->order == std::vector<std::string>{"flush", "SUCCESS"});
  CHECK(seen->results[0].key == "the-key");
  CHECK(result->document == R"({"status":"SUCCEEDED"})");
  // Later messages change nothing.
  tell(subject, atom::cancel_v);
  CHECK(outcome() == "SUCCESS 0");
}

TEST_CASE_METHOD(inquirer_world, "the exit code is waited for, not for ever") {
  asking.exit_code_file = folder.path("code");
  begin();
  end_pipes(0);
  SECTION("it comes") {
    CHECK(outcome() == "running");
    folder.write("code", "3\n");
    pass(50ms);
    CHECK(outcome().find("(exit code 3)") != std::string::npos);
  }
  SECTION("it never comes") {
    pass(31s);
    CHECK(outcome()
          == "FAILED 1 the connector ended without an answer: no "
             "CONNECTION_STATUS came");
    CHECK(logged("exit code did not appear"));
  }
}

TEST_CASE_METHOD(inquirer_world, "an answer that is still in the pipe when the "
                                 "time is over counts") {
  begin();
  auto last = std::make_shared<parsed_slab>();
  last->items.emplace_back(message{
      document_message{"CONNECTION_STATUS", R"({"status":"SUCCEEDED"})"}});
  seen->left_in_pipe = last;
  pass(9min + 2s);
  CHECK(outcome() == "SUCCESS 0");
}

TEST_CASE_METHOD(inquirer_world, "a reader that hangs does not hold up the end "
                                 "of a command") {
  seen->readers_hang = true;
  begin();
  pass(9min + 2s);
  CHECK(outcome() == "running");
  pass(11s);
  CHECK(outcome().find("FAILED 2 no CONNECTION_STATUS came in time") == 0);
}

TEST_CASE_METHOD(inquirer_world, "a connector has its time and no more") {
  begin();
  pass(9min - 2s);
  CHECK(outcome() == "running");
  pass(3s);
  CHECK(outcome()
        == "FAILED 2 no CONNECTION_STATUS came in time: it had 9 minutes "
           "(SIDECAR_FILE_TIMEOUT_MINUTES), and printed nothing");
  CHECK(seen->stops > 0);
}

TEST_CASE_METHOD(
    inquirer_world,
    "a connector that has answered and does not exit is given up") {
  begin();
  answer_good(0);
  pass(29s);
  CHECK(outcome() == "running");
  pass(3s);
  CHECK(outcome() == "SUCCESS 0");
  CHECK(logged("does not exit"));
}

TEST_CASE_METHOD(
    inquirer_world,
    "a stop before the answer cancels an inquiry, a later one does not") {
  SECTION("before the start") {
    subject = spawn(inquirer, asking);
    tell(subject, atom::cancel_v);
    start();
    CHECK(seen->readings == 0);
    CHECK(outcome() == "CANCELLED 0 the task was cancelled");
  }
  SECTION("before the answer") {
    begin();
    tell(subject, atom::cancel_v);
    CHECK(outcome() == "CANCELLED 0 the task was cancelled");
  }
  SECTION("after the answer") {
    begin();
    answer_good(0);
    tell(subject, atom::cancel_v);
    CHECK(outcome() == "SUCCESS 0");
  }
  // The tables know no cancelled command.
  for (const auto& row : seen->results)
    CHECK((row.status == task_status::failed
           || row.status == task_status::success));
}

TEST_CASE_METHOD(inquirer_world,
                 "an inquiry waits for a database that is away") {
  SECTION("before the start") {
    seen->database_away = true;
    begin();
    pass(10min + 1s);
    CHECK(outcome() == "FAILED 1 the database was not available for too long");
    CHECK(seen->readings == 0);
  }
  SECTION("at the end") {
    begin();
    answer_good(0);
    seen->database_away = true;
    end_pipes(1);
    pass(10min - 1s);
    CHECK(outcome() == "running");
    pass(2s);
    CHECK(outcome().find("the result is not stored") != std::string::npos);
  }
  SECTION("at the end, and we are told to stop") {
    begin();
    answer_good(0);
    seen->database_away = true;
    end_pipes(1);
    tell(subject, atom::cancel_v);
    pass(31s);
    CHECK(outcome().find("the result is not stored") != std::string::npos);
  }
}

TEST_CASE_METHOD(inquirer_world,
                 "an inquiry fails if the database refuses the result") {
  begin();
  answer_good(0);
  seen->refusal = {ec::database_rejected, "no such column"};
  end_pipes(1);
  CHECK(outcome() == "FAILED 1 the result could not be stored: no such column");
}

TEST_CASE_METHOD(inquirer_world, "a pipe that cannot be read is the reason") {
  begin();
  end_pipe(pipe_kind::out, 0, {ec::invalid_argument, "cannot open /x"});
  CHECK(outcome() == "FAILED 2 cannot open /x");
}

TEST_CASE("a discover is RUNNING first") {
  inquirer_world world{inquiry::discover};
  world.begin();
  REQUIRE(world.seen->results.size() == 1);
  CHECK(world.seen->results[0].status == task_status::running);
  world.say(0, message{error_trace{"no access", "", "", "", std::nullopt}});
  world.end_pipes(1);
  CHECK(world.outcome() == "FAILED 1 no access");
  CHECK(world.seen->results[1].description == "no access");
}

TEST_CASE_METHOD(inquirer_world, "a control plane ends an inquiry") {
  begin();
  auto code = GENERATE(ec::cancelled, ec::timed_out);
  tell(subject, std::make_shared<const failure>(failure{code, "as it says"}));
  CHECK(outcome()
        == (code == ec::cancelled ? "CANCELLED 0 as it says"
                                  : "FAILED 1 as it says"));
}

TEST_CASE_METHOD(inquirer_world, "an inquiry that failed by a stop says why, "
                                 "or where it ran") {
  struct stop {
    std::string why;
    task_place place = task_place::unknown;
    std::string wanted;
  };

  auto row = GENERATE(values<stop>({
      {"as it says", task_place::pod, "as it says"},
      {"as it says", task_place::unknown, "as it says"},
      {"", task_place::pod, ": its Pod was deleted or evicted"},
      {"", task_place::local, ": syncctl was stopped"},
      {"", task_place::unknown, "stopped from outside (SIGTERM)"},
  }));
  INFO(row.why << row.wanted);
  asking.stop_is_failure = true;
  asking.place = row.place;
  begin();
  if (row.why.empty())
    tell(subject, atom::cancel_v);
  else
    tell(subject,
         std::make_shared<const failure>(failure{ec::cancelled, row.why}));
  CHECK(outcome().starts_with("FAILED 1 "));
  CHECK(outcome().find(row.wanted) != std::string::npos);
}

TEST_CASE_METHOD(inquirer_world, "a check may change the config") {
  asking.config.row.key = "the-key";
  begin();
  say(0, message{control_message{R"({"token":"n"})"}});
  REQUIRE(seen->configs.size() == 1);
  CHECK(seen->configs[0].key == "the-key");
  answer_good(1);
  end_pipes(2);
  CHECK(outcome() == "SUCCESS 0");
  CHECK(result->config_changed);
  CHECK(logged("changed its config"));
}
