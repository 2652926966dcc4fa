// Lists of syncs whose definitions are large.

#include "controller/sync_files/file_commands.hpp"
#include "support/syncs_api.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>

using namespace motorcade;
using namespace motorcade::test;
using nlohmann::json;

TEST_CASE("a list leaves out the config of a sync that has a large one") {
  auto make = GENERATE(&postgres_world, &sqlite_world);
  syncs_api at{make()};
  auto large = json::parse(kept_body);
  large["source"]["config"]["note"] = std::string(200'000, 'x');
  large["labels"] = {{"team", "data"}};
  CHECK(at.ask("PUT", "/syncs/large", large.dump()).status == 201);
  CHECK(at.ask("PUT", "/syncs/small", kept_body).status == 201);
  const auto answer = at.ask("GET", "/syncs?runs=30");
  CHECK(answer.body.size() < 10'000);
  const auto list = json::parse(answer.body)["syncs"];
  REQUIRE(list.size() == 2);
  CHECK(list[0]["definitionCut"] == true);
  CHECK(list[0]["trouble"].is_null());
  const auto& cut = list[0]["definition"];
  CHECK(cut["source"]["package"] == "p");
  CHECK(cut["source"]["config"].is_null());
  CHECK(cut["destination"].is_null());
  CHECK(cut["labels"]["team"] == "data");
  CHECK(list[1]["definitionCut"] == false);
  CHECK(list[1]["definition"]["source"]["config"]["host"] == "a");
  // The sync itself shows them, and an export writes them.
  const auto whole = json::parse(at.ask("GET", "/syncs/large").body);
  CHECK(whole["definitionCut"] == false);
  CHECK(
      whole["definition"]["source"]["config"]["note"].get<std::string>().size()
      == 200'000);
  const scratch_folder to;
  const auto done = export_files(
      to.path().string(),
      {"http://127.0.0.1:" + std::to_string(at.server->port()), ""});
  CHECK(done.faults.empty());
  CHECK(std::filesystem::file_size(to.path() / "large.yaml") > 200'000);
}

TEST_CASE("a page of syncs ends before it outgrows what a client can take") {
  syncs_api at{sqlite_world()};
  auto body = json::parse(kept_body);
  json columns = json::array();
  for (auto i = 0; i < 9'000; ++i)
    columns.push_back(std::to_string(i) + std::string(150, 'c'));
  body["streams"] = json::array({{{"name", "users"}, {"columns", columns}}});
  const auto text = body.dump();
  constexpr auto count = 6;
  for (auto i = 0; i < count; ++i)
    CHECK(at.ask("PUT", "/syncs/s" + std::to_string(i), text).status == 201);
  std::vector<std::string> found;
  std::string next;
  auto pages = 0;
  do {
    const auto answer =
        at.ask("GET", "/syncs" + (next.empty() ? "" : "?after=" + next));
    REQUIRE(answer.status == 200);
    CHECK(answer.body.size() < 5 << 20);
    const auto page = json::parse(answer.body);
    for (const auto& one : page["syncs"])
      found.push_back(one["syncId"]);
    next = page.value("next", "");
    ++pages;
  } while (!next.empty() && pages < 10);
  CHECK(found == std::vector<std::string>{"s0", "s1", "s2", "s3", "s4", "s5"});
  CHECK(pages > 1);
}
