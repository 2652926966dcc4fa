#include "actors/sync/task_log.hpp"

#include "runtime/log/stderr_log.hpp"
#include "support/actor_fixture.hpp"
#include "support/scripted_destination.hpp"

#include <algorithm>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

/// A store that answers when the test says so.
struct held_writes {
  std::vector<log_rows_ptr> rows;
  std::deque<caf::typed_response_promise<atom::ok>> promises;
  bool refuse = false;
};

store_actor::behavior_type hold(store_actor::pointer self,
                                const std::shared_ptr<held_writes>& held) {
  return {
      [](atom::prepare) { return atom::ok_v; },
      [](const task_row_ptr& row) { return row->status; },
      [](const result_row_ptr&) { return atom::ok_v; },
      [](const config_row_ptr&) { return atom::ok_v; },
      [](const state_rows_ptr&) { return atom::ok_v; },
      [self, held](const log_rows_ptr& rows) -> caf::result<atom::ok> {
        held->rows.push_back(rows);
        auto promise = self->make_response_promise<atom::ok>();
        held->promises.push_back(promise);
        return promise;
      },
      // A promise may be kept only while its actor runs.
      [held](atom::work) {
        if (held->refuse)
          held->promises.front().deliver(
              to_error({ec::database_rejected, "disk full"}));
        else
          held->promises.front().deliver(atom::ok_v);
        held->promises.pop_front();
      },
      [](atom::tick) {},
  };
}

struct fixture : actor_fixture {
  fixture() {
    settings.sync_id = "the-sync";
    settings.task_id = "the-task";
    settings.store = spawn([held = held](store_actor::pointer actor) {
      return hold(actor, held);
    });
  }

  void start() { subject = spawn(task_log, settings); }

  void lines(size_t count, log_level level = log_level::info,
             const std::string& text = "line") {
    auto batch = std::make_shared<log_batch>();
    for (size_t i = 0; i < count; ++i)
      batch->add(level, text + std::to_string(next++));
    tell(subject, log_batch_ptr{std::move(batch)});
  }

  void ask_flush() {
    asker = system.spawn([this](caf::event_based_actor* actor) {
      actor->request(subject, caf::infinite, atom::flush_v)
          .then(
              [this](uint64_t lost, const std::string& why) {
                flushed = std::to_string(lost) + " " + why;
              },
              [this](const caf::error& error) { flushed = to_string(error); });
    });
    run();
  }

  /// Answers the oldest write.
  void stored() {
    held->refuse = false;
    tell(settings.store, atom::work_v);
  }

  void refused() {
    held->refuse = true;
    tell(settings.store, atom::work_v);
  }

  /// The number of rows of each write so far.
  std::vector<size_t> sizes() const {
    std::vector<size_t> out;
    for (const auto& rows : held->rows)
      out.push_back(rows->size());
    return out;
  }

  std::shared_ptr<held_writes> held = std::make_shared<held_writes>();
  task_log_settings settings;
  task_log_actor subject;
  caf::actor asker;
  std::string flushed = "not yet";
  size_t next = 0;
};

using sizes_of = std::vector<size_t>;

} // namespace

TEST_CASE_METHOD(fixture, "many bytes of lines do not wait for their second") {
  settings.most_waiting_bytes = 10'000;
  start();
  lines(100);
  CHECK(sizes().empty());
  lines(5000);
  REQUIRE(sizes() == sizes_of{5000});
  stored();
  REQUIRE(sizes() == sizes_of{5000, 100});
  const auto& row = held->rows[0]->at(499);
  CHECK(row.message == "line499");
  CHECK(row.level == "INFO");
  CHECK(row.logger == "source");
  CHECK(row.id.size() == 36);
}

TEST_CASE_METHOD(fixture, "few lines are stored a second later") {
  start();
  lines(3);
  pass(500ms);
  lines(2);
  pass(499ms);
  CHECK(sizes().empty());
  pass(1ms);
  CHECK(sizes() == sizes_of{5});
  stored();
  pass(10s);
  CHECK(sizes() == sizes_of{5});
  lines(1);
  pass(1s);
  CHECK(sizes() == sizes_of{5, 1});
}

TEST_CASE_METHOD(fixture, "while a batch is under way the next one grows") {
  settings.most_waiting_bytes = 5000;
  start();
  lines(500);
  lines(700);
  lines(800);
  pass(5s);
  CHECK(sizes() == sizes_of{500});
  stored();
  CHECK(sizes() == sizes_of{500, 1500});
  lines(1);
  stored();
  CHECK(sizes() == sizes_of{500, 1500});
  pass(1s);
  CHECK(sizes() == sizes_of{500, 1500, 1});
}

