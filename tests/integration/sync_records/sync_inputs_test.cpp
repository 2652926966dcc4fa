#include "runtime/sync_records/sync_inputs.hpp"

#include "support/records_world.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

world_ptr any_world() {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  return make();
}

sync_inputs inputs_of(database_world& world) {
  auto place = make_sql_place(world.url());
  if (!place)
    throw std::runtime_error{place.error().what};
  return sync_inputs{place->session};
}

} // namespace

TEST_CASE("documents that tasks have stored are found") {
  auto world = any_world();
  auto sidecar = prepared(world->url());
  auto inputs = inputs_of(*world);
  CHECK_FALSE(get(inputs.discovered("p", "1", "k")));
  get(sidecar->put_result({inquiry::discover, "p", "1", "k",
                           task_status::success, R"({"streams":[]})", ""}));
  get(sidecar->put_result(
      {inquiry::spec, "p", "1", "", task_status::success, R"({"a":1})", ""}));
  auto found = get(inputs.discovered("p", "1", "k"));
  REQUIRE(found);
  CHECK(found->status == task_status::success);
  CHECK(nlohmann::json::parse(found->catalog)["streams"].empty());
  CHECK(utc_now() - found->time < 1h);
  CHECK(nlohmann::json::parse(get(inputs.spec("p", "1")))["a"] == 1);
  CHECK(get(inputs.spec("p", "2")).empty());
}

TEST_CASE("a changed config leaves nothing in SQLite's file once it is taken") {
  auto world = sqlite_world();
  const std::string token = "hush-" + std::string(20'000, 'k');
  {
    auto sidecar = prepared(world->url());
    auto inputs = inputs_of(*world);
    get(sidecar->put_config(
        {"p", "1", "crm", "", R"({"token":")" + token + "\"}"}));
    const auto rows = get(inputs.changed_configs("crm"));
    REQUIRE(rows.size() == 1);
    get(inputs.forget_config("crm", rows[0]));
  }
  // The last connection that ends writes the log (-wal) into the file.
  const auto path = world->query("PRAGMA database_list").at(0).at(2).value();
  std::ifstream file{path, std::ios::binary};
  REQUIRE(file);
  const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
  CHECK(bytes.size() > token.size());
  CHECK(bytes.find("kkkkkkkk") == std::string::npos);
  CHECK(bytes.find("hush-") == std::string::npos);
}

TEST_CASE("a changed config is taken once") {
  auto world = any_world();
  auto sidecar = prepared(world->url());
  auto inputs = inputs_of(*world);
  get(sidecar->put_config({"p", "1", "crm", "", R"({"token":"one"})"}));
  auto rows = get(inputs.changed_configs("crm"));
  REQUIRE(rows.size() == 1);
  // The connector changes it again meanwhile.
  get(sidecar->put_config({"p", "1", "crm", "", R"({"token":"two"})"}));
  get(inputs.forget_config("crm", rows[0]));
  rows = get(inputs.changed_configs("crm"));
  REQUIRE(rows.size() == 1);
  CHECK(nlohmann::json::parse(rows[0].config)["token"] == "two");
  get(inputs.forget_config("crm", rows[0]));
  CHECK(get(inputs.changed_configs("crm")).empty());
  CHECK(get(inputs.changed_configs("other")).empty());
}

TEST_CASE("states are forgotten, of one stream or of all") {
  auto world = any_world();
  auto sidecar = prepared(world->url());
  auto inputs = inputs_of(*world);
  get(sidecar->put_states(
      "crm", std::vector<state_row>{{"a", "{}"}, {"b", "{}"}, {"c", "{}"}}));
  get(sidecar->put_states("other", std::vector<state_row>{{"a", "{}"}}));
  CHECK(get(inputs.forget_states("crm", "b")) == std::vector<std::string>{"b"});
  CHECK(get(inputs.forget_states("crm", "b")).empty());
  CHECK(get(inputs.forget_states("crm", "")).size() == 2);
  CHECK(get(sidecar->states("other")).size() == 1);
}
