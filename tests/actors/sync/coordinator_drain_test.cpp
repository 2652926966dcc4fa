// What a coordinator makes of what is still in the pipes when it ends the
// reading.

#include "support/coordinator_world.hpp"

#include <nlohmann/json.hpp>

#include <csignal>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

struct drained_world : coordinator_world {
  /// Answers every request that has ended.
  void answer_all() {
    for (run(); answered < where->attempts.size(); run()) {
      auto& next = *where->attempts[answered];
      if (!next.finished)
        return;
      ++answered;
      next.commit();
    }
  }

  /// One row is stored, and the stream is complete.
  void begin_complete() {
    start();
    say(0, rows("1\n"));
    say(1, complete());
    answer_all();
  }

  parsed_slab& in_pipe() {
    auto out = std::make_shared<parsed_slab>();
    out->number = seen->slabs;
    out->lines = 1;
    seen->left_in_pipe = out;
    return *out;
  }

  void put_row_in_pipe() { in_pipe().items.emplace_back(rows("9\n")); }

  /// A RECORD that broke off.
  void put_cut_row_in_pipe() {
    auto& slab = in_pipe();
    ++slab.faults[static_cast<size_t>(line_fault::malformed_json)];
    ++slab.unreadable[static_cast<size_t>(message_kind::record)];
    slab.rejected.push_back({"", 1});
  }

  void put_text_in_pipe() {
    auto& slab = in_pipe();
    slab.logs = std::make_shared<log_batch>();
    slab.logs->logger = "source";
    slab.logs->add(log_level::info, "good night");
  }

  uint64_t count(const char* of) const {
    return nlohmann::json::parse(seen->last_row.metrics).at(of);
  }

  bool adds_up() const {
    return count("rows")
           == count("committed_rows") + count("rejected_rows")
                  + count("failed_rows");
  }

  size_t answered = 0;
};

} // namespace

TEST_CASE_METHOD(
    drained_world,
    "output that is in the pipes when a connector is killed counts") {
  struct row {
    std::string what;
    void (drained_world::*put)();
    std::string outcome;
    uint64_t committed;
  };

  const auto [what, put, expected, committed] = GENERATE(
      row{"a whole row", &drained_world::put_row_in_pipe, "SUCCESS 0", 2},
      row{"a row that broke off", &drained_world::put_cut_row_in_pipe,
          "PARTIAL 0 1 RECORD could not be read", 1},
      row{"text", &drained_world::put_text_in_pipe, "SUCCESS 0", 1});
  INFO(what);
  begin_complete();
  (this->*put)();
  pass(61s);
  answer_all();
  pass(2s);
  CHECK_THAT(outcome(), Catch::Matchers::StartsWith(expected));
  CHECK(count("committed_rows") == committed);
  CHECK(adds_up());
  CHECK(logged("good night") == (put == &drained_world::put_text_in_pipe));
}

TEST_CASE_METHOD(drained_world,
                 "unread output is counted at any other end of the reading") {
  auto by = GENERATE(std::string{"signal"}, "row", "control plane",
                     "time limit", "silence");
  INFO(by);
  settings.task_timeout = by == "time limit" ? 30s : 48h;
  settings.idle_timeout = by == "silence" ? 10s : 2h;
  start();
  say(0, rows("1\n"));
  put_row_in_pipe();
  if (by == "signal")
    tell(subject, atom::cancel_v);
  else if (by == "control plane")
    tell(subject, std::make_shared<const failure>(
                      failure{ec::cancelled, "patience is over"}));
  else if (by == "row")
    seen->row_has = task_status::cancelled;
  pass(31s);
  for (auto& attempt : where->attempts)
    attempt->fail(ec::cancelled, "aborted");
  run();
  pass(2s);
  REQUIRE(result);
  CHECK(result->status != task_status::success);
  CHECK(count("rows") == 2);
  CHECK(adds_up());
}

TEST_CASE_METHOD(drained_world, "a task whose output is not read to its end is "
                                "no success") {
  begin_complete();
  SECTION("some was left") {
    seen->unread_bytes = GENERATE(1u, 700u);
    auto cancelled = GENERATE(false, true);
    if (cancelled)
      tell(subject, atom::cancel_v);
    pass(62s);
    auto words = std::to_string(seen->unread_bytes)
                 + (seen->unread_bytes == 1 ? " byte" : " bytes")
                 + " of the connector's output "
                 + (seen->unread_bytes == 1 ? "was" : "were") + " not read";
    CHECK(outcome()
          == (cancelled ? "CANCELLED 0 the task was cancelled"
                        : "PARTIAL 0 " + words));
  }
  SECTION("nobody knows") {
    seen->readers_hang = true;
    pass(62s);
    CHECK(outcome() == "running");
    pass(11s);
    CHECK(outcome()
          == "PARTIAL 0 the connector's output could not be read to its end in "
             "time");
  }
}

TEST_CASE_METHOD(drained_world, "a connector that can be reached is ended "
                                "before its pipes are read") {
  std::vector<int> signals;
  settings.signal_connector = [&](int number) {
    signals.push_back(number);
  };
  begin_complete();
  pass(61s);
  pass(1s);
  CHECK(signals == std::vector<int>{SIGTERM});
  CHECK(seen->stops == 0);
  CHECK(outcome() == "running");
  SECTION("it says something more, and ends") {
    say(2, rows("2\n"));
    end_pipes(3);
    answer_all();
    CHECK(outcome() == "SUCCESS 0");
    CHECK(count("committed_rows") == 2);
    CHECK(signals.size() == 1);
  }
  SECTION("it does not") {
    pass(10s);
    CHECK(signals == std::vector<int>{SIGTERM, SIGKILL});
    CHECK(seen->stops == 0);
    pass(10s);
    CHECK(seen->stops > 0);
    CHECK(outcome() == "SUCCESS 0");
  }
  SECTION("the task is told to stop meanwhile") {
    tell(subject, atom::cancel_v);
    CHECK(seen->stops > 0);
    CHECK(outcome() == "SUCCESS 0");
  }
}

TEST_CASE_METHOD(drained_world, "an orphan that holds stdout open makes a "
                                "stream without a status a doubt") {
  settings.exit_code_file = folder.path("exit");
  auto with_status = GENERATE(false, true);
  auto holds = GENERATE(pipe_kind::out, pipe_kind::err);
  start();
  say(0, rows("1\n"));
  if (with_status)
    say(1, complete());
  folder.write("exit", "0");
  if (holds == pipe_kind::out)
    end_pipe(pipe_kind::err, 0);
  else
    end_pipe(pipe_kind::out, seen->slabs);
  pass(1s);
  pass(12s);
  answer_all();
  for (auto& attempt : where->attempts)
    if (attempt->aborted)
      attempt->fail(ec::cancelled, "aborted");
  pass(1s);
  // A stderr on which nothing came may never have been opened.
  CHECK(logged("another process holds its output open")
        == (holds == pipe_kind::out));
  if (with_status || holds == pipe_kind::err)
    CHECK(outcome() == "SUCCESS 0");
  else
    CHECK_THAT(outcome(),
               Catch::Matchers::StartsWith(
                   "FAILED 1 stream a: the connector has ended, a process that "
                   "it left behind holds its output open"));
}
