#include "actors/supervision/console_caller.hpp"
#include "support/api_stand_in.hpp"

#include <catch2/catch_all.hpp>

#include <atomic>
#include <string>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;

namespace {

/// Asks a console caller for tasks of these ids, all of one sync, at once.
/// @returns for each `ok`, or why not.
std::vector<std::string> call(console_access console,
                              const std::vector<std::string>& task_ids) {
  caf::actor_system_config config;
  rt::configure(config, 1);
  caf::actor_system system{config};
  auto caller = system.spawn<caf::detached>(console_caller, std::move(console),
                                            leadership::without_rival());
  std::vector<std::string> out;
  caf::scoped_actor self{system};
  using answer = decltype(rt::ask(self.ptr(), caf::infinite, caller,
                                  task_request_ptr{}, lead_term{0}));
  std::vector<answer> answers;
  for (const auto& id : task_ids) {
    auto task = std::make_shared<task_request>();
    task->workspace_id = "w/1";
    task->sync_id = "s 1";
    task->task_id = id;
    answers.push_back(rt::ask(self.ptr(), caf::infinite, caller,
                              task_request_ptr{task}, lead_term{0}));
  }
  for (auto& one : answers)
    one.receive(
        [&](atom::ok) { out.emplace_back("ok"); },
        [&](const caf::error& why) { out.push_back(to_failure(why).what); });
  rt::end(caller);
  return out;
}

std::string call(console_access console) {
  return call(std::move(console), {"t&1"}).front();
}

} // namespace

TEST_CASE("the console is asked to run a sync") {
  api_stand_in console{[](const api_call&) {
    return 200;
  }};
  CHECK(call({console.url(), "console-secret"}) == "ok");
  auto calls = console.calls();
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].method == "GET");
  CHECK(calls[0].path
        == "/api/w%2F1/sources/run?syncId=s%201&taskId=t%261&skipRefresh=true&"
           "nodelay=true");
  CHECK(calls[0].headers["authorization"] == "Bearer console-secret");
}

TEST_CASE("a console that refuses is not asked again") {
  api_stand_in console{[](const api_call&) {
    return 403;
  }};
  auto said = call({console.url(), "console-secret"});
  CHECK(said.find("HTTP 403") != std::string::npos);
  CHECK(said.find("secret") == std::string::npos);
  CHECK(console.calls().size() == 1);
}

TEST_CASE("a console that is away for a moment is asked again") {
  std::atomic<int> calls = 0;
  api_stand_in console{[&](const api_call&) {
    return ++calls < 3 ? 503 : 200;
  }};
  CHECK(call({console.url(), ""}) == "ok");
  CHECK(calls == 3);
}

TEST_CASE("while one sync waits for a retry others are asked for") {
  std::atomic<int> calls = 0;
  api_stand_in console{[&](const api_call&) {
    return ++calls == 1 ? 503 : 200;
  }};
  CHECK(call({console.url(), ""}, {"first", "second"})
        == std::vector<std::string>(2, "ok"));
  std::vector<std::string> asked;
  for (const auto& one : console.calls())
    asked.emplace_back(one.path.find("taskId=first") == std::string::npos
                           ? "second"
                           : "first");
  CHECK(asked == std::vector<std::string>{"first", "second", "first"});
}

TEST_CASE("without CONSOLE_URL the call fails and names the variable") {
  CHECK(call({}).find("CONSOLE_URL") != std::string::npos);
}
