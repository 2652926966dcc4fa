#include "runtime/destination/clickhouse/clickhouse_link.hpp"
#include "runtime/destination/clickhouse/clickhouse_sql.hpp"
#include "runtime/destination/clickhouse/clickhouse_types.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

namespace {

table_layout two_columns() {
  table_layout out{clickhouse_dialect()};
  out.add("id", column_type::integer, true);
  out.add("v`", column_type::boolean, false);
  return out;
}

} // namespace

TEST_CASE("a table of a cluster is made on all of it, with replicas") {
  clickhouse_config config;
  config.cluster = "c'1";
  config.nullable_fields = {"id", "v`"};
  const clickhouse_sql sql{config, "db", "t", "t_tmp", {"id"}, ""};
  const auto layout = two_columns();
  CHECK(sql.create("t", layout)
        == "CREATE TABLE `db`.`t` ON CLUSTER `c'1` (`id` Int64, `v\\`` "
           "Nullable(UInt8)) ENGINE = ReplicatedReplacingMergeTree ORDER BY "
           "(`id`)");
  CHECK(sql.exchange("n")
        == "EXCHANGE TABLES `db`.`n` AND `db`.`t` ON CLUSTER `c'1`");
  CHECK(sql.rename_both("n", "o")
        == "RENAME TABLE `db`.`t` TO `db`.`o`, `db`.`n` TO `db`.`t` ON "
           "CLUSTER `c'1`");
  for (const auto& statement :
       {sql.drop("t"), sql.truncate_target(), sql.add_columns("t", layout),
        sql.create_like_target("n"), sql.rename_to_target("n")})
    CHECK_THAT(statement, ContainsSubstring("ON CLUSTER `c'1`"));
  // The request's own table is the server's that the rows are sent to.
  CHECK_THAT(sql.create_staging(layout, ""), !ContainsSubstring("CLUSTER"));
}

TEST_CASE("types of ClickHouse have the shapes of their values") {
  struct row {
    std::string_view sql;
    column_type type;
    std::string_view staged;
  };

  const row table[] = {
      {"UInt8", column_type::integer, "Nullable(UInt8)"},
      {"Nullable(Int16)", column_type::integer, "Nullable(Int16)"},
      {"LowCardinality(Nullable(String))", column_type::string,
       "Nullable(String)"},
      {"FixedString(3)", column_type::string, "Nullable(FixedString(3))"},
      {"Bool", column_type::boolean, "Nullable(Bool)"},
      {"Float32", column_type::floating, "Nullable(Float32)"},
      {"Decimal(9, 2)", column_type::floating, "Nullable(Decimal(9, 2))"},
      {"Date32", column_type::timestamp, "Nullable(Date32)"},
      {"DateTime('Europe/Berlin')", column_type::timestamp,
       "Nullable(DateTime('Europe/Berlin'))"},
      {"DateTime64(3)", column_type::timestamp, "Nullable(DateTime64(3))"},
      {"Array(Int8)", column_type::string, "Nullable(String)"},
      {"Enum8('a' = 1)", column_type::string, "Nullable(String)"},
      {"Map(String, Int8)", column_type::string, "Nullable(String)"},
      {"Interval", column_type::string, "Nullable(String)"},
  };
  for (const auto& [sql, type, staged] : table) {
    INFO(sql);
    const auto shape = shape_of_clickhouse_type(sql);
    CHECK(to_string(shape.type) == to_string(type));
    CHECK(staged_type(shape) == staged);
  }
  for (const auto* text : {"UUID", "Nullable(UUID)"})
    CHECK(shape_of_clickhouse_type(text).is_uuid);
  for (const auto* text :
       {"FixedString(2)", "LowCardinality(Nullable(FixedString(2)))"}) {
    CHECK(shape_of_clickhouse_type(text).max_bytes == 2);
    CHECK(shape_of_clickhouse_type(text).max_characters == 0);
  }
  using texts = std::vector<std::string>;
  CHECK(shape_of_clickhouse_type(
            "Enum8('a' = 1, '' = -2, 'c, \\'d\\' = 3\\t' = 4)")
            .choices
        == texts{"a", "", "c, 'd' = 3\t"});
  CHECK(shape_of_clickhouse_type("Nullable(Enum16('\\\\' = 300))").choices
        == texts{"\\"});
  CHECK(shape_of_clickhouse_type("String").choices.empty());
  CHECK(shape_of_clickhouse_type("UInt32").is_unsigned);
  CHECK(shape_of_clickhouse_type("Int128").integer_bits == 64);
  CHECK(shape_of_clickhouse_type("Decimal(9, 2)").whole_digits == 7);
}

TEST_CASE("a type that a row asks for cannot change a statement") {
  const auto ask = clickhouse_dialect().shape_of_sql;
  CHECK(ask("Decimal(9, 2)"));
  for (const auto* sql : {"", "Int8; DROP TABLE t", "Int8)", "Enum8('a'=1)",
                          "String DEFAULT `x`", "String/**/"})
    CHECK_FALSE(ask(sql));
}

TEST_CASE("lines in TabSeparated format are taken apart") {
  using fields = std::vector<std::string>;
  CHECK(split_tab_separated("") == fields{""});
  CHECK(split_tab_separated("a\t\tb") == fields{"a", "", "b"});
  CHECK(split_tab_separated(R"(a\tb\nc\\\')"
                            "\t"
                            R"(x\)")
        == fields{"a\tb\nc\\'", "x\\"});
}

TEST_CASE("an answer with other columns is not taken for one of ClickHouse") {
  struct row {
    std::string text;
    size_t columns;
    bool right;
  };

  for (const auto& one : std::vector<row>{
           {"", 3, true},
           {"\n", 1, true},
           {"a\tString\t\n", 3, true},
           {"a\tString\t\nb\tInt64\tALIAS", 3, true},
           {"{}", 3, false},
           {"x\n", 2, false},
           {"a\tString\t\nb\n", 3, false},
           {"a\tString\t\tmore\n", 3, false},
           {"<html>\n<body>a page</body>\n", 2, false},
       }) {
    CAPTURE(one.text, one.columns);
    const auto rows = read_tab_separated(one.text, one.columns);
    CHECK(static_cast<bool>(rows) == one.right);
    if (!rows) {
      CHECK(rows.error().code == ec::destination_rejected);
      CHECK(rows.error().what.find("HTTP interface") != std::string::npos);
    }
  }
}
