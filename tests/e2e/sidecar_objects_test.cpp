// A sidecar whose rows go to a bucket.
#include "support/run_desk.hpp"
#include "support/s3_stand_in.hpp"

#include <catch2/catch_all.hpp>

#include <csignal>

using namespace motorcade::test;
using motorcade::support::s3_fault;
using motorcade::support::s3_stand_in;

namespace {

constexpr uint64_t mebibyte = 1u << 20;

const std::string begun = status_line("users", "STARTED");
const std::string complete = status_line("users", "COMPLETE");

json config_of(const s3_stand_in& store) {
  return {{"destinationType", "s3"},
          {"accessKeyId", s3_stand_in::key_id},
          {"secretAccessKey", s3_stand_in::secret},
          {"bucket", s3_stand_in::bucket},
          {"region", s3_stand_in::region},
          {"endpoint", store.url()},
          {"folder", "f"}};
}

/// A sidecar for the stream `users`, with a bucket as its destination.
struct object_sidecar : sidecar_world {
  explicit object_sidecar(const json& more = json::object()) {
    auto config = config_of(store);
    config.update(more);
    env.erase("BULKER_URL");
    file("destinationConfig.json", config.dump());
    catalog(configured_catalog({"users"}));
  }

  s3_stand_in store;
};

/// A line of so many bytes that compress badly.
std::string large_line(const stream_ref& stream, size_t bytes, uint64_t seed) {
  std::string text;
  for (auto x = seed * 2 + 1; text.size() < bytes;
       x = x * 6364136223846793005u + 1442695040888963407u)
    text += static_cast<char>('!' + (x >> 33) % 90);
  for (auto& c : text)
    c = c == '"' || c == '\\' ? ' ' : c;
  return record_line(stream, R"({"t":")" + text + "\"}");
}

} // namespace

TEST_CASE("a destinationConfig of s3 brings rows into objects") {
  object_sidecar world;
  world.env["NAMESPACE"] = "shop";
  auto ended =
      world.play(begun + record_line("users", R"({"id": 1})")
                 + record_line("users", R"({"id":{"a":2}})") + complete);
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.store.object("f/shop/users.ndjson")
        == "{\"id\": 1}\n{\"id\":{\"a\":2}}\n");
  // A complete refresh without rows.
  world.env["TASK_ID"] = "t2";
  ended = world.play(begun + complete);
  CHECK(ended.exit_code == 0);
  CHECK(world.store.object("f/shop/users.ndjson") == "");
  for (const auto& text : {ended.err, world.task().description.dump()})
    for (const auto* secret : {s3_stand_in::secret, s3_stand_in::key_id})
      CHECK_FALSE(holds(text, secret));
}

TEST_CASE("incremental rows are appended, each request in its object") {
  object_sidecar world{{{"format", "csv"}}};
  world.catalog(configured_catalog({"users"}, "incremental"));
  const auto sync = [&](const char* task, const char* row) {
    world.env["TASK_ID"] = task;
    auto ended = world.play(record_line("users", row)
                            + state_line("users", R"({"at":1})") + complete);
    INFO(ended.err);
    CHECK(world.task().status == "SUCCESS");
  };
  sync("t1", R"({"id":1})");
  world.file("state.json", R"([{"type":"STREAM","stream":{"stream_descriptor":)"
                           R"({"name":"users"},"stream_state":{"at":1}}}])");
  sync("t2", R"({"id":2,"x":3})");
  sync("t3", R"({"id":3})");
  // Without a state the first one replaces the table.
  CHECK(world.store.object("f/users.csv") == "id\n1\n");
  std::vector<std::string> contents;
  for (const auto& [name, object] : world.store.objects())
    if (name.starts_with("f/users_20") && name.ends_with(".csv"))
      contents.push_back(object.bytes);
  CHECK(contents == std::vector<std::string>{"id,x\n2,3\n", "id\n3\n"});
}

TEST_CASE("an object store that is busy is tried again") {
  object_sidecar world;
  world.store.add_fault({"Put", s3_fault::kind::answer, 503, "SlowDown", 0, 2});
  auto ended = world.play(begun + record_line("users", "{}") + complete);
  INFO(ended.err);
  CHECK(world.task().status == "SUCCESS");
  CHECK(holds(ended.err, "SlowDown, HTTP 503"));
  CHECK(world.store.object("f/users.ndjson") == "{}\n");
}

