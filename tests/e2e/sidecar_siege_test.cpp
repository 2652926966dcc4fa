// The surroundings of the sidecar do their worst: pipes, the server, the
// system.

#include "support/sidecar_world.hpp"

#include <catch2/catch_all.hpp>

#include <array>
#include <thread>

#include <fcntl.h>
#include <unistd.h>

using namespace motorcade::test;
using motorcade::support::bulker_stand_in;
using motorcade::support::fault;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

constexpr uint64_t mebibyte = 1 << 20;
constexpr uint64_t most_memory = 64 * mebibyte;

const std::string complete = status_line("users", "COMPLETE");

/// @returns how a sidecar ends whose Bulker answers with such a body.
program_result play_huge_answer(sidecar_world& world, size_t bytes) {
  world.bulker.inject({.status = 200,
                       .body = std::string(bytes, ' '),
                       .after_bytes = fault::whole_body});
  return world.play(record_line("users", "{}") + complete);
}

} // namespace

TEST_CASE("pipes may be opened and closed in every order") {
  auto order = GENERATE(opening::err_first, opening::out_first);
  auto out_closes_first = GENERATE(true, false);
  auto silent_err = GENERATE(true, false);
  auto silent_out = GENERATE(true, false);
  sidecar_world world;
  world.start();
  auto connector = world.connect(order);
  if (!silent_err)
    connector.err("WARN a word\n");
  if (!silent_out)
    connector.out(record_line("users", "{}") + complete);
  if (out_closes_first) {
    connector.close_out();
    connector.close_err();
  } else {
    connector.close_err();
    connector.close_out();
  }
  auto ended = world.finish();
  INFO(ended.err);
  CHECK(ended.exit_code == (silent_out ? 1 : 0));
  CHECK(world.task().status == (silent_out ? "FAILED" : "SUCCESS"));
  CHECK(world.logged("a word") == !silent_err);
  CHECK(world.bulker.row_count("users") == (silent_out ? 0 : 1));
}

TEST_CASE("one pipe serves as both") {
  sidecar_world world;
  world.env["STDERR_PIPE_FILE"] = world.env["STDOUT_PIPE_FILE"];
  auto ended = world.start().finish();
  CHECK(ended.exit_code == 2);
  CHECK(ended.err.find("STDERR_PIPE_FILE") != std::string::npos);
}

TEST_CASE("an answer of 50 MB needs little memory") {
  sidecar_world world;
  auto ended = play_huge_answer(world, 50'000'000);
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(ended.peak_memory < most_memory);
}

TEST_CASE("an answer of 1 GB needs little memory", "[.long]") {
  sidecar_world world;
  auto ended = play_huge_answer(world, 1'000'000'000);
  INFO(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(ended.peak_memory < most_memory);
}

TEST_CASE("redirects are named and never followed") {
  auto status = GENERATE(301, 302, 303, 307, 308);
  bulker_stand_in elsewhere;
  sidecar_world world;
  world.bulker.inject({.status = status,
                       .headers = {"Location: " + elsewhere.url() + "/bulk/x"},
                       .after_bytes = fault::whole_body,
                       .times = 100});
  auto ended = world.play(record_line("users", "{}") + complete);
  INFO(ended.err);
  CHECK(ended.exit_code == 1);
  CHECK(world.task().status == "FAILED");
  CHECK(world.task().error.find(std::to_string(status)) != std::string::npos);
  CHECK(world.task().error.find(elsewhere.url()) != std::string::npos);
  CHECK(elsewhere.requests().empty());
}

TEST_CASE("rows arrive while stderr floods and stdout is slow") {
  sidecar_world world;
  world.env["LOG_LEVEL"] = "error";
  constexpr size_t lines = 200'000;
  world.start();
  auto connector = world.connect();
  std::thread flood{[&] {
    std::string some;
    for (size_t i = 0; i < lines; ++i) {
      some += "INFO line " + std::to_string(i) + " of a flood of words\n";
      if (some.size() > 100'000) {
        connector.err(some);
        some.clear();
      }
    }
    connector.err(some);
    connector.close_err();
  }};
  // Each row arrives before the next one is said.
  uint64_t bytes = 0;
  auto prompt = true;
  for (const auto& row : numbered_rows(0, 20)) {
    connector.out(record_line("users", row));
    bytes += row.size() + 1;
    prompt = prompt && world.bulker.wait_for_bytes(bytes);
  }
  connector.out(complete);
  connector.close_out();
  flood.join();
  auto ended = world.finish(120s);
  INFO(ended.err);
  CHECK(prompt);
  CHECK(ended.exit_code == 0);
  CHECK(world.task().status == "SUCCESS");
  CHECK(world.bulker.rows("users") == numbered_rows(0, 20));
  CHECK(world.database()
            .query("SELECT count(DISTINCT message) FROM task_log WHERE message "
                   "LIKE '%of a flood%'")
            .at(0)
            .at(0)
        == std::to_string(lines));
  CHECK(ended.peak_memory < most_memory);
}

TEST_CASE(
    "a sidecar with too few file descriptors succeeds or names the lack") {
  auto limit = GENERATE(range(4, 40, 4));
  CAPTURE(limit);
  std::vector<stream_ref> streams;
  std::vector<std::string> names;
  names.reserve(30);
  streams.reserve(30);
  for (int i = 0; i < 30; ++i)
    names.push_back("stream" + std::to_string(i));
  for (const auto& name : names)
    streams.emplace_back(name.c_str());
  sidecar_world world;
  // Without what is inherited here: ctest leaves its own log open.
  world.command = {"/bin/sh", "-c",
                   "exec 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-; ulimit -n "
                       + std::to_string(limit) + " && exec "
                       + std::string{SIDECAR}};
  world.catalog(configured_catalog(streams));
  prepared(world.env["DATABASE_URL"]);
  world.start();
  std::string out;
  for (const auto& stream : streams)
    out += record_line(stream, R"({"n":1})");
  for (const auto& stream : streams)
    out += record_line(stream, R"({"n":2})") + status_line(stream, "COMPLETE");
  std::thread connector{[&] {
    world.connect().out(out);
  }};
  auto ended = world.finish(120s);
  // It may have ended before it opened a pipe: then this lets go of the
  // connector.
  std::array<int, 2> readers = {};
  std::array<const char*, 2> names_of_pipes = {"STDOUT_PIPE_FILE",
                                               "STDERR_PIPE_FILE"};
  for (size_t i = 0; i < 2; ++i)
    readers[i] = ::open(world.env[names_of_pipes[i]].c_str(),
                        O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  connector.join();
  for (auto fd : readers)
    ::close(fd);
  INFO(ended.out + ended.err);
  CHECK(ended.exit_code <= 2);
  auto all = true;
  for (const auto& name : names)
    all = all && world.bulker.row_count(name) == 2;
  if (ended.exit_code == 0)
    CHECK(all);
  else
    CHECK(ended.err.find("Too many open files") != std::string::npos);
  if (world.has_task())
    CHECK((world.task().status == "SUCCESS") == (ended.exit_code == 0 && all));
}
