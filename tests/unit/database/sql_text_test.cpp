#include "runtime/database/sql_text.hpp"
#include "schema/task/tables.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <random>

using namespace motorcade;
using namespace std::string_literals;

TEST_CASE("a time is written in UTC with microseconds") {
  using namespace std::chrono;
  wall_time time = sys_days{2024y / 2 / 29} + 23h + 59min + 58s + 7us;
  CHECK(to_iso8601_micros(time) == "2024-02-29T23:59:58.000007Z");
  CHECK(to_iso8601_micros({}) == "1970-01-01T00:00:00.000000Z");
  CHECK(to_iso8601_micros(wall_time{-1us}) == "1969-12-31T23:59:59.999999Z");
}

TEST_CASE("text is repaired byte by byte") {
  CHECK(repair_text("zażółć \xf0\x9f\x9a\x9a") == "zażółć \xf0\x9f\x9a\x9a");
  CHECK(repair_text("a\0b"s)
        == "a\xef\xbf\xbd"
           "b");
  CHECK(repair_text("\xff") == "\xef\xbf\xbd");
  CHECK_FALSE(is_storable_text("\xc0\x80"));
  CHECK_FALSE(is_storable_text("\xe0\x80\x80"));
  CHECK_FALSE(is_storable_text("\xed\xa0\x80"));
  CHECK_FALSE(is_storable_text("\xf4\x90\x80\x80"));
  CHECK_FALSE(is_storable_text("\xf0\x9f\x9a"));
  CHECK_FALSE(is_storable_text("\x80"));
  CHECK(is_storable_text("\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80"));
}

TEST_CASE("repaired text is storable, whatever it was") {
  auto seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random{seed};
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 20, '\0');
    for (auto& c : text)
      c = static_cast<char>(random() % 3 ? 0x80 + random() % 0x80
                                         : random() % 0x80);
    auto repaired = repair_text(text);
    CHECK(is_storable_text(repaired));
    if (is_storable_text(text))
      CHECK(repaired == text);
    // The library's own opinion of what is UTF-8.
    CHECK_NOTHROW(nlohmann::json(repaired).dump());
    bool accepted = true;
    try {
      nlohmann::json(text).dump();
    } catch (const nlohmann::json::exception&) {
      accepted = false;
    }
    CHECK(is_storable_text(text)
          == (accepted && text.find('\0') == std::string::npos));
  }
}

TEST_CASE("escapes that jsonb refuses become U+FFFD, others stay") {
  CHECK(repair_json(R"("\u0000")") == R"("\ufffd")");
  CHECK(repair_json(R"("\\u0000")") == R"("\\u0000")");
  CHECK(repair_json(R"("\\\u0000")") == R"("\\\ufffd")");
  CHECK(repair_json(R"("\ud83d\ude9a\n\u00e9")")
        == R"("\ud83d\ude9a\n\u00e9")");
  CHECK(repair_json(R"("\ud83dx")") == R"("\ufffdx")");
  CHECK(repair_json(R"("\uDE9A\uD83D")") == R"("\ufffd\ufffd")");
  CHECK(repair_json(R"("\u00)") == R"("\u00)");
  CHECK(repair_json("\\") == "\\");
}

TEST_CASE("a text that is not JSON becomes a JSON string") {
  CHECK(json_or_string(R"({"trigger":"scheduled"})")
        == R"({"trigger":"scheduled"})");
  CHECK(json_or_string("john \"j\"") == R"("john \"j\"")");
  CHECK(json_or_string("\xff") == "\"\xef\xbf\xbd\"");
  CHECK(json_or_string("12") == "12");
}

TEST_CASE("array items are quoted") {
  std::string array;
  append_array_item(array, R"(a"b\c)");
  append_array_item(array, "");
  append_array_item(array, "NULL");
  append_array_item(array, "\\");
  CHECK(array == R"({"a\"b\\c","","NULL","\\")");
}

TEST_CASE("an error is put on one line") {
  CHECK(one_line("ERROR:  a\n\tb\r\n") == "ERROR: a b");
  CHECK(name_for_message("a\nb") == "'a b'");
  CHECK(name_for_message(std::string(500, 'x')).size() == 205);
}

TEST_CASE("empty texts of a task are NULL") {
  task_row row;
  row.started_by = "me";
  for (const auto& value : task_values(row)) {
    if (value.column == "started_by")
      CHECK(value.text == "\"me\"");
    if (value.column == "error" || value.column == "metrics"
        || value.column == "description")
      CHECK_FALSE(value.text);
  }
}

TEST_CASE("tables are created with their key and indexes") {
  auto log = create_statements(table_named("task_log"), sql_dialect::postgres);
  REQUIRE(log.size() == 5);
  CHECK(log[0]
        == "CREATE TABLE \"task_log\" (\"id\" uuid NOT NULL, \"level\" text "
           "NOT NULL, \"logger\" text NOT NULL, \"message\" text NOT NULL, "
           "\"sync_id\" text NOT NULL, \"task_id\" text NOT NULL, "
           "\"timestamp\" timestamptz NOT NULL DEFAULT now(), CONSTRAINT "
           "\"task_log_pkey\" PRIMARY KEY (\"id\"))");
  CHECK(log[2]
        == "CREATE INDEX \"task_log_task_id_timestamp_idx\" ON \"task_log\" "
           "(\"task_id\", \"timestamp\")");
  CHECK(log[3]
        == "CREATE INDEX \"task_log_timestamp_idx\" ON \"task_log\" "
           "(\"timestamp\")");
  CHECK(log[4]
        == "CREATE INDEX \"task_log_task_id_timestamp_trouble_idx\" ON "
           "\"task_log\" (\"task_id\", \"timestamp\") WHERE \"level\" IN "
           "('WARN', 'ERROR', 'FATAL')");
  // The more a line costs the more a file is in the way of many.
  const auto lite =
      create_statements(table_named("task_log"), sql_dialect::sqlite);
  CHECK(std::vector(lite.begin() + 1, lite.end())
        == std::vector{log[2], log[4]});
  CHECK(tables().size() == 16);
  CHECK_THROWS_AS(table_named("nothing"), std::out_of_range);
}

TEST_CASE("a missing column counts only if it is essential") {
  std::vector<std::string> present = {"sync_id", "task_id",    "package",
                                      "version", "started_at", "updated_at",
                                      "status"};
  const auto& task = table_named("source_task");
  CHECK(missing_column(task, present).empty());
  present.pop_back();
  CHECK(missing_column(task, present) == "status");
}

TEST_CASE("bytes that cannot be stored are found at any place") {
  for (const auto& [part, storable] : {std::pair{std::string(1, '\0'), false},
                                       {"\xff", false},
                                       {"\xc3\xa9", true},
                                       {"\xc3", false},
                                       {"\n", true},
                                       {"\x7f", true}})
    for (size_t length : {0, 1, 7, 8, 9, 17, 40})
      for (size_t at = 0; at <= length; ++at) {
        auto text = std::string(length, 'a').insert(at, part);
        INFO(at << " of " << length);
        CHECK(is_storable_text(text) == storable);
      }
}