TEST_CASE("an object store that refuses fails the stream with advice") {
  object_sidecar world{{{"region", "us-east-1"}}};
  auto ended = world.play(begun + record_line("users", "{}") + complete);
  INFO(ended.err);
  CHECK(world.task().status == "FAILED");
  CHECK(holds(world.task().error + world.task().description.dump(),
              "set region to eu-west-1"));
}

TEST_CASE("large tables of objects need little memory") {
  object_sidecar world;
  const std::vector<stream_ref> streams = {"a", "b", "c", "d", "e", "f"};
  world.catalog(configured_catalog(streams));
  world.start();
  auto connector = world.connect();
  uint64_t sent = 0;
  for (uint64_t i = 0; sent < 150 * mebibyte; ++i) {
    const auto line = large_line(streams[i % streams.size()], 100'000, i);
    sent += line.size();
    REQUIRE(connector.out(line));
  }
  for (const auto& stream : streams)
    connector.out(status_line(stream, "COMPLETE"));
  connector.close();
  auto ended = world.finish();
  INFO(ended.err);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.store.objects().size() == streams.size());
  CHECK(world.store.count("Part") >= 12);
  CHECK(ended.peak_memory < 64 * mebibyte);
}

TEST_CASE("parts of a task that is stopped or killed do not stay") {
  const auto killed = GENERATE(false, true);
  object_sidecar world;
  world.store.put("f/users.ndjson", "old\n");
  world.start();
  auto connector = world.connect();
  for (uint64_t i = 0; i < 100; ++i)
    REQUIRE(connector.out(large_line("users", 100'000, i)));
  REQUIRE(world.store.await("Part"));
  world.sidecar().signal(killed ? SIGKILL : SIGTERM);
  auto ended = world.finish();
  connector.close();
  INFO(ended.err);
  CHECK(world.store.object("f/users.ndjson") == "old\n");
  CHECK(world.store.open_uploads().size() == (killed ? 1 : 0));
  world.env["TASK_ID"] = "t2";
  ended = world.play(begun + record_line("users", "{}") + complete);
  INFO(ended.err);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.store.open_uploads().empty());
  CHECK(world.store.object("f/users.ndjson") == "{}\n");
}

TEST_CASE("sidecar run takes an s3:// URL and the key of the environment") {
  desk at;
  s3_stand_in store;
  at.env["AWS_ACCESS_KEY_ID"] = s3_stand_in::key_id;
  at.env["AWS_SECRET_ACCESS_KEY"] = s3_stand_in::secret;
  at.env["AWS_DEFAULT_REGION"] = s3_stand_in::region;
  at.env["AWS_ENDPOINT_URL"] = store.url();
  const std::vector<std::string> head = {SIDECAR, "run", "--to",
                                         "s3://rows/f?format=csv"};
  auto check = head;
  check.insert(check.end(), {"--command", "check"});
  auto tried = watched_program{check, at.env}.finish();
  INFO(tried.out << tried.err);
  CHECK(holds(tried.out, R"("status":"SUCCEEDED")"));
  CHECK(store.objects().empty());
  CHECK(store.count("Put") == 1);
  auto read = head;
  read.insert(read.end(),
              {"--config", at.folder.path("config.json"), "--catalog",
               at.catalog, "--database",
               "sqlite://" + at.folder.path("tasks.db"), "--", DEMO_CONNECTOR});
  auto ended = watched_program{read, at.env}.finish();
  INFO(ended.out << ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(store.object("f/users.csv"));
  CHECK(std::filesystem::is_empty(at.folder.path("tmp")));
  // What is missing is told.
  at.env["AWS_SECRET_ACCESS_KEY"] = "wr0ng";
  tried = watched_program{check, at.env}.finish();
  CHECK(holds(tried.out, R"("status":"FAILED")"));
  CHECK(holds(tried.out, "mend secretAccessKey (AWS_SECRET_ACCESS_KEY)"));
  CHECK_FALSE(holds(tried.out + tried.err, "wr0ng"));
  at.env.erase("AWS_SECRET_ACCESS_KEY");
  tried = watched_program{check, at.env}.finish();
  CHECK(tried.exit_code == 2);
  CHECK(holds(tried.err, "AWS_SECRET_ACCESS_KEY: missing, must be set where "
                         "BULKER_URL leads to S3"));
}
