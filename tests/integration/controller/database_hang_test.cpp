// A Postgres that keeps connections up and says nothing: its backends are
// stopped. Only those of the test are.

#include "controller/records/database_probe.hpp"
#include "controller/records/record_pool.hpp"
#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>
#include <future>
#include <vector>

#include <pqxx/pqxx>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr database_patience hasty{2s, 1s};
/// Others may be at work on this machine.
constexpr auto generous = 30s;

struct hanging_world {
  hanging_world() : world{postgres_world()} {
    name = fresh_name("hang");
    url = world->url() + "&application_name=" + name;
  }

  ~hanging_world() { go_on(); }

  task_records_ptr records() const {
    auto made = get(make_task_records(url, hasty));
    get(made->prepare());
    return made;
  }

  /// Stops all that serve us now.
  void hang() {
    for (const auto& row :
         world->query("SELECT pid FROM pg_stat_activity WHERE "
                      "application_name = '"
                      + name + "'")) {
      auto pid = std::stoi(*row[0]);
      REQUIRE(::kill(pid, SIGSTOP) == 0);
      stopped.push_back(pid);
    }
    REQUIRE_FALSE(stopped.empty());
  }

  void go_on() {
    for (auto pid : stopped)
      ::kill(pid, SIGCONT);
    stopped.clear();
  }

  world_ptr world;
  std::string name;
  std::string url;
  std::vector<int> stopped;
};

} // namespace

TEST_CASE("a call that a stopped backend does not answer ends in time") {
  hanging_world w;
  auto records = w.records();
  w.hang();
  auto begin = clock_type::now();
  auto answer = records->ping();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ec::database_unavailable);
  CHECK_THAT(answer.error().what,
             Catch::Matchers::ContainsSubstring("no answer within 1 s"));
  CHECK(clock_type::now() - begin < generous);
  // The next one has a connection of its own.
  CHECK(records->ping());
}

TEST_CASE("a statement that takes too long is ended by the server") {
  hanging_world w;
  auto records = w.records();
  pqxx::connection rival{w.world->url().substr(0, w.world->url().find('?'))};
  auto schema =
      *w.world->query("SELECT relnamespace::regnamespace::text FROM "
                      "pg_class WHERE oid = 'source_task'::regclass")[0][0];
  pqxx::work locked{rival};
  locked.exec("LOCK TABLE " + schema + ".source_task IN ACCESS EXCLUSIVE MODE");
  auto answer = records->ping();
  REQUIRE_FALSE(answer);
  CHECK(answer.error().code == ec::database_unavailable);
  CHECK_THAT(answer.error().what, Catch::Matchers::ContainsSubstring("57014"));
  locked.abort();
  CHECK(records->ping());
}

TEST_CASE("all readers of a database that hangs get an error") {
  hanging_world w;
  record_pool pool{[&w] { return w.records(); }, 4, {500ms, 8, 500ms}};
  auto ping = [&pool] {
    return pool.read(
        [](task_records& records) { return records.list(task_filter{}); });
  };
  REQUIRE(ping());
  w.hang();
  auto begin = clock_type::now();
  constexpr int readers = 40;
  std::vector<std::future<bool>> all;
  all.reserve(readers);
  for (int i = 0; i < readers; ++i)
    all.push_back(std::async(std::launch::async, [&] {
      auto answer = ping();
      return !answer && answer.error().code == ec::database_unavailable;
    }));
  size_t refused = 0;
  for (auto& one : all)
    refused += one.get() ? 1 : 0;
  // Late ones may have met a backend of their own.
  CHECK(refused >= 20);
  CHECK(clock_type::now() - begin < generous);
  w.go_on();
  while (!ping()) {}
  CHECK(ping());
}

TEST_CASE("the state of a database that hangs is answered at once") {
  hanging_world w;
  auto records = std::shared_ptr<task_records>{w.records()};
  database_probe probe{[records] { return records->ping(); }, 1ms};
  REQUIRE(probe.ask(1min));
  w.hang();
  auto begin = clock_type::now();
  auto answer = probe.ask(100ms);
  CHECK_FALSE(answer);
  CHECK(clock_type::now() - begin < generous);
  w.go_on();
  while (!probe.ask(1min)) {}
}
