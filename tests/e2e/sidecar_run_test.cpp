// `sidecar run`, as a person types it: runs that go on from saved states.
#include "support/run_desk.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade::test;
using nlohmann::json;

TEST_CASE("a connector runs three times, each from where it stopped") {
  desk at;
  auto first = at.run({DEMO_CONNECTOR});
  INFO(first.out << first.err);
  CHECK(first.exit_code == 0);
  CHECK(at.rows("products") == 100);
  CHECK(at.rows("users") == 2000);
  CHECK(at.rows("purchases") == 2000);
  CHECK(holds(first.out, "SUCCESS"));
  CHECK(holds(first.out, "2,000"));
  CHECK(holds(first.out, at.folder.path("tables/users.ndjson.zst")));
  CHECK(holds(first.out, at.folder.path("tasks.db")));
  CHECK_FALSE(holds(first.err, "going on from"));

  auto second = at.run({DEMO_CONNECTOR});
  INFO(second.out << second.err);
  CHECK(second.exit_code == 0);
  CHECK(holds(second.err, "going on from the state of the last sync"));
  CHECK(at.rows("users") == 2500);
  CHECK(at.rows("purchases") == 2500);
  CHECK(at.rows("products") == 100);

  auto third = at.run({DEMO_CONNECTOR});
  INFO(third.out << third.err);
  CHECK(third.exit_code == 0);
  CHECK(at.rows("users") == 2500);

  SECTION("another sync id starts afresh") {
    // The tables belong to the first sync.
    auto refused = at.run({DEMO_CONNECTOR}, {"--sync-id", "other"});
    CHECK(refused.exit_code == 2);
    CHECK(holds(refused.err, "belongs to the sync"));
    CHECK_FALSE(holds(refused.err, "going on from"));
    CHECK(at.rows("users") == 2500);
    at.env["TABLE_NAME_PREFIX"] = "other_";
    auto other = at.run({DEMO_CONNECTOR}, {"--sync-id", "other"});
    INFO(other.err);
    CHECK(other.exit_code == 0);
    CHECK(at.rows("other_users") == 2000);
  }
  SECTION("FULL_SYNC starts afresh") {
    at.env["FULL_SYNC"] = "true";
    auto full = at.run({DEMO_CONNECTOR});
    CHECK(full.exit_code == 0);
    CHECK_FALSE(holds(full.err, "going on from"));
    CHECK(at.rows("users") == 2000);
  }
}

TEST_CASE("a run starts from the state of --state") {
  desk at;
  auto state = at.folder.write(
      "state.json",
      R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},)"
      R"("stream_state":{"seed":42,"updated_at":"x","loop_offset":0}}}])");
  auto connector = at.script("for word; do echo \"INFO $word\" >&2; done\n");
  auto ended = at.run(connector, {"--state", state});
  INFO(ended.err);
  CHECK(holds(ended.err, "going on from " + state));
  CHECK(holds(ended.err, "INFO --state"));
  SECTION("one that is none") {
    at.folder.write("state.json", "[12]");
    auto refused = at.run(connector, {"--state", state});
    CHECK(refused.exit_code == 2);
    CHECK(holds(refused.err, state + ": state[0]"));
  }
}

TEST_CASE("a full refresh brings everything again, whatever was saved") {
  desk at;
  // As the low-code CDK does: who has a state is told what is new, alone.
  auto connector = at.script(R"(
row() {
  echo '{"type":"RECORD","record":{"stream":"t","data":{"id":'$1'},"emitted_at":1}}'
}
case "$*" in *--state*) ;; *) row 1; row 2 ;; esac
row 3
echo '{"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":'\
'{"name":"t"},"stream_state":{"id":3}}}}'
)");
  auto catalog = [&](const std::string& mode) {
    at.catalog = at.folder.write(
        mode + ".json",
        json{{"streams",
              {{{"stream", {{"name", "t"}, {"json_schema", json::object()}}},
                {"sync_mode", mode},
                {"destination_sync_mode", "overwrite"}}}}}
            .dump());
  };
  catalog("full_refresh");
  for (int i = 0; i < 2; ++i) {
    CHECK(at.run(connector).exit_code == 0);
    CHECK(at.rows("t") == 3);
  }
  // Told by hand to do otherwise, it says what comes of it.
  auto state = at.folder.write(
      "state.json", R"([{"type":"STREAM","stream":{"stream_descriptor":)"
                    R"({"name":"t"},"stream_state":{"id":3}}}])");
  auto warned = at.run(connector, {"--state", state});
  CHECK(holds(warned.err, "stream t is read in full, and the connector was "
                          "given a state of it"));
  CHECK(at.rows("t") == 1);
  // An incremental read goes on.
  catalog("incremental");
  CHECK(at.run(connector).exit_code == 0);
  CHECK(at.rows("t") == 2);
}

TEST_CASE("a line on a terminal shows the progress") {
  desk at;
  at.folder.write(
      "config.json",
      json{{"recording", recording}, {"whole", true}, {"rows_per_second", 2500}}
          .dump());
  std::string line;
  for (const auto& word : at.command({DEMO_CONNECTOR}))
    line += "'" + word + "' ";
  auto ended =
      watched_program{{"/usr/bin/script", "-qec", line, "/dev/null"}, at.env}
          .finish();
  INFO(ended.out);
  CHECK(ended.exit_code == 0);
  CHECK(holds(ended.out, "\r\x1b[K"));
  CHECK(holds(ended.out, "/3 streams, "));
  CHECK(holds(ended.out, " rows/s"));
  // The line is gone before the table, whose lines are whole.
  auto table = ended.out.find("stream     status");
  REQUIRE(table != std::string::npos);
  CHECK(ended.out.find("rows/s", table) == std::string::npos);
  CHECK((ended.out[table - 1] == '\n' || ended.out[table - 1] == 'K'));
  for (const auto* start : {"\nproducts ", "\nusers ", "\npurchases "})
    CHECK(ended.out.find(start, table) != std::string::npos);
  CHECK(ended.out.find("SUCCESS\r\n", table) != std::string::npos);
}
