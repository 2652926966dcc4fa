// The connection to the rows of syncs.

#include "controller/syncs/sync_store.hpp"
#include "support/records_world.hpp"
#include "support/test_names.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;

TEST_CASE("a reader does not notice that the database was started anew") {
  const auto world = postgres_world();
  const auto name = fresh_name("syncs");
  sync_store store{world->url() + "&application_name=" + name, {}};
  const auto find = [&](auto ask) {
    return ask([](sync_tables& tables) -> result<bool> {
      auto row = tables.records.find("crm");
      return row ? result<bool>{row->has_value()} : row.error();
    });
  };
  const auto read = [&] {
    return find([&](auto f) { return store.read_rows(f); });
  };
  const auto cut = [&] {
    // Waits until it is gone.
    const auto gone =
        world->query("SELECT pg_terminate_backend(pid, 10000) FROM "
                     "pg_stat_activity WHERE application_name = '"
                     + name + "'");
    CHECK(gone.size() == 1);
  };
  CHECK_FALSE(get(read()));
  cut();
  CHECK_FALSE(get(read()));
  cut();
  // What may write is not tried twice.
  const auto once = find([&](auto f) { return store.use_rows(f); });
  REQUIRE_FALSE(once);
  CHECK(once.error().code == ec::database_unavailable);
  CHECK_FALSE(get(read()));
}
