#include "support/bound_socket.hpp"
#include "support/database_world.hpp"
#include "support/postgres_proxy.hpp"

#include <catch2/catch_all.hpp>
#include <pqxx/pqxx>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <future>
#include <optional>
#include <utility>

using namespace motorcade;
using namespace motorcade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

std::string address(const std::string& query) {
  return postgres_address(environment("PGUSER"), environment("PGPASSWORD"),
                          query);
}

/// Runs statements as the cluster's owner.
pqxx::result admin(const std::string& text) {
  pqxx::connection connection{""};
  pqxx::nontransaction transaction{connection};
  transaction.exec("SET client_min_messages TO warning");
  return transaction.exec(text);
}

struct fresh_schema {
  std::string name = fresh_name("s");

  ~fresh_schema() { admin("DROP SCHEMA IF EXISTS " + name + " CASCADE"); }
};

/// A role that may log in and owns nothing.
struct fresh_role {
  std::string name = fresh_name("r");

  fresh_role() { admin("CREATE ROLE " + name + " LOGIN PASSWORD 'hush-hush'"); }

  ~fresh_role() {
    admin("DROP OWNED BY " + name);
    admin("DROP ROLE " + name);
  }

  std::string address(const std::string& query) const {
    return postgres_address(name, "hush-hush", query);
  }
};

std::vector<log_row> one_log() {
  return {{"00000000-0000-4000-8000-000000000001", "INFO", "l", "m", {}}};
}

failure refusal(const std::string& url) {
  auto made = make_database(url);
  if (!made)
    return made.error();
  auto ready = (*made)->prepare();
  return ready ? failure{} : ready.error();
}

/// Ends every connection of the application and waits until they are gone.
void kill_connections(const std::string& application) {
  admin("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
        "application_name = '"
        + application + "'");
}

size_t count_in(const std::string& table) {
  return admin("SELECT count(*) FROM " + table)[0][0].as<size_t>();
}

} // namespace

TEST_CASE("the first schema of the search path is made, the last ones serve") {
  fresh_schema first;
  fresh_schema second;
  auto url = address("search_path=" + first.name + "%2C" + second.name);
  admin("CREATE SCHEMA " + second.name);
  admin("CREATE TABLE " + second.name
        + ".task_log (id uuid PRIMARY KEY, level text, logger text, message "
          "text, sync_id text, task_id text, timestamp timestamptz)");
  auto database = prepared(url);
  REQUIRE(database->put_logs("s", "t", one_log()));
  CHECK(count_in(second.name + ".task_log") == 1);
  CHECK(count_in(first.name + ".source_task") == 0);
  CHECK(admin("SELECT to_regclass('" + first.name + ".task_log') IS NULL")[0][0]
            .as<bool>());
  auto pkey = admin("SELECT count(*) FROM pg_constraint WHERE connamespace = '"
                    + first.name
                    + "'::regnamespace AND conname IN "
                      "('source_spec_pkey', 'source_check_pkey', "
                      "'source_catalog_pkey', 'source_state_pkey', "
                      "'source_task_pkey')");
  CHECK(pkey[0][0].as<int>() == 5);
}

TEST_CASE("a role without the right to create uses what is there") {
  fresh_schema schema;
  prepared(address("schema=" + schema.name));
  fresh_role role;
  auto url = role.address("schema=" + schema.name);
  CHECK(refusal(url).code == ec::database_rejected);
  admin("GRANT USAGE ON SCHEMA " + schema.name + " TO " + role.name);
  admin("GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA " + schema.name
        + " TO " + role.name);
  auto database = prepared(url);
  task_row task;
  task.sync_id = "s";
  task.task_id = "t";
  REQUIRE(database->put_task(task));
  REQUIRE(database->put_states("s", std::vector<state_row>{{"a", "{}"}}));
  REQUIRE(database->put_logs("s", "t", one_log()));
  admin("REVOKE INSERT ON " + schema.name + ".task_log FROM " + role.name);
  auto denied = database->put_logs("s", "t", one_log());
  REQUIRE_FALSE(denied);
  CHECK(denied.error().code == ec::database_rejected);
  CHECK_THAT(denied.error().what, ContainsSubstring("permission denied"));
}

TEST_CASE("a state that jsonb refuses is named, its content is not") {
  fresh_schema schema;
  auto database = prepared(address("schema=" + schema.name));
  for (const auto* bad :
       {R"({"k":"hush\u0000"})", R"({"k":"hush\ud83d"})", R"({"k":hush})",
        "{\"k\":\"hush\xff\"}", R"({"k":"hush", "n":1e200000})"}) {
    INFO(bad);
    auto put = database->put_states(
        "s", std::vector<state_row>{{"good", "{}"}, {"users\nx", bad}});
    REQUIRE_FALSE(put);
    CHECK(put.error().code == ec::database_rejected);
    CHECK_THAT(put.error().what, ContainsSubstring("the state of 'users x'"));
    CHECK_THAT(put.error().what,
               !ContainsSubstring("hush") && !ContainsSubstring("\n"));
    auto states = database->states("s");
    REQUIRE(states);
    CHECK(states->empty());
  }
  auto nul = database->put_states(
      "s", std::vector<state_row>{{std::string{"a\0b", 3}, "{}"}});
  REQUIRE_FALSE(nul);
  CHECK(nul.error().code == ec::database_rejected);
}

