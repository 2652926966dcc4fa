#include "actors/supervision/record_keeper.hpp"

#include "support/actor_fixture.hpp"
#include "support/scripted_records.hpp"

#include <catch2/catch_all.hpp>

#include <map>
#include <string>
#include <utility>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

struct keeper_world : actor_fixture {
  keeper_world() {
    keeper = spawn(record_keeper, records, lead, usual_discover_age);
  }

  /// Asks the keeper, and keeps what it says under a name.
  template <class Answer, class... Ts>
  void ask(const std::string& as, Ts... xs) {
    answers[as] = "pending";
    spawn([=, this](caf::event_based_actor* own) {
      rt::ask(own, write_patience, keeper, xs...)
          .then([this, as](const Answer&) { answers[as] = "ok"; },
                [this, as](const caf::error& why) {
                  answers[as] = std::string{to_string(to_failure(why).code)};
                });
    });
  }

  void end(const std::string& id, task_lines lines = {}) {
    auto row = std::make_shared<task_closing>();
    row->task_id = id;
    row->term = term;
    row->lines = std::move(lines);
    answers[id] = "pending";
    spawn([this, id, row](caf::event_based_actor* own) {
      rt::ask(own, write_patience, keeper, task_closing_ptr{row})
          .then([this, id](task_status,
                           bool here) { answers[id] = here ? "ok" : "told"; },
                [this, id](const caf::error& why) {
                  answers[id] = std::string{to_string(to_failure(why).code)};
                });
    });
  }

  void begin_task(const std::string& id) { begin_tasks({id}); }

  /// Asks for all of them before the keeper does anything.
  void begin_tasks(const std::vector<std::string>& ids) {
    spawn([this, ids](caf::event_based_actor* own) { ask_all(own, ids); });
  }

  /// The same, with the end of another task asked for before.
  void end_and_begin(const std::string& ending,
                     const std::vector<std::string>& ids) {
    answers[ending] = "pending";
    spawn([this, ending, ids](caf::event_based_actor* own) {
      auto row = std::make_shared<task_closing>();
      row->task_id = ending;
      row->term = term;
      rt::ask(own, write_patience, keeper, task_closing_ptr{row})
          .then([this, ending](task_status, bool) { answers[ending] = "ok"; },
                [this, ending](const caf::error& why) {
                  answers[ending] =
                      std::string{to_string(to_failure(why).code)};
                });
      ask_all(own, ids);
    });
  }

  void ask_all(caf::event_based_actor* own,
               const std::vector<std::string>& ids) {
    for (const auto& id : ids) {
      answers[id] = "pending";
      auto row = std::make_shared<task_row>();
      row->task_id = id;
      rt::ask(own, write_patience, keeper, atom::begin_v, task_row_ptr{row})
          .then([this, id](bool) { answers[id] = "ok"; },
                [this, id](const caf::error& why) {
                  answers[id] = std::string{to_string(to_failure(why).code)};
                });
    }
  }

  void touch(size_t tasks) {
    tell(keeper, atom::touch_v, term,
         std::make_shared<const std::vector<std::string>>(tasks, "t"));
  }

  void sweep(size_t kept) {
    tell(keeper, atom::sweep_v, term,
         std::make_shared<const std::vector<std::string>>(kept, "t"));
  }

  std::shared_ptr<scripted_records> records =
      std::make_shared<scripted_records>();
  std::shared_ptr<leadership> lead = leadership::without_rival();
  /// The answer to calls from now on.
  lead_term term = 1;
  record_keeper_actor keeper;
  std::map<std::string, std::string> answers;
};

using strings = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(keeper_world,
                 "writes are done in the order in which they came") {
  end("a");
  tell(keeper, std::make_shared<const task_lines>(task_lines{"s", "a", {}}));
  ask<bool>("r", std::make_shared<const result_closing>());
  sweep(2);
  CHECK(records->deeds
        == strings{"end a", "log a", "end result", "touch 2", "sweep 600",
                   "sweep discovers 3600"});
  CHECK(answers["a"] == "ok");
  CHECK(answers["r"] == "ok");
}

TEST_CASE_METHOD(keeper_world,
                 "a connection that broke unused costs no look at states") {
  records->broken = true;
  ask<saved_states_ptr>("a", atom::states_v, std::string{"s"});
  run();
  CHECK(answers["a"] == "ok");
}

