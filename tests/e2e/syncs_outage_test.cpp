// Postgres is started anew while nobody asks: this program stops and starts its
// own cluster.

#include "controller/records/record_pool.hpp"
#include "controller/records/sync_store.hpp"
#include "support/database_outage.hpp"
#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;

TEST_CASE("a restart of Postgres costs the next call nothing") {
  const auto world = postgres_world();
  sync_store store{world->url(), {}};
  record_pool pool{world->url(), 2};
  stored_sync sync;
  sync.id = "crm";
  sync.open = "{}";
  sync.secrets = "v1.sealed";
  sync.version = "1";
  const auto in_rows = [&store](auto f) {
    return store.use_rows([&](sync_tables& rows) { return f(rows.records); });
  };
  const auto restart = [] {
    database_outage now;
  };
  CHECK(get(in_rows([&](auto& rows) { return rows.insert(sync); })));
  CHECK(pool.read([](task_records& rows) { return rows.list({}); }));
  restart();
  // What writes, too: it is not tried twice, but over a new connection.
  auto changed = sync;
  changed.version = "2";
  CHECK(get(in_rows([&](auto& rows) { return rows.replace(changed, sync); })));
  restart();
  sync_run run;
  run.id = "r";
  run.sync_id = "crm";
  run.trigger = "manual";
  CHECK(get(in_rows([&](auto& rows) { return rows.add_run(run); })));
  CHECK(pool.read([](task_records& rows) { return rows.list({}); }));
  restart();
  CHECK(get(in_rows([](auto& rows) { return rows.find("crm"); }))->version
        == "2");
}
