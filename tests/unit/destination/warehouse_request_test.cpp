// How a request looks at its table, before its first row and at its commit.

#include "runtime/destination/warehouse/idle_links.hpp"
#include "runtime/destination/warehouse/request_table.hpp"
#include "support/log_capture.hpp"

#include <catch2/catch_all.hpp>

#include <optional>

// Found by `find_target` as those of the rooms are.
namespace motorcade {

struct told_target {
  std::vector<target_column> columns = {};

  const column_shape* find(std::string_view column) const {
    for (const auto& one : columns)
      if (one.name == column)
        return &one.shape;
    return nullptr;
  }
};

struct told_link {
  std::optional<failure> sweep_fails = {};
  bool stands = true;
  std::optional<failure> look_fails = {};
  told_target target = {};
  std::vector<std::string> asked = {};

  bool open() const { return stands; }
};

result<void> sweep(told_link& link, const table_name& table,
                   const std::string& sync, const std::string& task) {
  link.asked.push_back("sweep " + quote(table) + ' ' + sync + ' ' + task);
  return link.sweep_fails ? result<void>{*link.sweep_fails} : result<void>{};
}

result<told_target> look_at(told_link& link, const table_name& table) {
  link.asked.push_back("look at " + quote(table));
  return link.look_fails ? result<told_target>{*link.look_fails}
                         : result<told_target>{link.target};
}

} // namespace motorcade

using namespace motorcade;

namespace {

column_shape shape(column_type type, std::string sql) {
  column_shape out;
  out.type = type;
  out.sql = std::move(sql);
  return out;
}

table_dialect plain_dialect() {
  table_dialect out;
  out.sql_types = {"bool", "int", "float", "text", "time", "json"};
  return out;
}

} // namespace

TEST_CASE("a table that another program changed fails the commit for now") {
  struct row {
    const char* name;
    std::vector<target_column> now;
    bool strict;
    bool passing;
  };

  table_layout layout{plain_dialect()};
  layout.set_target({{"old", shape(column_type::integer, "int")},
                     {"unused", shape(column_type::string, "text")}});
  layout.add("old", column_type::integer, false);
  layout.add("new", column_type::string, false);
  const target_column old{"old", shape(column_type::integer, "int")};
  const target_column same{"new", shape(column_type::string, "text")};
  const target_column other{"new", shape(column_type::integer, "int")};
  for (const auto& [name, now, strict, passing] : std::vector<row>{
           {"as it was, but for a column without values", {old}, true, true},
           {"as it was", {old}, false, true},
           {"the column is gone", {}, false, false},
           {"the column has another type",
            {{"old", shape(column_type::integer, "smallint")}},
            false,
            false},
           {"the new column is there", {old, same}, true, false},
           {"the new column is there, which may be", {old, same}, false, true},
           {"the new column is there in another type",
            {old, other},
            false,
            false}}) {
    INFO(name);
    const auto ok = check_unchanged(layout, told_target{now}, R"("s"."t")",
                                    strict ? is_no_column : is_of_same_type);
    CHECK(static_cast<bool>(ok) == passing);
    if (!ok) {
      CHECK(ok.error().code == ec::destination_unavailable);
      CHECK(ok.error().what.starts_with(
          R"(the table "s"."t" was changed meanwhile by another program)"));
    }
  }
}

TEST_CASE("left-over tables fail a request only if the server is gone") {
  upload_request request;
  request.connection_id = "sync";
  request.task_id = "task";
  const table_name table{"s", "t"};
  const failure refused{ec::destination_rejected, "not yours"};
  const failure gone{ec::destination_unavailable, "gone"};

  SECTION("it is swept, then looked at") {
    told_link link;
    link.target.columns = {{"id", shape(column_type::integer, "int")}};
    const auto found = find_target<told_target>(link, table, request);
    REQUIRE(found);
    CHECK(found->columns.size() == 1);
    CHECK(link.asked
          == std::vector<std::string>{R"(sweep "s"."t" sync task)",
                                      R"(look at "s"."t")"});
  }
  SECTION("tables that cannot be dropped are told and left") {
    told_link link;
    link.sweep_fails = refused;
    const test::log_capture log;
    CHECK(find_target<told_target>(link, table, request));
    CHECK(log.text().find("could not be dropped: not yours")
          != std::string::npos);
  }
  SECTION("a lost connection ends the attempt") {
    told_link link;
    link.sweep_fails = gone;
    link.stands = false;
    const auto found = find_target<told_target>(link, table, request);
    REQUIRE_FALSE(found);
    CHECK(found.error().what == "gone");
    CHECK(link.asked.size() == 1);
  }
  SECTION("what the server says of the table counts") {
    told_link link;
    link.look_fails = refused;
    const auto found = find_target<told_target>(link, table, request);
    REQUIRE_FALSE(found);
    CHECK(found.error().what == "not yours");
  }
}

TEST_CASE("the cursor has the name that the warehouse gives its column") {
  upload_request request;
  CHECK(cursor_of(request, plain_dialect()).empty());
  request.cursor = "Updated/At";
  CHECK(cursor_of(request, plain_dialect()) == "Updated_At");
  request.to_same_case = true;
  CHECK(cursor_of(request, plain_dialect()) == "updated_at");
}

TEST_CASE("the link that was given back last is taken first") {
  idle_links<int> idle;
  CHECK(idle.take() == nullptr);
  idle.give(nullptr);
  CHECK(idle.take() == nullptr);
  idle.give(std::make_unique<int>(1));
  idle.give(std::make_unique<int>(2));
  CHECK(*idle.take() == 2);
  CHECK(*idle.take() == 1);
  CHECK(idle.take() == nullptr);
}
