// Requests that become visible in one transaction, with the state of all
// streams that is true with their rows. One suite runs it with each server.
#include "support/joint_uploads.hpp"
#include "support/warehouses.hpp"

#include <catch2/catch_all.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

using namespace motorcade;
using namespace motorcade::support;

using strings = std::vector<std::string>;

namespace {

template <class World>
strings count(World& world, const std::string& table) {
  return world.rows("SELECT count(*) FROM " + world.schema + '.' + table);
}

} // namespace

TEMPLATE_LIST_TEST_CASE("requests of a joint commit become visible with the "
                        "last of them",
                        "", warehouses) {
  TestType world;
  joint_uploads::prepare(world);
  joint_uploads uploads;
  const auto first = uploads.begin(*world.to, 0);
  const auto second = uploads.begin(*world.to, 2);
  // It is served behind them, by as many threads as there are.
  commit(world.send(request_for("other"), {R"({"id":1})"}));
  CHECK(count(world, "t") == strings{"1"});
  CHECK(count(world, "k") == strings{"1"});
  CHECK(first->calls() + second->calls() == 0);
  commit(uploads.begin(*world.to, 1)->wait());
  commit(first->wait());
  commit(second->wait());
  world.rows("DROP TABLE " + world.schema + ".other");
  uploads.check_all(world);
}

TEMPLATE_LIST_TEST_CASE("a joint commit waits for the requests before it", "",
                        warehouses) {
  TestType world;
  joint_uploads::prepare(world);
  joint_uploads uploads;
  uploads.joint = std::make_shared<joint_commit>(joint_uploads::count, 1);
  std::vector<std::unique_ptr<upload_probe>> all;
  for (size_t i = 0; i < joint_uploads::count; ++i)
    all.push_back(uploads.begin(*world.to, i));
  commit(world.send(request_for("other"), {R"({"id":1})"}));
  CHECK(count(world, "t") == strings{"1"});
  uploads.joint->one_less();
  for (const auto& one : all)
    commit(one->wait());
  world.rows("DROP TABLE " + world.schema + ".other");
  uploads.check_all(world);
}

TEMPLATE_LIST_TEST_CASE("a request that is given up sets the others of its "
                        "joint commit free, without the state",
                        "", warehouses) {
  for (const auto waits : {true, false}) {
    CAPTURE(waits);
    TestType world;
    joint_uploads::prepare(world);
    joint_uploads uploads;
    if (!waits)
      uploads.give_up(1);
    const auto first = uploads.begin(*world.to, 0);
    const auto second = uploads.begin(*world.to, 2);
    if (waits)
      uploads.give_up(1);
    commit(first->wait());
    commit(second->wait());
    CHECK(count(world, "t") == strings{"3"});
    CHECK(count(world, "k") == strings{"2"});
    CHECK(joint_uploads::states(world).empty());
    CHECK(world.tables() == strings{"k", "t"});
  }
}

TEMPLATE_LIST_TEST_CASE("one request that is refused fails alone, and the "
                        "others of its joint commit come once",
                        "", warehouses) {
  // The last one to come is the first whose table is changed.
  for (const auto comes_last : {true, false}) {
    CAPTURE(comes_last);
    TestType world;
    joint_uploads::prepare(world);
    // Rows of one key, which no key can be made of.
    commit(world.send(request_for("twice"), {R"({"id":1})", R"({"id":1})"}));
    joint_uploads uploads;
    auto request = keyed("twice", {"id"});
    request.stream = "twice";
    request.unit = 1;
    upload_probe refused{*world.to, request};
    refused.write({R"({"id":2})"});
    refused->note({uploads.note});
    refused->join(uploads.joint);
    if (!comes_last)
      refused->finish();
    const auto first = uploads.begin(*world.to, 1);
    const auto second = uploads.begin(*world.to, 0);
    CHECK(code_of(comes_last ? refused.finish() : refused.wait())
          == ec::destination_rejected);
    CHECK(count(world, "t") == strings{"1"});
    CHECK(first->calls() + second->calls() == 0);
    uploads.give_up(2);
    commit(first->wait());
    commit(second->wait());
    CHECK(count(world, "t") == strings{"3"});
    CHECK(count(world, "o") == strings{"2"});
    CHECK(count(world, "twice") == strings{"2"});
    CHECK(joint_uploads::states(world).empty());
    CHECK(world.tables() == strings{"k", "o", "t", "twice"});
  }
}

TEMPLATE_LIST_TEST_CASE("two requests of one table are not committed together",
                        "", warehouses) {
  TestType world;
  const auto joint = std::make_shared<joint_commit>(2, 0);
  std::vector<std::unique_ptr<upload_probe>> all;
  for (const auto* stream : {"a", "b"}) {
    auto request = request_for("t");
    request.stream = stream;
    request.unit = 1;
    auto& one =
        all.emplace_back(std::make_unique<upload_probe>(*world.to, request));
    one->write({R"({"id":1})"});
    (*one)->join(joint);
    (*one)->finish();
  }
  auto committed = 0;
  for (const auto& one : all) {
    const auto outcome = one->wait();
    committed += outcome.committed() ? 1 : 0;
    if (!outcome.committed())
      CHECK(code_of(outcome) == ec::destination_unavailable);
  }
  CHECK(committed == 1);
  CHECK(joint->is_dissolved());
  CHECK(count(world, "t") == strings{"1"});
}

TEMPLATE_LIST_TEST_CASE("a destination that ends drops what waits for others",
                        "", warehouses) {
  TestType world;
  joint_uploads::prepare(world);
  joint_uploads uploads;
  const auto waiting = uploads.begin(*world.to, 0);
  const auto let_go = uploads.begin(*world.to, 2);
  commit(world.send(request_for("other"), {R"({"id":1})"}));
  let_go->let_go();
  world.to.reset();
  CHECK(code_of(waiting->wait()) == ec::cancelled);
  CHECK(code_of(let_go->wait()) == ec::cancelled);
  CHECK(count(world, "t") == strings{"1"});
  CHECK(count(world, "k") == strings{"1"});
}
