// Secrets of syncs under another key, while syncs run and are changed.

#include "controller/definitions/changed_configs.hpp"
#include "controller/definitions/reseal.hpp"
#include "runtime/base/digest.hpp"
#include "support/sync_world.hpp"

#include <catch2/catch_all.hpp>

#include <atomic>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

sealing_keys keys_of(const std::string& text) {
  return get(sealing_keys::parse(text));
}

} // namespace

TEST_CASE("all secrets are sealed by the first key, earlier ones too") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  sync_world world{make()};
  const auto old_key = sealing_keys::make_key();
  const auto new_key = sealing_keys::make_key();
  world.keys = keys_of(old_key);
  for (int i = 0; i < 3; ++i)
    world.keep("sync" + std::to_string(i));
  auto row = *get(world.records.find("sync1"));
  auto sync = get(open_sync(row, world.keys));
  sync.config = R"({"key":"rotated"})";
  CHECK(get(world.records.change_secrets(
      "sync1", row.secrets, seal_secrets(sync, "sync1", world.keys),
      row.secrets)));
  const auto version = get(world.records.find("sync1"))->version;
  const auto both = keys_of(new_key + "," + old_key);
  auto done = get(reseal_syncs(world.rows, both));
  CHECK(done.resealed == 3);
  CHECK(done.untouched == 0);
  CHECK(done.troubles.empty());
  const auto alone = keys_of(new_key);
  row = *get(world.records.find("sync1"));
  CHECK_THAT(get(open_sync(row, alone)).config, ContainsSubstring("rotated"));
  row.secrets = row.earlier_secrets;
  CHECK_THAT(get(open_sync(row, alone)).config, ContainsSubstring("hunter2"));
  row.secrets = row.given_secrets;
  CHECK_THAT(get(open_sync(row, alone)).config, ContainsSubstring("hunter2"));
  CHECK(row.version == version);
  // Once more there is nothing to do.
  done = get(reseal_syncs(world.rows, both));
  CHECK(done.resealed == 0);
  CHECK(done.untouched == 3);
}

TEST_CASE("the key of a discover tells nothing of the config") {
  const auto one = sealing_keys::make_key();
  const auto other = sealing_keys::make_key();
  const auto sync = get(parse_sync(
      R"({"source":{"package":"p","version":"1","config":{"pin":"4821"}}})",
      "crm"));
  const auto keys = keys_of(one);
  const auto key = discover_key_of(sync, "crm", keys);
  CHECK(key.starts_with("sync:crm:"));
  // Who has another key, and knows the config, finds another one.
  CHECK(key != discover_key_of(sync, "crm", keys_of(other)));
  CHECK(discover_task(sync, "crm", keys, {}).storage_key == key);
  // A discover that began before the keys were changed is the sync's still.
  CHECK(is_discover_key_of(key, sync, "crm", keys));
  CHECK(is_discover_key_of(key, sync, "crm", keys_of(other + "," + one)));
  CHECK_FALSE(is_discover_key_of(key, sync, "crm", keys_of(other)));
  // So is one of an earlier version.
  const auto earlier =
      "sync:crm:"
      + sha256_hex("crm\np\n1\n" + sha256_hex(sync.config)).substr(0, 16);
  CHECK(is_discover_key_of(earlier, sync, "crm", keys));
  CHECK(key != earlier);
  auto changed = sync;
  changed.config = R"({"pin":"4822"})";
  CHECK_FALSE(is_discover_key_of(key, changed, "crm", keys));
}

TEST_CASE("secrets that no key opens are reported and stay") {
  sync_world world{sqlite_world()};
  world.keep("lost");
  const auto sealed = get(world.records.find("lost"))->secrets;
  const auto key = sealing_keys::make_key();
  world.keys = keys_of(key);
  world.keep("fine");
  const auto done = get(
      reseal_syncs(world.rows, keys_of(sealing_keys::make_key() + "," + key)));
  CHECK(done.resealed == 1);
  REQUIRE(done.troubles.size() == 1);
  CHECK_THAT(done.troubles[0], ContainsSubstring("sync lost: "));
  CHECK(get(world.records.find("lost"))->secrets == sealed);
}

TEST_CASE("a key is replaced while connectors rotate their tokens") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  sync_world world{make()};
  const auto old_key = sealing_keys::make_key();
  const auto new_key = sealing_keys::make_key();
  world.keys = keys_of(old_key);
  constexpr int syncs = 5;
  for (int i = 0; i < syncs; ++i) {
    const auto id = "sync" + std::to_string(i);
    world.keep(id);
    get(world.records.note_given(id, get(world.records.find(id))->secrets));
  }
  // A process that does not know yet which key is to be the first.
  const auto running = keys_of(old_key + "," + new_key);
  const auto resealing = keys_of(new_key + "," + old_key);
  std::atomic<bool> over = false;
  std::atomic<int> changed = 0;
  std::thread runner{[&] {
    auto place = get(make_sql_place(world.at.world->url()));
    sync_tables rows{place.session};
    for (int round = 1; round <= 20; ++round)
      for (int i = 0; i < syncs; ++i) {
        const auto id = "sync" + std::to_string(i);
        get(place.tables->put_config(
            {"p", "1", id, "",
             R"({"key":"token-)" + std::to_string(round) + "\"}"}));
        // What cannot be taken at this moment is taken at the next.
        for (;;) {
          get(take_changed_configs(rows, running, id, "run"));
          if (get(rows.inputs.changed_configs(id)).empty())
            break;
        }
        ++changed;
      }
    over = true;
  }};
  while (!over)
    CHECK(get(reseal_syncs(world.rows, resealing)).troubles.empty());
  runner.join();
  CHECK(changed == 20 * syncs);
  // No change is lost, and in the end the old key is not needed any more.
  get(reseal_syncs(world.rows, resealing));
  const auto alone = keys_of(new_key);
  for (int i = 0; i < syncs; ++i) {
    auto row = *get(world.records.find("sync" + std::to_string(i)));
    CHECK_THAT(get(open_sync(row, alone)).config,
               ContainsSubstring("token-20"));
    row.secrets = row.earlier_secrets;
    CHECK_THAT(get(open_sync(row, alone)).config,
               ContainsSubstring("token-19"));
  }
}
