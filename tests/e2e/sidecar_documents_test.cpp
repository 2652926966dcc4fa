// `sidecar run` and the states and catalogs that people give it.

#include "support/scripted_run.hpp"

#include <catch2/catch_all.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

using namespace motorcade::test;
using namespace std::chrono_literals;

TEST_CASE("a state of another shape ends a run before it begins") {
  table at;
  at.says({record(1), saved(1)});
  REQUIRE(at.run().exit_code == 0);
  std::filesystem::remove(at.folder.path("started"));

  struct row {
    std::string state;
    std::string says;
  };

  const row table[] = {
      {R"([{"streamDescriptor":{"name":"users"},"streamState":{"id":1}}])",
       "state[0].streamDescriptor: "},
      {R"([{"stream":{"stream_descriptor":{"name":"users"}}}])",
       "state[0]: this has no `type`"},
      {saved(1), "whole line of the protocol"},
      {R"({"type":"STREAM"})", "state.stream: missing"},
      {R"({"states":[]})", "state.states: "},
      {"[" + state(1) + "," + state(2) + "]", "already in state[0]"},
      {"[" + state(1) + R"(,{"type":"GLOBAL","global":{"shared_state":{}}}])",
       "state[1].type: GLOBAL beside STREAM"},
      {"\xEF\xBB\xBF[]", "byte order mark"},
      {"[{]", "--state: "},
      // What `jq … > state.json` leaves if it fails.
      {"", "holds no state"},
      {" \n", "holds no state"},
      {"null", "holds no state"},
  };
  for (const auto& [json, says] : table) {
    INFO(json);
    auto given = at.folder.write("state.json", json);
    auto ended = at.run({"--state", given});
    INFO(ended.err);
    CHECK(ended.exit_code == 2);
    CHECK(holds(ended.err, given));
    CHECK(holds(ended.err, says));
    CHECK_FALSE(at.started());
    CHECK(at.rows() == 1);
  }
}

TEST_CASE("a catalog of another shape ends a run before it begins") {
  struct row {
    std::string members;
    std::string says;
  };

  const row table[] = {
      {"", "streams[0].sync_mode: missing"},
      {R"(,"sync_mode":"incremental","generationId":2)",
       "streams[0].generationId: "},
      {R"(,"syncMode":"incremental")", "streams[0].syncMode: "},
  };
  for (const auto& [members, says] : table) {
    INFO(members);
    class table at;
    at.says({record(1), saved(1)});
    at.folder.write("catalog.json", R"({"streams":[{"stream":{"name":"users"})"
                                        + members + "}]}");
    auto ended = at.run();
    INFO(ended.err);
    CHECK(ended.exit_code == 2);
    CHECK(holds(ended.err, says));
    CHECK_FALSE(at.started());
  }
}

TEST_CASE("a state message without stream_state is reported, and its stream "
          "begins anew") {
  table at;
  at.says({record(2), saved(2)});
  auto given = at.folder.write(
      "state.json",
      R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"users"}}}])");
  auto ended = at.run({"--state", given});
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(holds(ended.err, R"(state[0].stream.stream_state: missing)"));
}

TEST_CASE("the connector is given the state as it was normalised") {
  table at;
  at.says({record(2), saved(2)});
  auto given = at.folder.write("state.json", state(1) + "\n");
  auto ended = at.run({"--state", given});
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(content(at.folder.path("given")) == "[" + state(1) + "]");
  CHECK(holds(ended.err, "put into an array"));
}

TEST_CASE(
    "a state of a stream that is not read is reported with the nearest name") {
  table at;
  at.says({record(2), saved(2)});
  auto given = at.folder.write(
      "state.json",
      R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":"Users"},)"
      R"("stream_state":{}}}])");
  auto ended = at.run({"--state", given});
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(holds(ended.err, R"(names the stream "Users")"));
  CHECK(holds(ended.err, R"(did you mean "users"?)"));
}

TEST_CASE("FULL_SYNC gives the connector no state of any kind") {
  const std::string global =
      R"({"type":"GLOBAL","global":{"shared_state":{}}})";
  table at;
  at.says({record(1), R"({"type":"STATE","state":)" + global + "}"});
  REQUIRE(at.run().exit_code == 0);
  at.says({record(2), record(3), R"({"type":"STATE","state":)" + global + "}"});
  auto given = at.folder.write("state.json", "[" + global + "]");
  auto full = GENERATE(false, true);
  auto with_file = GENERATE(false, true);
  at.env["FULL_SYNC"] = full ? "true" : "false";
  auto ended = at.run(with_file ? std::vector<std::string>{"--state", given}
                                : std::vector<std::string>{});
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(std::filesystem::exists(at.folder.path("given")) == !full);
  CHECK(at.rows() == (full ? 2 : 3));
  CHECK(holds(ended.err, "FULL_SYNC is set: " + given + " is ignored")
        == (full && with_file));
}

TEST_CASE("a discover whose catalog a read would refuse says so") {
  table at;
  at.says({R"({"type":"CATALOG","catalog":{"streams":[{"name":"account"},)"
           R"({"name":"account","json_schema":{}},{"name":"users"}]}})"});
  auto saved_to = at.folder.path("found.json");
  const std::vector<std::string> discover = {
      SIDECAR,      "run",
      "--command",  "discover",
      "--config",   at.folder.path("config.json"),
      "--database", at.folder.path("x.db")};
  auto with = [&](std::vector<std::string> more) {
    auto out = discover;
    out.insert(out.end(), more.begin(), more.end());
    out.insert(out.end(), {"--", at.folder.path("connector")});
    return watched_program{out, at.env}.finish();
  };
  auto plain = with({});
  INFO(plain.err);
  CHECK(plain.exit_code == 0);
  CHECK(holds(plain.err, R"(the stream "account" 2 times)"));
  auto refused = with({"--save-catalog", saved_to});
  INFO(refused.err);
  CHECK(refused.exit_code == 2);
  CHECK(holds(refused.err, "--save-catalog: "));
  CHECK_FALSE(std::filesystem::exists(saved_to));
  auto some = with({"--save-catalog", saved_to, "--select", "users"});
  INFO(some.err);
  CHECK(some.exit_code == 0);
  CHECK(std::filesystem::exists(saved_to));
}