TEST_CASE_METHOD(fixture, "a backlog goes in statements of 5,000 lines") {
  settings.most_waiting_bytes = 1;
  start();
  lines(500);
  lines(12'000);
  for (int i = 0; i < 4; ++i)
    stored();
  CHECK(sizes() == sizes_of{500, 5000, 5000, 2000});
  size_t expected = 0;
  for (const auto& rows : held->rows)
    for (const auto& row : *rows)
      REQUIRE(row.message == "line" + std::to_string(expected++));
  CHECK(expected == 12'500);
}

TEST_CASE_METHOD(fixture, "lines below the level are not stored") {
  settings.min_level = log_level::warn;
  start();
  lines(600);
  CHECK(sizes().empty());
  lines(1, log_level::warn);
  lines(5, log_level::debug);
  pass(1s);
  REQUIRE(sizes() == sizes_of{1});
  CHECK(held->rows[0]->at(0).level == "WARN");
  stored();
  ask_flush();
  CHECK(flushed == "0 ");
}

TEST_CASE_METHOD(fixture, "a flush is answered when everything is stored") {
  settings.most_waiting_bytes = 5000;
  start();
  SECTION("nothing") {
    ask_flush();
    CHECK(flushed == "0 ");
  }
  SECTION("something waits") {
    lines(3);
    ask_flush();
    CHECK(sizes() == sizes_of{3});
    CHECK(flushed == "not yet");
    stored();
    CHECK(flushed == "0 ");
  }
  SECTION("something is under way and something waits") {
    lines(500);
    lines(7000);
    ask_flush();
    stored();
    CHECK(flushed == "not yet");
    stored();
    CHECK(flushed == "not yet");
    stored();
    CHECK(flushed == "0 ");
    CHECK(sizes() == sizes_of{500, 5000, 2000});
  }
  SECTION("lines that nobody wants wait") {
    lines(3, log_level::debug);
    ask_flush();
    CHECK(flushed == "0 ");
  }
}

TEST_CASE_METHOD(fixture,
                 "lines that are refused are counted with the reason") {
  settings.most_waiting_bytes = 1;
  start();
  lines(500);
  refused();
  lines(500);
  stored();
  lines(2);
  ask_flush();
  refused();
  CHECK(flushed == "502 disk full");
}

TEST_CASE_METHOD(fixture, "lines are counted as lost if the store died") {
  start();
  caf::anon_send_exit(settings.store, caf::exit_reason::kill);
  run();
  lines(4);
  ask_flush();
  CHECK(flushed.find("4 internal error") == 0);
}

TEST_CASE_METHOD(fixture, "lines may go to the destination") {
  auto where = std::make_shared<scripted_destination>();
  auto budget = std::make_shared<retry_budget>(1 << 20);
  settings.destination =
      bulker_settings{0, "task_log", where, budget, request_backoff{}};
  settings.request.table = "task_log";
  settings.request.connection_id = "logs";
  start();
  lines(2, log_level::error, "a \"quoted\" line ");
  pass(1s);
  REQUIRE(where->attempts.size() == 1);
  CHECK(where->last().request.table == "task_log");
  CHECK(where->last().request.connection_id == "logs");
  CHECK(where->last().finished);
  CHECK(where->last().body.find(R"("level":"ERROR","logger":"source",)"
                                R"("message":"a \"quoted\" line 0",)"
                                R"("sync_id":"the-sync","task_id":"the-task",)")
        != std::string::npos);
  CHECK(std::count(where->last().body.begin(), where->last().body.end(), '\n')
        == 2);
  SECTION("with success") {
    ask_flush();
    CHECK(flushed == "not yet");
    where->last().commit();
    run();
    CHECK(flushed == "0 ");
  }
  SECTION("a failure does not stop those that wait") {
    lines(700);
    ask_flush();
    where->last().fail(ec::destination_rejected, "401");
    run();
    CHECK(flushed == "not yet");
    REQUIRE(where->attempts.size() == 2);
    where->last().commit();
    run();
    CHECK(flushed == "2 401");
    lines(1);
    pass(1s);
    CHECK(where->attempts.size() == 3);
  }
  CHECK(sizes().empty());
  // It and its bulker know each other.
  caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
  run();
}

TEST_CASE_METHOD(fixture, "lines are stored in the order of their reading") {
  start();
  auto batch = [](std::string_view logger,
                  const std::vector<std::pair<wall_time, const char*>>& lines) {
    auto out = std::make_shared<log_batch>();
    out->logger = logger;
    for (const auto& [time, text] : lines)
      out->add(log_level::info, text, time);
    return log_batch_ptr{std::move(out)};
  };
  auto first = next_time();
  auto at = [first](int micros) {
    return first + std::chrono::microseconds{micros};
  };
  // Those of stderr and our own overtake those of stdout, which are parsed.
  tell(subject, batch("source", {{at(3), "err"}, {at(3), "err, next line"}}));
  tell(subject, batch("sidecar", {{at(9), "own"}}));
  tell(subject, batch("source", {{at(1), "out 1"}, {at(2), "out 2"}}));
  tell(subject, batch("source", {{at(4), "out 3"}}));
  pass(1s);
  REQUIRE(held->rows.size() == 1);
  std::vector<std::string> texts;
  std::string last;
  for (const auto& row : *held->rows[0]) {
    texts.push_back(row.message);
    CHECK(row.id > last);
    last = row.id;
  }
  CHECK(texts
        == std::vector<std::string>{"out 1", "out 2", "err", "err, next line",
                                    "out 3", "own"});
}

TEST_CASE_METHOD(fixture, "a secret of the config is in no line, unless "
                          "MASK_LOGS is off and the line is the connector's") {
  keep_config_secrets(R"({"api_key":"s3cr3t-of-the-log"})", {});
  auto masked = GENERATE(true, false);
  mask_connector_lines(masked);
  start();
  lines(1, log_level::info, "key=s3cr3t-of-the-log&n=");
  auto own = std::make_shared<log_batch>();
  own->logger = "sidecar";
  own->add(log_level::info, "key=s3cr3t-of-the-log");
  tell(subject, log_batch_ptr{std::move(own)});
  pass(1s);
  mask_connector_lines(true);
  REQUIRE(sizes() == sizes_of{2});
  CHECK(held->rows[0]->at(0).message
        == (masked ? "key=***&n=0" : "key=s3cr3t-of-the-log&n=0"));
  CHECK(held->rows[0]->at(1).message == "key=***");
}