TEST_CASE_METHOD(keeper_world, "tasks that begin at once begin together") {
  begin_tasks({"a", "b", "c"});
  CHECK(records->begun_together == std::vector<size_t>{3});
  CHECK(records->deeds == strings{"begin a", "begin b", "begin c"});
  for (const auto* id : {"a", "b", "c"})
    CHECK(answers[id] == "ok");
  begin_task("d");
  CHECK(records->begun_together == std::vector<size_t>{3, 1});
  CHECK(answers["d"] == "ok");
}

TEST_CASE_METHOD(keeper_world, "each task that begins gets its own answer") {
  records->goes_after = 2;
  begin_tasks({"a", "b", "c"});
  CHECK(answers["a"] == "ok");
  CHECK(answers["b"] == "ok");
  CHECK(answers["c"] == "database_unavailable");
}

TEST_CASE_METHOD(keeper_world,
                 "more tasks than fit into a transaction begin in several") {
  strings ids;
  for (auto i = 0; i < 150; ++i)
    ids.push_back(std::to_string(i));
  begin_tasks(ids);
  CHECK(records->begun_together == std::vector<size_t>{64, 64, 22});
  for (const auto& id : ids)
    CHECK(answers[id] == "ok");
}

TEST_CASE_METHOD(keeper_world,
                 "starts wait for one write at most, and writes for them") {
  records->away = true;
  for (auto i = 0; i < 3; ++i)
    end(std::to_string(i));
  strings ids;
  for (auto i = 0; i < 130; ++i)
    ids.push_back("t" + std::to_string(i));
  pass(1min);
  records->away = false;
  pass(3s);
  records->deeds.clear();
  end_and_begin("e", ids);
  REQUIRE(records->deeds.size() == 131);
  CHECK(records->deeds[64] == "end e");
  CHECK(answers["e"] == "ok");
}

TEST_CASE_METHOD(keeper_world,
                 "no start is left unanswered as the database goes away") {
  strings ids;
  for (auto i = 0; i < 130; ++i)
    ids.push_back("t" + std::to_string(i));
  // The first transaction is the last that succeeds.
  records->goes_after = 64;
  end_and_begin("e", ids);
  CHECK(answers["t63"] == "ok");
  CHECK(answers["t64"] == "database_unavailable");
  CHECK(answers["t129"] == "database_unavailable");
  CHECK(answers["e"] == "pending");
  CHECK(records->begun_together == std::vector<size_t>{64});
  records->goes_after = std::numeric_limits<size_t>::max();
  records->away = false;
  pass(3s);
  CHECK(answers["e"] == "ok");
}

TEST_CASE_METHOD(keeper_world,
                 "writes wait for a database that is away, and none is lost") {
  records->away = true;
  end("a");
  end("b");
  begin_task("c");
  touch(3);
  touch(5);
  pass(1min);
  CHECK(answers["a"] == "pending");
  // The start of a task fails at once.
  CHECK(answers["c"] == "database_unavailable");
  CHECK(records->deeds.empty());
  records->away = false;
  pass(3s);
  CHECK(answers["a"] == "ok");
  CHECK(answers["b"] == "ok");
  // Of several touches the last one counts.
  CHECK(records->deeds == strings{"end a", "end b", "touch 5"});
  begin_task("d");
  CHECK(answers["d"] == "ok");
}

TEST_CASE_METHOD(keeper_world, "saved states are answered at once, or fail at "
                               "once while the database is away") {
  ask<saved_states_ptr>("a", atom::states_v, std::string{"s"});
  run();
  CHECK(answers["a"] == "ok");
  CHECK(records->deeds == strings{"states of s"});
  records->away = true;
  ask<saved_states_ptr>("b", atom::states_v, std::string{"s"});
  run();
  CHECK(answers["b"] == "database_unavailable");
}

TEST_CASE_METHOD(keeper_world, "states that no task can be given are refused") {
  ask<saved_states_ptr>("a", atom::states_v, std::string{"large"});
  run();
  CHECK(answers["a"] == "invalid_argument");
}

TEST_CASE_METHOD(keeper_world, "writes wait until tables fit") {
  records->unfit = true;
  end("a");
  begin_task("b");
  pass(1min);
  CHECK(answers["a"] == "pending");
  CHECK(answers["b"] == "database_unavailable");
  records->unfit = false;
  pass(3s);
  CHECK(answers["a"] == "ok");
  CHECK(records->deeds == strings{"end a"});
}

