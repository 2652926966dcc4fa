#include "runtime/destination/mysql/mysql_sql.hpp"
#include "runtime/destination/mysql/mysql_target.hpp"
#include "runtime/destination/mysql/mysql_types.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

constexpr auto options =
    " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4";

/// Columns `id`, of the key, `v"`, and `at`, whose values became wider.
table_layout three_columns(column_type id = column_type::integer) {
  table_layout out{mysql_dialect()};
  out.set_key({"id"});
  out.add("id", id, true);
  out.add("v\"", column_type::boolean, true);
  out.widen(*out.add("at", column_type::timestamp, false), column_type::string);
  return out;
}

mysql_sql statements(std::vector<std::string> key,
                     std::string_view cursor = {}) {
  return {{"d", "t\""}, {"d", "s"}, std::move(key), cursor, "c_bin"};
}

/// The part `at` as text, as rows had it.
constexpr auto at_as_text =
    R"(COALESCE("at#2#1", CONCAT(TRIM(TRAILING '.' FROM TRIM(TRAILING '0' FROM )"
    R"(DATE_FORMAT("at", '%Y-%m-%dT%H:%i:%s.%f'))), 'Z')))";

} // namespace

TEST_CASE("the request's own table numbers its rows and keeps each part") {
  const auto sql = statements({"id"});
  const auto layout = three_columns();
  CHECK(
      sql.create_staging(layout, "it's")
      == R"(CREATE TABLE "d"."s" ("#" bigint unsigned NOT NULL AUTO_INCREMENT )"
         R"(PRIMARY KEY, "id" bigint NULL, "v""" tinyint NULL, )"
         R"("at" datetime(6) NULL, "at#2#1" longtext NULL))"
             + std::string{options} + " COLLATE c_bin COMMENT 'it''s'");
  CHECK(sql.add_to_staging(layout, {"id", "v\"", "at"})
        == R"(ALTER TABLE "d"."s" ADD COLUMN "at#2#1" longtext NULL)");
  CHECK(sql.add_to_staging(layout, {"id", "v\"", "at", "at#2#1"}).empty());
  CHECK(sql.load(layout)
        == R"(LOAD DATA LOCAL INFILE 'rows' INTO TABLE "d"."s" CHARACTER SET )"
           R"(utf8mb4 FIELDS TERMINATED BY X'09' ESCAPED BY '\' LINES )"
           R"(TERMINATED BY X'0A' ("id", "v""", "at", "at#2#1"))");
}