TEST_CASE("a connection that is killed during a call costs that call") {
  fresh_schema schema;
  auto name = fresh_name("kill");
  auto url = address("application_name=" + name + "&schema=" + schema.name);
  auto database = prepared(url);
  pqxx::connection other{""};
  std::optional<pqxx::work> holder{std::in_place, other};
  holder->exec("LOCK TABLE " + schema.name + ".task_log");
  auto call = std::async(std::launch::async, [&database] {
    return database->put_logs("s", "t", one_log());
  });
  // The server tells how many were killed while they waited for the lock.
  const auto kill_waiting =
      "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE "
      "wait_event_type = 'Lock' AND application_name = '"
      + name + "'";
  while (admin(kill_waiting).empty()
         && call.wait_for(std::chrono::seconds{0})
                != std::future_status::ready) {}
  auto lost = call.get();
  REQUIRE_FALSE(lost);
  CHECK(lost.error().code == ec::database_unavailable);
  CHECK_THAT(lost.error().what,
             ContainsSubstring(":" + environment("PGPORT") + "/")
                 && ContainsSubstring("connection was lost")
                 && !ContainsSubstring("\n"));
  holder.reset();
  CHECK(database->put_logs("s", "t", one_log()));
}

TEST_CASE("a connection that is killed between two calls costs nothing") {
  fresh_schema schema;
  auto name = fresh_name("kill");
  auto url = address("application_name=" + name + "&schema=" + schema.name);
  auto database = prepared(url);
  std::vector<state_row> rows = {{"a", "1"}};
  REQUIRE(database->put_states("s", rows));
  kill_connections(name);
  REQUIRE(database->put_states("s", rows));
  // The columns are looked up anew, too.
  admin("ALTER TABLE " + schema.name + ".task_log DROP COLUMN timestamp");
  kill_connections(name);
  CHECK(database->put_logs("s", "t", one_log()));
  CHECK(count_in(schema.name + ".task_log") == 1);
}

TEST_CASE("connections carry the program's name unless the URL has one") {
  fresh_role role;
  admin("GRANT CREATE ON DATABASE \"" + environment("PGDATABASE") + "\" TO "
        + role.name);
  auto schema = "schema=" + fresh_name("own");
  auto names = [&] {
    return admin("SELECT string_agg(application_name, ',' ORDER BY "
                 "application_name) FROM pg_stat_activity WHERE usename = '"
                 + role.name + "'")[0][0]
        .as<std::string>();
  };
  auto first = prepared(role.address(schema));
  CHECK(names() == "motorcade-sidecar");
  auto second = prepared(role.address(schema + "&application_name=other"));
  CHECK(names() == "motorcade-sidecar,other");
}

TEST_CASE("a batch of logs is one transaction") {
  fresh_schema schema;
  auto database = prepared(address("schema=" + schema.name));
  std::vector<log_row> rows;
  for (int i = 0; i < 5000; ++i) {
    std::array<char, 40> id;
    std::snprintf(id.data(), id.size(), "00000000-0000-4000-8000-%012d", i);
    rows.push_back({id.data(), "INFO", "l", "m", {}});
  }
  REQUIRE(database->put_logs("s", "t", rows));
  auto counts = admin("SELECT count(*), count(DISTINCT (xmin::text, "
                      "cmin::text)) FROM "
                      + schema.name + ".task_log");
  CHECK(counts[0][0].as<int>() == 5000);
  CHECK(counts[0][1].as<int>() == 1);
}

TEST_CASE("lines whose answer was lost are there once when they come again") {
  for (const auto after_answer : {false, true}) {
    CAPTURE(after_answer);
    fresh_schema schema;
    postgres_proxy proxy;
    auto database = prepared("postgres://" + environment("PGUSER") + ":"
                             + environment("PGPASSWORD") + "@127.0.0.1:"
                             + proxy.port() + "/" + environment("PGDATABASE")
                             + "?sslmode=disable&schema=" + schema.name);
    proxy.arm(
        {.statement = end_of_copy, .number = 1, .after_answer = after_answer});
    auto rows = one_log();
    auto lost = database->put_logs("s", "t", rows);
    REQUIRE_FALSE(lost);
    REQUIRE(proxy.has_struck());
    CHECK(lost.error().code == ec::database_unavailable);
    CHECK(count_in(schema.name + ".task_log") == (after_answer ? 1 : 0));
    rows.push_back(rows.front());
    rows.back().id.back() = '2';
    REQUIRE(database->put_logs("s", "t", rows));
    CHECK(count_in(schema.name + ".task_log") == 2);
  }
}

