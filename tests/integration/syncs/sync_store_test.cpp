// The connection to the rows of syncs.

#include "controller/records/sync_store.hpp"
#include "support/records_world.hpp"
#include "support/test_names.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;

TEST_CASE("a call does not notice that its idle connection was cut") {
  const auto world = postgres_world();
  const auto name = fresh_name("syncs");
  sync_store store{world->url() + "&application_name=" + name, {}};
  const auto insert = [&](const std::string& id) {
    return store.use_rows([&](sync_tables& rows) {
      stored_sync sync;
      sync.id = id;
      sync.open = "{}";
      sync.secrets = "v1.sealed";
      sync.version = "1";
      return rows.records.insert(sync);
    });
  };
  const auto cut = [&] {
    // Waits until it is gone.
    const auto gone =
        world->query("SELECT pg_terminate_backend(pid, 10000) FROM "
                     "pg_stat_activity WHERE application_name = '"
                     + name + "'");
    CHECK(gone.size() == 1);
  };
  CHECK(get(insert("a")));
  cut();
  CHECK(get(insert("b")));
  cut();
  CHECK_FALSE(get(insert("a")));
}
