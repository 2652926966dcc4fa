#include "actors/sync/store.hpp"

#include "support/actor_fixture.hpp"

#include <algorithm>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

using strings = std::vector<std::string>;

/// The calls of the database, and its next answers.
struct script {
  strings calls;
  failure trouble;
  task_status row_has = task_status::running;
  /// States of that key are refused.
  std::string bad_state;
  /// The database goes away after so many of those; 0: never.
  int away_after = 0;
};

class scripted_database : public database {
public:
  explicit scripted_database(std::shared_ptr<script> text)
      : text_{std::move(text)} {}

  result<void> prepare() override { return done("prepare"); }

  result<task_status> put_task(const task_row& row) override {
    auto written = done("task " + row.description);
    if (!written)
      return written.error();
    return text_->row_has;
  }

  result<void> put_states(const std::string& sync_id,
                          std::span<const state_row> rows) override {
    auto call = "states of " + sync_id;
    for (const auto& row : rows)
      call += " " + row.stream + "=" + row.state;
    auto written = done(std::move(call));
    if (!written || std::none_of(rows.begin(), rows.end(), [&](const auto& r) {
          return r.stream == text_->bad_state;
        })) {
      return written;
    }
    if (text_->away_after > 0 && --text_->away_after == 0)
      text_->trouble = {ec::database_unavailable, "away"};
    return failure{ec::database_rejected, "bad state"};
  }

  result<void> put_logs(const std::string& sync_id, const std::string& task_id,
                        std::span<const log_row> rows) override {
    return done("logs of " + sync_id + "/" + task_id + " "
                + rows.front().message);
  }

  result<void> put_result(const result_row& row) override {
    return done("result " + row.key);
  }

  result<bool> has_ended(const result_row&) override { return false; }

  result<void> put_config(const config_row& row) override {
    return done("config " + row.config);
  }

  result<std::vector<state_row>> states(const std::string&) override {
    return std::vector<state_row>{};
  }

  result<std::string> spec(const std::string&, const std::string&) override {
    return std::string{};
  }

  std::string locate() const override { return "script"; }

private:
  result<void> done(std::string call) {
    text_->calls.push_back(std::move(call));
    if (text_->trouble.code != ec::none)
      return text_->trouble;
    return {};
  }

  std::shared_ptr<script> text_;
};

struct fixture : actor_fixture {
  fixture() {
    subject =
        spawn(store, std::shared_ptr<database>{new scripted_database{text}},
              std::string{"s"}, std::string{"t"});
  }

  template <class T>
  void ask(const std::string& name, T content) {
    system.spawn([=, this](caf::event_based_actor* actor) {
      actor->request(subject, caf::infinite, content)
          .then([=, this](atom::ok) { answers.push_back(name + " ok"); },
                [=, this](const caf::error& error) {
                  auto reason = to_failure(error);
                  answers.push_back(name + " " + reason.what);
                });
    });
  }

  void ask_task(const std::string& name) {
    task_row row;
    row.description = name;
    system.spawn([this, name, content = std::make_shared<const task_row>(row)](
                     caf::event_based_actor* actor) {
      actor->request(subject, caf::infinite, content)
          .then(
              [=, this](task_status now) {
                answers.push_back(name + " " + std::string{to_string(now)});
              },
              [=, this](const caf::error& error) {
                answers.push_back(name + " " + to_failure(error).what);
              });
    });
  }

  static state_rows_ptr states(std::vector<state_row> rows) {
    return std::make_shared<const std::vector<state_row>>(std::move(rows));
  }

  static log_rows_ptr logs(const std::string& message) {
    log_row row;
    row.message = message;
    return std::make_shared<const std::vector<log_row>>(1, row);
  }

  void away() { text->trouble = {ec::database_unavailable, "away"}; }

  void refuse() { text->trouble = {ec::database_rejected, "refused"}; }

  void back() { text->trouble = {}; }

  strings called() { return std::exchange(text->calls, {}); }

  strings answered() { return std::exchange(answers, {}); }