TEST_CASE_METHOD(
    keeper_world,
    "a sweep that waited for the database closes no running task") {
  records->away = true;
  sweep(1);
  pass(1h);
  CHECK(records->deeds.empty());
  records->away = false;
  pass(3s);
  CHECK(records->deeds
        == strings{"touch 1", "sweep 600", "sweep discovers 3600"});
}

TEST_CASE_METHOD(
    keeper_world,
    "a write that the database refuses does not hold up the next") {
  records->rejects = true;
  end("a");
  CHECK(answers["a"] == "database_rejected");
  sweep(2);
  touch(1);
  records->rejects = false;
  end("b");
  CHECK(answers["b"] == "ok");
  // Nothing is closed while running tasks could not be stored.
  CHECK(records->deeds == strings{"end a", "touch 2", "touch 1", "end b"});
}

TEST_CASE_METHOD(
    keeper_world,
    "thousands of running tasks are recorded in parts, with ends in between") {
  records->away = true;
  touch(2 * touch_part + 1);
  for (auto i = 0; i < 20; ++i)
    end(std::to_string(i));
  records->away = false;
  pass(3s);
  const auto part = "touch " + std::to_string(touch_part);
  strings expected;
  for (auto i = 0; i < 20; ++i) {
    if (i == 16)
      expected.push_back(part);
    expected.push_back("end " + std::to_string(i));
  }
  expected.insert(expected.end(), {part, "touch 1"});
  CHECK(records->deeds == expected);
}

TEST_CASE_METHOD(keeper_world, "a sweep lets ends pass, and goes on") {
  records->away = true;
  sweep(touch_part + 2);
  end("a");
  records->away = false;
  pass(3s);
  CHECK(records->deeds
        == strings{"touch " + std::to_string(touch_part), "end a", "touch 2",
                   "sweep 600", "sweep discovers 3600"});
}

TEST_CASE_METHOD(keeper_world,
                 "a sweep begins anew if the database was away meanwhile") {
  records->goes_after = 1;
  sweep(touch_part + 2);
  CHECK(records->deeds == strings{"touch " + std::to_string(touch_part)});
  pass(2min);
  CHECK(records->deeds.size() == 1);
  records->deeds.clear();
  records->goes_after = std::numeric_limits<size_t>::max();
  records->away = false;
  pass(3s);
  // An older touch may be too long ago by now.
  CHECK(records->deeds
        == strings{"touch " + std::to_string(touch_part), "touch 2",
                   "sweep 600", "sweep discovers 3600"});
}

TEST_CASE_METHOD(
    keeper_world,
    "an act that a leader decided is not done once it leads no more") {
  records->away = true;
  end("a");
  sweep(1);
  touch(2);
  pass(10s);
  SECTION("after the database came back") {
    lead->end();
  }
  SECTION("nor in the next term") {
    lead->end();
    CHECK(lead->lead_until(leadership::time_point::max()) == 2);
  }
  term = 0;
  end("asked for");
  records->away = false;
  pass(10s);
  CHECK(answers["a"] == "cancelled");
  CHECK(answers["asked for"] == "ok");
  CHECK(records->deeds == strings{"end asked for"});
}

TEST_CASE_METHOD(keeper_world, "a former leader stores no result and no line") {
  auto result = std::make_shared<result_closing>();
  auto lines = std::make_shared<task_lines>();
  lines->task_id = "a";
  lines->rows.resize(1);
  result->term = lines->term = term;
  auto kept = GENERATE(true, false);
  if (!kept)
    lead->end();
  ask<bool>("result", result_closing_ptr{result});
  tell(keeper, task_lines_ptr{lines});
  CHECK(answers["result"] == (kept ? "ok" : "cancelled"));
  CHECK(records->deeds == (kept ? strings{"end result", "log a"} : strings{}));
}

TEST_CASE_METHOD(keeper_world, "the reason of a task's end is logged only if "
                               "its sidecar has not stored it") {
  records->told = GENERATE(false, true);
  task_lines lines;
  lines.task_id = "a";
  lines.rows.resize(1);
  end("a", lines);
  auto result = std::make_shared<result_closing>();
  result->term = term;
  result->lines = lines;
  ask<bool>("result", result_closing_ptr{result});
  run();
  CHECK(answers["a"] == (records->told ? "told" : "ok"));
  // Before the end of the task, so that a follower of the log sees it.
  CHECK(records->deeds
        == (records->told ? strings{"end a", "end result"}
                          : strings{"log a", "end a", "end result", "log a"}));
}
