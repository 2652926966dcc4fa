#include "schema/sync/config_merge.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

using namespace motorcade;

TEST_CASE("what a connector changed is applied to a config that was put") {
  using strings = std::vector<std::string>;

  struct row {
    const char* what;
    const char* given;
    const char* changed;
    const char* current;
    const char* merged;
    strings kept;
  };

  const row rows[] = {
      {"nothing was put: byte for byte",
       R"({"a":1})",
       R"({ "a": 2 })",
       R"({"a":1})",
       R"({ "a": 2 })",
       {}},
      {"the connector changed one member, the client another",
       R"({"token":"t1","host":"a"})",
       R"({"token":"t2","host":"a"})",
       R"({"token":"t1","host":"b"})",
       R"({"token":"t2","host":"b"})",
       {}},
      {"both changed the same member: the client wins",
       R"({"token":"t1","host":"a"})",
       R"({"token":"t2","host":"a"})",
       R"({"token":"mine","host":"a"})",
       R"({"token":"mine","host":"a"})",
       {"token"}},
      {"both made the same of it",
       R"({"token":"t1"})",
       R"({"token":"t2"})",
       R"({"token":"t2","x":1})",
       R"({"token":"t2","x":1})",
       {}},
      {"objects are merged member by member",
       R"({"auth":{"token":"t1","id":"a","old":1}})",
       R"({"auth":{"token":"t2","id":"a","new":2}})",
       R"({"auth":{"token":"t1","id":"b","old":1}})",
       R"({"auth":{"token":"t2","id":"b","new":2}})",
       {}},
      {"a path names the member within",
       R"({"auth":{"token":"t1"}})",
       R"({"auth":{"token":"t2"}})",
       R"({"auth":{"token":"mine"}})",
       R"({"auth":{"token":"mine"}})",
       {"auth.token"}},
      {"what the client removed stays away",
       R"({"auth":{"token":"t1"},"a":1})",
       R"({"auth":{"token":"t2"},"a":1})",
       R"({"a":2})",
       R"({"a":2})",
       {"auth"}},
      {"what the connector removed goes, unless the client changed it",
       R"({"a":1,"b":1})",
       R"({})",
       R"({"a":1,"b":2})",
       R"({"b":2})",
       {"b"}},
      {"both added it",
       R"({})",
       R"({"a":{"x":1}})",
       R"({"a":{"y":2}})",
       R"({"a":{"y":2,"x":1}})",
       {}},
      {"a list is one value",
       R"({"a":[1,2]})",
       R"({"a":[1,3]})",
       R"({"a":[0,2]})",
       R"({"a":[0,2]})",
       {"a"}},
      {"a value became an object on one side",
       R"({"a":1})",
       R"({"a":{"x":1}})",
       R"({"a":{"y":1}})",
       R"({"a":{"y":1}})",
       {"a"}},
      {"no object",
       R"({"a":1})",
       "[]",
       R"({"a":2})",
       R"({"a":2})",
       {"the whole of it"}},
  };
  for (const auto& one : rows) {
    INFO(one.what);
    const auto got = merge_config(one.given, one.changed, one.current);
    CHECK(got.kept == one.kept);
    CHECK(got.config == one.merged);
  }
}