TEST_CASE("a comment is cut to what MySQL takes") {
  const auto text =
      statements({}).create_staging(three_columns(), std::string(3'000, 'x'));
  CHECK(text.ends_with("COMMENT '" + std::string(2'048, 'x') + '\''));
}

TEST_CASE("a new table of MySQL has its key if an index can have it") {
  struct row {
    const char* name;
    std::vector<std::string> key;
    column_type id;
    std::string columns;
  };

  const std::string rest = R"(, "v""" boolean NULL, "at" text NULL)";
  for (const auto& [name, key, id, columns] : std::vector<row>{
           {"no key", {}, column_type::integer, R"("id" bigint NULL)" + rest},
           {"a number",
            {"id"},
            column_type::integer,
            R"("id" bigint NOT NULL DEFAULT 0)" + rest
                + R"(, UNIQUE KEY "k" ("id"))"},
           {"another case of its name",
            {"ID"},
            column_type::integer,
            R"("id" bigint NOT NULL DEFAULT 0)" + rest
                + R"(, UNIQUE KEY "k" ("ID"))"},
           {"a text, compared byte for byte",
            {"id"},
            column_type::string,
            R"("id" varchar(255) CHARACTER SET utf8mb4 COLLATE c_bin )"
            R"(NOT NULL DEFAULT '')"
                + rest + R"(, UNIQUE KEY "k" ("id"))"},
           {"a time",
            {"id"},
            column_type::timestamp,
            R"("id" datetime(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6))" + rest
                + R"(, UNIQUE KEY "k" ("id"))"}}) {
    INFO(name);
    CHECK(statements(key).create_target(three_columns(id), "k")
          == R"(CREATE TABLE "d"."t""" ()" + columns + ')' + options);
  }
}

TEST_CASE("a table of MySQL is changed by single statements") {
  const auto sql = statements({"id"});
  auto layout = table_layout{mysql_dialect()};
  layout.set_key({"id"});
  layout.set_target({{"v", mysql_dialect().shape_of(column_type::string)}});
  layout.add("v", column_type::string, false);
  CHECK(sql.add_to_target(layout, {}).empty());
  layout.add("id", column_type::string, false);
  layout.add("n", column_type::floating, false);
  CHECK(
      sql.add_to_target(layout, {})
      == R"(ALTER TABLE "d"."t""" ADD COLUMN "id" varchar(255) CHARACTER SET )"
         R"(utf8mb4 COLLATE c_bin NULL, ADD COLUMN "n" double NULL)");
  // Added by an earlier try of the commit.
  mysql_target now;
  now.columns = {{"ID", {}}};
  CHECK(sql.add_to_target(layout, now)
        == R"(ALTER TABLE "d"."t""" ADD COLUMN "n" double NULL)");
  // A table of another character set, e.g. latin1.
  now.narrow_texts = true;
  layout.add("s", column_type::string, false);
  layout.add("j", column_type::json, true);
  layout.fix(*layout.add("b", column_type::string, false),
             shape_of_mysql_type("blob"));
  CHECK(sql.add_to_target(layout, now)
        == R"(ALTER TABLE "d"."t""" ADD COLUMN "n" double NULL, ADD COLUMN )"
           R"("s" text CHARACTER SET utf8mb4 NULL, ADD COLUMN "j" json NULL, )"
           R"(ADD COLUMN "b" blob NULL)");
  CHECK(sql.add_key("k")
        == R"(ALTER TABLE "d"."t""" ADD UNIQUE KEY "k" ("id"))");
  CHECK(sql.drop_key("k\"") == R"(ALTER TABLE "d"."t""" DROP INDEX "k""")");
}

TEST_CASE("of rows with one key the last one wins, or the one with the largest "
          "cursor") {
  struct row {
    const char* cursor;
    std::string order;
  };

  const auto layout = three_columns();
  for (const auto& [cursor, order] :
       std::vector<row>{{"", R"("#")"},
                        {"none", R"("#")"},
                        {"AT", at_as_text + std::string{R"(, "#")"}},
                        {"id", R"("id", "#")"}}) {
    INFO(cursor);
    const auto sql = statements({"id"}, cursor);
    auto falling = order + " DESC";
    for (size_t at = 0;
         (at = falling.find(R"(, "#")", at)) != std::string::npos; at += 9)
      falling.insert(at, " DESC");
    CHECK(sql.drop_duplicates(layout)
          == R"(DELETE s FROM "d"."s" AS s JOIN (SELECT "#" AS number, )"
             R"(ROW_NUMBER() OVER (PARTITION BY "id" ORDER BY )"
                 + falling
                 + R"() AS place FROM "d"."s") AS ranked ON ranked.number = )"
                   R"(s."#" WHERE ranked.place > 1)");
    CHECK(sql.insert(layout)
          == R"(INSERT INTO "d"."t""" ("id", "v""", "at") SELECT "id", "v""", )"
                 + std::string{at_as_text} + R"( FROM "d"."s" ORDER BY )"
                 + order);
  }
}

TEST_CASE("rows of one key replace each other in MySQL") {
  const auto layout = three_columns();
  const auto sql = statements({"id"});
  CHECK(sql.upsert(layout)
        == sql.insert(layout)
               + R"( ON DUPLICATE KEY UPDATE "v""" = VALUES("v"""), "at" = )"
                 R"(VALUES("at"))");
  auto key_alone = table_layout{mysql_dialect()};
  key_alone.set_key({"id"});
  key_alone.add("id", column_type::integer, true);
  CHECK(sql.upsert(key_alone)
        == sql.insert(key_alone)
               + R"( ON DUPLICATE KEY UPDATE "id" = VALUES("id"))");
}

TEST_CASE("rows of one key replace each other without an index, too") {
  const auto all =
      statements({"id"}).update_then_insert(three_columns(column_type::string));
  const auto source = R"((SELECT "id" AS "id", "v""" AS "v""", )"
                      + std::string{at_as_text}
                      + R"( AS "at" FROM "d"."s") AS s)";
  const std::string match = R"(t."id" = s."id" COLLATE c_bin)";
  REQUIRE(all.size() == 2);
  CHECK(all[0]
        == R"(UPDATE "d"."t""" AS t JOIN )" + source + " ON " + match
               + R"( SET t."v""" = s."v""", t."at" = s."at")");
  CHECK(all[1]
        == R"(INSERT INTO "d"."t""" ("id", "v""", "at") SELECT "id", "v""", )"
           R"("at" FROM )"
               + source
               + R"( WHERE NOT EXISTS (SELECT 1 FROM "d"."t""" AS t )"
                 "WHERE "
               + match + ')');
  auto key_alone = table_layout{mysql_dialect()};
  key_alone.set_key({"id"});
  key_alone.add("id", column_type::integer, true);
  // There is nothing to update.
  CHECK(statements({"id"}).update_then_insert(key_alone).size() == 1);
}