  std::shared_ptr<script> text = std::make_shared<script>();
  store_actor subject;
  strings answers;
};

} // namespace

TEST_CASE_METHOD(fixture, "the store prepares the database once") {
  ask("first", atom::prepare_v);
  run();
  ask("second", atom::prepare_v);
  run();
  CHECK(called() == strings{"prepare"});
  CHECK(answered() == strings{"first ok", "second ok"});
}

TEST_CASE_METHOD(fixture, "the store waits for a database that is away") {
  away();
  ask("prepare", atom::prepare_v);
  run();
  CHECK(called() == strings{"prepare"});
  pass(249ms);
  CHECK(called().empty());
  pass(1ms);
  CHECK(called() == strings{"prepare"});
  pass(500ms);
  CHECK(called() == strings{"prepare"});
  pass(10s);
  // One second later, and then every two seconds.
  CHECK(called().size() == 5);
  CHECK(answered().empty());
  back();
  pass(2s);
  CHECK(called() == strings{"prepare"});
  CHECK(answered() == strings{"prepare ok"});
}

TEST_CASE_METHOD(fixture,
                 "a database that cannot be used is reported to all askers") {
  refuse();
  ask("logs", logs("1"));
  ask("states", states({{"a", "1"}}));
  ask_task("row");
  ask("prepare", atom::prepare_v);
  run();
  auto got = answered();
  std::sort(got.begin(), got.end());
  CHECK(got
        == strings{"logs refused", "prepare refused", "row refused",
                   "states refused"});
  // Should it be mended, the next one is served.
  back();
  ask("again", states({{"b", "2"}}));
  run();
  CHECK(answered() == strings{"again ok"});
  CHECK(called().back() == "states of s b=2");
}

TEST_CASE_METHOD(fixture, "a changed config goes before everything else") {
  auto changed = [](const std::string& content) {
    return std::make_shared<const config_row>(
        config_row{"p", "1", "s", {}, content});
  };
  ask("logs", logs("1"));
  ask("states", states({{"a", "1"}}));
  ask("old", changed("1"));
  ask("new", changed("2"));
  run();
  CHECK(called()
        == strings{"prepare", "config 2", "states of s a=1", "logs of s/t 1"});
  CHECK(answered() == strings{"old ok", "new ok", "states ok", "logs ok"});
  refuse();
  ask("third", changed("3"));
  run();
  CHECK(answered() == strings{"third refused"});
}

TEST_CASE_METHOD(fixture, "states go first, then the row, then logs") {
  ask("prepare", atom::prepare_v);
  run();
  called();
  answered();
  away();
  ask("first", logs("1"));
  run();
  ask("second", logs("2"));
  ask_task("row");
  ask("states", states({{"a", "1"}}));
  run();
  called();
  back();
  pass(1s);
  CHECK(called()
        == strings{"states of s a=1", "task row", "logs of s/t 1",
                   "logs of s/t 2"});
  CHECK(answered()
        == strings{"states ok", "row RUNNING", "first ok", "second ok"});
}

TEST_CASE_METHOD(fixture,
                 "the newer state or row replaces the older one that waits") {
  ask("prepare", atom::prepare_v);
  run();
  away();
  ask("1", states({{"a", "1"}, {"b", "1"}}));
  run();
  ask("2", states({{"a", "2"}}));
  ask("3", states({{"c", "1"}, {"b", "2"}}));
  ask_task("old");
  ask_task("new");
  run();
  called();
  answered();
  text->row_has = task_status::cancelled;
  back();
  pass(1s);
  CHECK(called() == strings{"states of s a=2 c=1 b=2", "task new"});
  CHECK(answered()
        == strings{"1 ok", "2 ok", "3 ok", "old CANCELLED", "new CANCELLED"});
}

