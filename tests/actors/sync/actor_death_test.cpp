// An actor dies: the actors that depend on it are told at once, with the
// reason.

#include "actors/sync/inquirer.hpp"
#include "actors/sync/store.hpp"
#include "actors/sync/task_log.hpp"
#include "support/coordinator_world.hpp"
#include "support/holds.hpp"

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

/// A parser as it would die: of an exception.
parser_actor::behavior_type throwing_parser(parser_actor::pointer self) {
  tell_exceptions(self, [](const failure&) {});
  return {[](const slab_ptr&) {
    throw std::runtime_error{"no such luck"};
  }};
}

struct dying_world : coordinator_world {
  dying_world() {
    parser = spawn(throwing_parser);
    settings.exit_code_file = folder.path("never");
  }

  void begin_inquiry() {
    inquirer_settings asking;
    asking.row.command = inquiry::check;
    asking.row.package = "the-package";
    asking.store = settings.store;
    asking.log = settings.log;
    asking.read = settings.read;
    subject = spawn(inquirer, asking);
  }

  template <class Handle>
  void kill(const Handle& actor) {
    self->send_exit(actor, to_error({ec::system_failed, "shot"}));
    run();
  }
};

/// A database whose calls throw.
class throwing_database : public database {
public:
  result<void> prepare() override { return {}; }

  result<task_status> put_task(const task_row&) override { fall(); }

  result<void> put_states(const std::string&,
                          std::span<const state_row>) override {
    fall();
  }

  result<void> put_logs(const std::string&, const std::string&,
                        std::span<const log_row>) override {
    fall();
  }

  result<void> put_result(const result_row&) override { fall(); }

  result<bool> has_ended(const result_row&) override { fall(); }

  result<void> put_config(const config_row&) override { fall(); }

  result<std::vector<state_row>> states(const std::string&) override {
    return std::vector<state_row>{};
  }

  result<std::string> spec(const std::string&, const std::string&) override {
    return std::string{};
  }

  std::string locate() const override { return "nowhere"; }

private:
  [[noreturn]] static void fall() { throw std::runtime_error{"fell over"}; }
};

} // namespace

TEST_CASE_METHOD(dying_world, "a task ends at once if one of its actors dies") {
  auto [who, why] = GENERATE(table<std::string, std::string>({
      {"reader", "a reader of the connector's output died: shot"},
      {"parser", "a parser of the connector's output died: shot"},
      {"slab", "a parser of the connector's output died: no such luck"},
      {"log", "the writer of the task's log died: shot"},
      {"store", "the task's status could not be stored"},
  }));
  auto of_read = GENERATE(true, false);
  CAPTURE(who, of_read);
  if (!of_read)
    begin_inquiry();
  start();
  REQUIRE(outcome() == "running");
  if (who == "reader")
    kill(reader);
  if (who == "parser")
    kill(parser);
  if (who == "slab")
    tell(parser, slab_ptr{});
  if (who == "log")
    kill(settings.log);
  if (who == "store")
    kill(settings.store);
  CAPTURE(outcome());
  CHECK(holds(outcome(), "FAILED 1"));
  if (who == "store" && !of_read)
    why = "the result could not be stored";
  CHECK(holds(outcome(), why));
  CHECK((who == "reader" || seen->stops > 0));
}

TEST_CASE_METHOD(
    dying_world,
    "a dying coordinator or inquirer answers all waiting requests") {
  settings.read = [](const coordinator_actor&) -> reading_actors {
    throw std::runtime_error{"no threads"};
  };
  if (GENERATE(true, false))
    begin_inquiry();
  else
    spawn_subject();
  std::string answer;
  auto asker = system.spawn([&](caf::event_based_actor* actor) {
    actor->request(subject, caf::infinite, atom::run_v)
        .then(
            [&](const task_result_ptr&) { answer = "a result"; },
            [&](const caf::error& error) { answer = to_failure(error).what; });
  });
  run();
  CHECK(answer == "internal error: no threads");
}

TEST_CASE_METHOD(actor_fixture,
                 "a store that dies answers all pending requests") {
  auto subject = spawn(store, std::shared_ptr<database>{new throwing_database},
                       std::string{"s"}, std::string{"t"});
  std::vector<std::string> answers;
  auto ask = [&]<class Answer>(Answer, auto content) {
    system.spawn([&answers, subject, content](caf::event_based_actor* actor) {
      actor->request(subject, caf::infinite, content)
          .then([&answers](Answer) { answers.emplace_back("done"); },
                [&answers](const caf::error& error) {
                  answers.push_back(to_failure(error).what);
                });
    });
  };
  ask(task_status{}, std::make_shared<const task_row>());
  ask(atom::ok_v, std::make_shared<const result_row>());
  ask(atom::ok_v, std::make_shared<const config_row>());
  ask(atom::ok_v, std::make_shared<const std::vector<state_row>>(1));
  ask(atom::ok_v, std::make_shared<const std::vector<log_row>>(1));
  run();
  CHECK(answers == std::vector<std::string>(5, "internal error: fell over"));
}

TEST_CASE_METHOD(coordinator_world, "a log goes on without its bulker") {
  task_log_settings log;
  log.task_id = "the-task";
  log.destination =
      bulker_settings{0, "task_log", where, settings.budget, {}, {}, {}};
  log.request.table = "task_log";
  bulker_actor killed;
  auto subject_log = spawn(
      [log, &killed](
          task_log_actor::stateful_pointer<task_log_state> actor) mutable {
        auto behavior = task_log(actor, std::move(log));
        killed = rt::state(actor).current_bulker();
        return behavior;
      });
  auto say_line = [&](const char* text) {
    auto batch = std::make_shared<log_batch>();
    batch->add(log_level::info, text);
    tell(subject_log, log_batch_ptr{std::move(batch)});
    pass(1s);
  };
  say_line("first");
  REQUIRE(where->attempts.size() == 1);
  self->send_exit(killed, to_error({ec::system_failed, "shot"}));
  killed = bulker_actor{};
  run();
  say_line("second");
  REQUIRE(where->attempts.size() == 2);
  CHECK(holds(where->last().body, "second"));
  where->last().commit();
  std::string flushed;
  auto asker = system.spawn([&](caf::event_based_actor* actor) {
    actor->request(subject_log, caf::infinite, atom::flush_v)
        .then(
            [&](uint64_t lost, const std::string& why) {
              flushed = std::to_string(lost) + " " + why;
            },
            [&](const caf::error& error) { flushed = to_string(error); });
  });
  run();
  CHECK(flushed == "1 shot");
}
