// Pages of the controller's records: no more is read than they may hold.

#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::test;

namespace {

struct pages : records_world {
  pages() : records_world{GENERATE(&postgres_world, &sqlite_world)()} {}
};

log_row line(int number, std::string message) {
  log_row out;
  out.id = some_uuid(number);
  out.level = "INFO";
  out.logger = "source";
  out.message = std::move(message);
  out.time = moment(number);
  return out;
}

} // namespace

TEST_CASE("lines are read up to the one that exceeds the page") {
  pages at;
  std::vector<log_row> all;
  all.reserve(6);
  for (int i = 0; i < 6; ++i)
    all.push_back(line(i, std::string(400 << 10, 'x')));
  get(at.records->put_logs("s", "t", all));
  CHECK(get(at.records->logs("t", {}, 100)).size() == 3);
  CHECK(get(at.records->logs("t", {}, 2)).size() == 2);
  CHECK(get(at.records->logs("t", {all[3].time, all[3].id}, 100)).size() == 2);
  CHECK(get(at.records->logs("t", {all[5].time, all[5].id}, 100)).empty());
}

TEST_CASE("a line that is larger than a page is cut, with a remark") {
  pages at;
  // Of characters that take two bytes.
  std::string large;
  for (int i = 0; i < (1 << 20); ++i)
    large += "\xc3\xa4";
  get(at.records->put_logs("s", "t",
                           std::vector{line(0, large),
                                       line(1, std::string(1 << 20, 'x')),
                                       line(2, "small")}));
  auto rows = get(at.records->logs("t", {}, 100));
  REQUIRE(rows.size() >= 2);
  CHECK(rows[0].message.size() < (600 << 10));
  CHECK(rows[0].message.ends_with("... (cut: it has 2097152 bytes)"));
  CHECK(rows[0].message.starts_with(large.substr(0, 1000)));
  CHECK(rows[1].message.size() == 1 << 20);
}

TEST_CASE("states and tasks are read up to the one that exceeds the page") {
  pages at;
  std::vector<state_row> states;
  states.reserve(60);
  for (int i = 0; i < 60; ++i)
    states.push_back(
        {"s" + std::to_string(100 + i), '"' + std::string(60'000, 'x') + '"'});
  get(at.sidecar->put_states("sync", states));
  state_filter wanted;
  wanted.sync_id = "sync";
  wanted.limit = 1000;
  CHECK(get(at.records->states(wanted)).size() == 18);
  // Those that are left out count as nothing.
  wanted.longest = 1000;
  CHECK(get(at.records->states(wanted)).size() == 60);
  for (int i = 0; i < 80; ++i) {
    auto row = some_task("t" + std::to_string(i), i);
    row.sync_id += std::to_string(i);
    row.description = R"({"a": ")" + std::string(16'000, 'x') + "\"}";
    row.status = task_status::success;
    get(at.records->begin_task(row));
  }
  task_filter tasks;
  tasks.limit = 1000;
  auto listed = get(at.records->list(tasks));
  CHECK(listed.size() >= 65);
  CHECK(listed.size() <= 66);
  CHECK(listed[0].task_id == "t79");
}

TEST_CASE("all states of a sync are read, or only their size") {
  pages at;
  CHECK(get(at.records->saved_states("sync", 0)).bytes == 0);
  std::vector<state_row> states;
  states.reserve(20);
  for (int i = 0; i < 20; ++i)
    // Of characters that take two bytes.
    states.push_back({"s" + std::to_string(100 + i),
                      R"({"a": ")" + std::string(1'000, 'x') + "\xc3\xa4\"}"});
  get(at.sidecar->put_states("sync", states));
  get(at.sidecar->put_states("other", states));
  auto one = 4 + states[0].state.size() + 128;
  auto whole = get(at.records->saved_states("sync", 20 * one));
  CHECK(whole.bytes == 20 * one);
  REQUIRE(whole.states.size() == 20);
  for (size_t i = 0; i < 20; ++i) {
    CHECK(whole.states[i].key == states[i].stream);
    CHECK(whole.states[i].json == states[i].state);
  }
  auto large = get(at.records->saved_states("sync", 20 * one - 1));
  CHECK(large.bytes == 20 * one);
  CHECK(large.states.empty());
}

TEST_CASE("an error that is too long for a list is cut, and a long document is "
          "left out") {
  pages at;
  auto row = some_task("t");
  row.description = R"({"a": ")" + std::string(20'000, 'x') + "\"}";
  get(at.records->begin_task(row));
  get(at.records->end_task("t", task_status::failed, std::string(20'000, 'e')));
  auto listed = get(at.records->list({}));
  REQUIRE(listed.size() == 1);
  CHECK(listed[0].error.size() == 16'384);
  CHECK(listed[0].description.empty());
  auto found = get(at.records->find("t"));
  CHECK(found->error.size() == 20'000);
  CHECK(found->description.size() > 20'000);
}