TEST_CASE_METHOD(fixture, "a write that is refused is not tried again") {
  ask("prepare", atom::prepare_v);
  run();
  called();
  answered();
  refuse();
  ask("states", states({{"a", "1"}}));
  run();
  ask_task("row");
  run();
  ask("logs", logs("1"));
  run();
  CHECK(answered() == strings{"states refused", "row refused", "logs refused"});
  back();
  pass(1min);
  CHECK(called() == strings{"states of s a=1", "task row", "logs of s/t 1"});
}

TEST_CASE_METHOD(fixture, "one bad state does not cost the others") {
  ask("prepare", atom::prepare_v);
  run();
  away();
  ask("good", states({{"a", "1"}}));
  run();
  ask("bad", states({{"b", "1"}}));
  run();
  called();
  answered();
  refuse();
  pass(1s);
  // Together they are refused, so each is tried by itself.
  CHECK(
      called()
      == strings{"states of s a=1 b=1", "states of s a=1", "states of s b=1"});
  CHECK(answered() == strings{"good refused", "bad refused"});
  text->bad_state = "b";
  back();
  ask("both", states({{"a", "2"}, {"b", "2"}}));
  ask("good", states({{"c", "1"}}));
  run();
  CHECK(called()
        == strings{"states of s a=2 b=2 c=1", "states of s a=2",
                   "states of s b=2", "states of s c=1"});
  CHECK(answered() == strings{"both bad state", "good ok"});
  ask("later", states({{"a", "3"}}));
  run();
  CHECK(answered() == strings{"later ok"});
}

TEST_CASE_METHOD(
    fixture, "states that are saved one by one wait for the database, too") {
  ask("prepare", atom::prepare_v);
  run();
  called();
  text->bad_state = "a";
  text->away_after = 2;
  ask("both", states({{"a", "1"}, {"b", "1"}}));
  run();
  CHECK(
      called()
      == strings{"states of s a=1 b=1", "states of s a=1", "states of s b=1"});
  back();
  pass(1s);
  CHECK(called() == strings{"states of s b=1"});
  CHECK(answered() == strings{"prepare ok", "both bad state"});
}

TEST_CASE_METHOD(fixture, "states that come fast are written together") {
  ask("prepare", atom::prepare_v);
  run();
  called();
  const auto save = [this](int number) {
    ask("s", states({{"a", std::to_string(number)}}));
    run();
  };
  for (auto i = 1; i <= 12; ++i)
    save(i);
  CHECK(called().size() == 8);
  CHECK(answered().size() == 1 + 8);
  pass(19ms);
  CHECK(called().empty());
  pass(1ms);
  CHECK(called() == strings{"states of s a=12"});
  CHECK(answered().size() == 4);
  save(13);
  ask("logs", logs("1"));
  run();
  CHECK(called() == strings{"logs of s/t 1"});
  SECTION("the row of the task waits for no turn, nor do they before it") {
    ask_task("row");
    run();
    CHECK(called() == strings{"states of s a=13", "task row"});
    pass(1s);
    CHECK(called().empty());
  }
  SECTION("after a rest they are written at once again") {
    pass(1s);
    CHECK(called() == strings{"states of s a=13"});
    save(14);
    CHECK(called() == strings{"states of s a=14"});
  }
  SECTION("an outage that ends in between takes nothing from the last state") {
    away();
    pass(20ms);
    save(15);
    back();
    pass(2s);
    CHECK(called().back() == "states of s a=15");
  }
}

TEST_CASE("a pace lets a burst begin at once, and then one in an interval") {
  write_pace::clock::time_point now{1h};
  write_pace pace{3, 20ms};
  const auto none = write_pace::clock::duration::zero();
  CHECK(pace.begin(now) == none);
  CHECK(pace.begin(now) == none);
  CHECK(pace.begin(now) == none);
  CHECK(pace.begin(now) == 20ms);
  CHECK(pace.begin(now + 5ms) == 15ms);
  now += 20ms;
  CHECK(pace.begin(now) == none);
  CHECK(pace.begin(now) == 20ms);
  now += 60ms;
  for (auto i = 0; i < 3; ++i)
    CHECK(pace.begin(now) == none);
  CHECK(pace.begin(now) == 20ms);
}