TEST_CASE("lines go where COPY is refused and INSERT is not") {
  fresh_schema schema;
  admin("CREATE SCHEMA " + schema.name);
  const auto table = schema.name + ".lines";
  admin("CREATE TABLE " + table
        + " (id uuid PRIMARY KEY, level text, logger text, message text, "
          "sync_id text, task_id text, \"timestamp\" timestamptz)");
  admin("CREATE VIEW " + schema.name + ".task_log AS SELECT * FROM " + table);
  auto database = prepared(address("schema=" + schema.name));
  auto rows = one_log();
  REQUIRE(database->put_logs("s", "t", rows));
  rows.front().id.back() = '2';
  REQUIRE(database->put_logs("s", "t", rows));
  REQUIRE(database->put_logs("s", "t", rows));
  CHECK(count_in(table) == 2);
}

TEST_CASE("a server that accepts and never answers is given up") {
  const bound_socket server;
  server.listen();
  auto silent = refusal("postgres://u:hush@127.0.0.1:" + server.port()
                        + "/d?connect_timeout=2");
  CHECK(silent.code == ec::database_unavailable);
  CHECK_THAT(silent.what, ContainsSubstring("timeout"));
}

TEST_CASE("a wrong setting fails at once and shows no secret") {
  fresh_role role;
  auto url = postgres_address(role.name, "wrong-hush", "schema=x");
  auto wrong = refusal(url);
  CHECK(wrong.code == ec::database_rejected);
  CHECK_THAT(wrong.what, ContainsSubstring("authentication failed")
                             && !ContainsSubstring("wrong-hush")
                             && !ContainsSubstring("\n"));
  // A user named like the password: masked wherever it stands.
  auto same = refusal(postgres_address("twin", "twin", ""));
  CHECK(same.code == ec::database_rejected);
  CHECK_THAT(same.what, !ContainsSubstring("twin"));
  auto missing = address("schema=x&dbname=nowhere");
  auto nowhere = refusal(missing);
  CHECK(nowhere.code == ec::database_rejected);
  CHECK_THAT(nowhere.what, ContainsSubstring("does not exist"));
  CHECK(refusal(address("sslmode=nonsense")).code == ec::database_rejected);
}

TEST_CASE("a missing server counts as a failure that may pass") {
  // No program listens on the discard port of the loopback.
  auto refused = refusal("postgres://u:hush@127.0.0.1:9/d");
  CHECK(refused.code == ec::database_unavailable);
  CHECK_THAT(refused.what,
             ContainsSubstring("127.0.0.1:9/d") && !ContainsSubstring("hush"));
  auto unnamed = refusal("postgres://u:hush@no-such-host.invalid/d");
  CHECK(unnamed.code == ec::database_unavailable);
}

TEST_CASE("a read-only server counts as a failure that may pass") {
  fresh_schema schema;
  prepared(address("schema=" + schema.name));
  auto database =
      prepared(address("schema=" + schema.name
                       + "&options=-cdefault_transaction_read_only%3Don"));
  auto put = database->put_logs("s", "t", one_log());
  REQUIRE_FALSE(put);
  CHECK(put.error().code == ec::database_unavailable);
}

TEST_CASE("a call waits for another program's lock, but not for ever") {
  fresh_schema schema;
  auto database = prepared(
      address("schema=" + schema.name + "&options=-clock_timeout%3D50ms"));
  pqxx::connection other{""};
  {
    pqxx::work holder{other};
    holder.exec("LOCK TABLE " + schema.name + ".task_log");
    auto put = database->put_logs("s", "t", one_log());
    REQUIRE_FALSE(put);
    CHECK(put.error().code == ec::database_unavailable);
  }
  CHECK(database->put_logs("s", "t", one_log()));
}

TEST_CASE("the speed of logs in one statement is printed", "[.speed]") {
  fresh_schema schema;
  auto database = prepared(address("schema=" + schema.name));
  for (int batch : {500, 5000}) {
    int number = batch * 1'000'000;
    double best = 0;
    for (int round = 0; round < 30; ++round) {
      std::vector<log_row> rows;
      for (int i = 0; i < batch; ++i) {
        // Spread as random UUIDs are.
        auto id = static_cast<uint32_t>(++number) * 2654435761u;
        std::array<char, 40> text;
        std::snprintf(text.data(), text.size(), "%08x-0000-4000-8000-%012d", id,
                      number);
        rows.push_back({text.data(), "INFO", "source", std::string(120, 'x'),
                        wall_time{std::chrono::seconds{number}}});
      }
      auto begin = std::chrono::steady_clock::now();
      REQUIRE(database->put_logs("s", "t", rows));
      std::chrono::duration<double> took =
          std::chrono::steady_clock::now() - begin;
      best = std::max(best, batch / took.count());
    }
    WARN(batch << " rows a call: " << static_cast<long>(best)
               << " rows/s at best");
  }
}
