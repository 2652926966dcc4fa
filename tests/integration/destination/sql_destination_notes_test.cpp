// What is kept in a warehouse besides rows, so that none comes twice: requests
// that were committed, and states. One suite runs it with each server.
#include "support/warehouses.hpp"

#include <catch2/catch_all.hpp>

#include <memory>
#include <string>
#include <vector>

using namespace motorcade;
using namespace motorcade::support;

using strings = std::vector<std::string>;

TEMPLATE_LIST_TEST_CASE("the same request twice brings its rows once", "",
                        warehouses) {
  TestType world;
  auto request = request_for("t");
  request.stream = "s";
  request.unit = 7;
  commit(world.send(request, {R"({"id":1})"}));
  // As after an answer that was lost.
  commit(world.send(request, {R"({"id":1})"}));
  CHECK(world.rows("SELECT count(*) FROM " + world.schema + ".t")
        == strings{"1"});
  request.unit = 8;
  commit(world.send(request, {R"({"id":1})"}));
  request.task_id = "t2";
  commit(world.send(request, {R"({"id":1})"}));
  CHECK(world.rows("SELECT count(*) FROM " + world.schema + ".t")
        == strings{"3"});
}

TEMPLATE_LIST_TEST_CASE("states are kept in the transaction of their rows", "",
                        warehouses) {
  TestType world;
  const auto send = [&](upload_request request, const state_notes& notes) {
    upload_probe upload{*world.to, std::move(request)};
    upload.write({R"({"id":1})"});
    upload->note(notes);
    return upload.finish();
  };
  const auto note = [](const std::string& state, size_t requests,
                       std::vector<std::string> links = {"x", "y"}) {
    return std::make_shared<shared_note>(
        state_note{"_GLOBAL_STATE", state, std::move(links)}, requests);
  };
  auto first = request_for("t");
  first.stream = "s";
  first.unit = 1;
  auto second = first;
  second.table = "o";
  second.stream = "o";
  const std::vector<upload_request> streams = {first, second};
  const auto noted = [&] {
    auto found = world.to->noted_states(streams);
    if (!found)
      FAIL(found.error().what);
    return *found;
  };
  REQUIRE(world.to->notes_states());
  CHECK(noted().empty());
  CHECK(world.to->forget_states(streams));
  // Kept by the last of two requests, and by no attempt of the same before.
  const auto shared = note(R"({"it's":"\\ \"1\""})", 2);
  commit(send(first, {shared}));
  CHECK(noted().empty());
  commit(send(second, {shared}));
  const std::vector<state_note> expected = {
      {"_GLOBAL_STATE", R"({"it's":"\\ \"1\""})", {"x", "y"}}};
  CHECK(noted() == expected);
  // A newer one takes its place. An attempt after an answer that was lost keeps
  // what is true since, and brings no rows.
  const auto again = note("2", 1, {});
  commit(send(second, {again}));
  CHECK(noted() == std::vector<state_note>{{"_GLOBAL_STATE", "2", {}}});
  CHECK(world.rows("SELECT count(*) FROM " + world.schema + ".o")
        == strings{"1"});
  // What fails keeps nothing.
  auto wrong = first;
  wrong.table = "_motorcade_states";
  wrong.unit = 2;
  CHECK(code_of(send(wrong, {note("3", 1)})) == ec::destination_rejected);
  CHECK(noted().front().state == "2");
  // That of another sync is none of ours.
  auto other = first;
  other.connection_id = "another";
  CHECK(world.to->noted_states(std::vector{other})->empty());
  CHECK(world.to->forget_states(std::vector{other}));
  CHECK(noted().size() == 1);
  CHECK(world.to->forget_states(streams));
  CHECK(noted().empty());
  CHECK(world.tables() == strings{"o", "t"});
}

TEMPLATE_LIST_TEST_CASE("notes of syncs that are gone go after a month", "",
                        warehouses) {
  TestType world;
  auto old = request_for("t");
  old.stream = "s";
  old.unit = 1;
  old.connection_id = "gone";
  upload_probe upload{*world.to, old};
  upload.write({R"({"id":1})"});
  upload->note({std::make_shared<shared_note>(state_note{"s", "1", {}}, 1)});
  commit(upload.finish());
  auto ours = old;
  ours.connection_id = "ours";
  const auto count = [&](const std::string& table) {
    return world.rows("SELECT count(*) FROM " + world.schema + '.' + table)
        .front();
  };
  CHECK(world.to->forget_states(std::vector{ours}));
  CHECK(count("_motorcade_states") == "1");
  CHECK(count("_motorcade_commits") == "1");
  for (const auto* table : {"_motorcade_states", "_motorcade_commits"})
    world.rows("UPDATE " + world.schema + '.' + table
               + " SET committed_at = '2020-01-01 00:00:00'");
  CHECK(world.to->forget_states(std::vector{ours}));
  CHECK(count("_motorcade_states") == "0");
  CHECK(count("_motorcade_commits") == "0");
}

TEMPLATE_LIST_TEST_CASE("the first requests of many streams are committed at "
                        "once, and forget what is old",
                        "", warehouses) {
  TestType world;
  constexpr uint64_t streams = 8;
  const auto request = [](uint64_t number, const std::string& task) {
    auto out = request_for("t" + std::to_string(number));
    out.stream = out.table;
    out.task_id = task;
    out.unit = 1;
    return out;
  };
  for (const auto* task : {"t1", "t2", "t3", "t4"}) {
    INFO(task);
    std::vector<std::unique_ptr<upload_probe>> all;
    for (uint64_t i = 0; i < streams; ++i) {
      auto& one = all.emplace_back(
          std::make_unique<upload_probe>(*world.to, request(i, task)));
      one->write({R"({"id":1})"});
    }
    for (auto& one : all)
      (*one)->finish();
    for (auto& one : all)
      commit(one->wait());
    CHECK(world.rows("SELECT count(*) FROM " + world.schema
                     + "._motorcade_commits")
          == strings{std::to_string(streams)});
    world.rows("UPDATE " + world.schema
               + "._motorcade_commits SET committed_at = "
                 "'2020-01-01 00:00:00'");
  }
}
