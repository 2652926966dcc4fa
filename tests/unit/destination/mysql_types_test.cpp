#include "runtime/destination/mysql/mysql_advice.hpp"
#include "runtime/destination/mysql/mysql_types.hpp"
#include "runtime/destination/tables/column_names.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;

TEST_CASE("names fit MySQL") {
  struct row {
    const char* given;
    const char* made;
  };

  for (const auto& [given, made] : std::vector<row>{{"a b", "a b"},
                                                    {"a ", "a_"},
                                                    {" ", "_"},
                                                    {"Ünï", "Ünï"},
                                                    {"𝒜b", "_b"},
                                                    {"a/b", "a_b"}}) {
    CHECK(mysql_name(given, false) == made);
    CHECK(make_column_name(given, mysql_dialect(), false) == made);
  }
  CHECK(mysql_name("ABC", true) == "abc");
  CHECK(mysql_name(std::string(70, 'x'), false).size() == 63);
  const std::string letters = "ÄßǅΣ";
  CHECK(mysql_dialect().fold(letters) == "äßǆσ");
}

TEST_CASE("types of MySQL's columns are read") {
  using type = column_type;
  const auto shape = [](std::string_view sql,
                        std::string_view charset = "utf8mb4") {
    return shape_of_mysql_type(sql, charset);
  };
  CHECK(shape("tinyint(1)").type == type::boolean);
  CHECK(shape("boolean").type == type::boolean);
  CHECK(shape("tinyint(1) unsigned").type == type::integer);
  CHECK(shape("tinyint(4)").integer_bits == 8);
  CHECK(shape("mediumint(8) unsigned").integer_bits == 24);
  CHECK(shape("mediumint(8) unsigned").is_unsigned);
  CHECK(shape("int").integer_bits == 32);
  CHECK(shape("bigint(20) unsigned zerofill").integer_bits == 64);
  CHECK(shape("float").float_bits == 32);
  CHECK(shape("double").float_bits == 64);
  CHECK(shape("decimal(5,2)").whole_digits == 3);
  CHECK(shape("decimal(5,2)").fraction_digits == 2);
  CHECK(shape("decimal").whole_digits == 10);
  CHECK(shape("datetime").time == time_form::unzoned);
  CHECK(shape("datetime(6)").first_time.empty());
  CHECK(shape("timestamp(6)").first_time == "1970-01-01T00:00:01");
  CHECK(shape("date").time == time_form::date);
  CHECK(shape("varchar(9)").max_characters == 9);
  CHECK(shape("tinytext").max_bytes == 255);
  CHECK(shape("longtext").max_bytes == 0);
  CHECK(shape("text").last_character == 0x10FFFF);
  CHECK(shape("text", "utf8mb3").last_character == 0xFFFF);
  CHECK(shape("text", "latin1").last_character == 0x7F);
  CHECK(shape("varbinary(4)", "").max_bytes == 4);
  CHECK(shape("blob", "").last_character == 0x10FFFF);
  CHECK(shape("enum('a,b','it''s','')").choices
        == std::vector<std::string>{"a,b", "it's", ""});
  CHECK(shape("json").type == type::json);
  for (const auto* kept : {"uuid", "inet4", "inet6"})
    CHECK_FALSE(shape(kept, "").read_only);
  for (const auto* lost : {"bit(1)", "binary(16)", "set('a')", "time",
                           "year(4)", "point", "geometry", "vector(3)"})
    CHECK(shape(lost, "").read_only);
}

TEST_CASE("a row may ask for a type that becomes part of a statement") {
  const auto asked = mysql_dialect().shape_of_sql;
  CHECK(asked("DECIMAL(10, 2)")->whole_digits == 8);
  CHECK(asked("json")->type == column_type::json);
  CHECK(asked("longtext")->max_bytes == 0);
  for (const auto* wrong :
       {"", "varchar", "int; DROP TABLE t", "enum('a')", "int comment 'x'",
        "nothing", "point", "int) ENGINE=MyISAM"})
    CHECK_FALSE(asked(wrong));
}

TEST_CASE("columns of a key get a type that an index takes") {
  const auto dialect = mysql_dialect();
  CHECK(dialect.shape_of(column_type::string).sql == "text");
  CHECK(dialect.shape_of(column_type::string, 1).sql == "varchar(255)");
  CHECK(dialect.shape_of(column_type::json, 3).sql == "varchar(255)");
  CHECK(dialect.shape_of(column_type::string, 5).sql == "varchar(153)");
  CHECK(dialect.shape_of(column_type::integer, 5).sql == "bigint");
  for (size_t columns = 1; columns <= 16; ++columns)
    CHECK(dialect.shape_of(column_type::string, columns).max_characters * 4
              * columns
          <= 3'072);
}

TEST_CASE("errors of MySQL are known as passing or lasting") {
  for (const unsigned passing :
       {1040u, 1053u, 1205u, 1213u, 1317u, 1927u, 2003u, 2006u, 2013u, 1114u})
    CHECK(classify_mysql_error(passing, "") == ec::destination_unavailable);
  for (const unsigned lasting : {1062u, 1142u, 1366u, 4025u})
    CHECK(classify_mysql_error(lasting, "") == ec::destination_rejected);
  for (const unsigned login : {1044u, 1045u, 1049u, 1130u, 1698u, 2059u})
    CHECK(classify_mysql_error(login, "") == ec::invalid_argument);
  CHECK(classify_mysql_error(2026, "TLS/SSL error: certificate verify failed")
        == ec::invalid_argument);
  CHECK(classify_mysql_error(2026, "TLS/SSL error: unexpected eof")
        == ec::destination_unavailable);
  CHECK(classify_mysql_error(1030, "Got error 28 \"No space left on device\"")
        == ec::destination_unavailable);
  CHECK_THAT(std::string{advice_on_mysql_error(4166, "")},
             ContainsSubstring("local_infile=ON"));
  CHECK(advice_on_mysql_error(1366, "").empty());
}

TEST_CASE("messages show no value of a row") {
  struct row {
    unsigned error;
    const char* told;
    const char* shown;
  };

  for (const auto& [error, told, shown] : std::vector<row>{
           {1062, "Duplicate entry 'a' for key 'b' for key 'jitsu_pk_1'",
            "Duplicate entry … for key 'jitsu_pk_1'"},
           {1366,
            R"(Incorrect string value: '\xF0' for column `w`.`t`.`b` at row 1)",
            "Incorrect string value: … for column `w`.`t`.`b` at row 1"},
           {1292, "Incorrect datetime value: 'it's' for column `t` at row 1",
            "Incorrect datetime value: … for column `t` at row 1"},
           {1054, "Unknown column 'x' in 'field list'",
            "Unknown column 'x' in 'field list'"}})
    CHECK(without_row_values(error, told) == shown);
}
