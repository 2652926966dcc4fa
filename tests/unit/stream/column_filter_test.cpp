// Columns of rows that were not chosen, which are left out.

#include "runtime/stream/column_filter.hpp"
#include "runtime/stream/slab_parser.hpp"
#include "runtime/stream/slab_reader.hpp"

#include <catch2/catch_all.hpp>

#include <cstring>

using namespace motorcade;

namespace {

std::string filtered(const std::vector<std::string>& columns,
                     std::string_view row) {
  const column_filter filter{{columns}};
  REQUIRE(filter.applies_to(0));
  std::string out;
  filter.append(0, row, out);
  return out;
}

std::string line_of(const std::string& stream, const std::string& data) {
  return R"({"type":"RECORD","record":{"stream":")" + stream + R"(","data":)"
         + data + R"(,"emitted_at":1714564800123}})" + "\n";
}

parsed_slab_ptr parse(const slab_parser_settings& settings,
                      const std::string& text) {
  const auto pool = std::make_shared<slab_pool>(1 << 20);
  slab_reader reader{pool, 1 << 20, nullptr};
  std::memcpy(reader.space().data(), text.data(), text.size());
  reader.filled(text.size());
  slab_parser parser{settings};
  return parser.parse(*reader.take());
}

} // namespace

TEST_CASE("of a row the columns that were chosen are left") {
  struct row {
    std::vector<std::string> columns;
    const char* came;
    const char* left;
  };

  const row rows[] = {
      {{"id"}, R"({"id":1,"email":"a@b.c"})", R"({"id":1})"},
      {{"id"}, R"({"email":"a@b.c","id":1})", R"({"id":1})"},
      {{"id"}, R"({"email":"a@b.c"})", "{}"},
      {{"id"}, "{}", "{}"},
      {{"id"}, "{ \t }", "{}"},
      {{"id", "name"},
       R"({"name":null,"x":{"id":2},"id":[1]})",
       R"({"name":null,"id":[1]})"},
      // Values are taken byte for byte, white space around them is not.
      {{"a"}, R"({ "a" : 1.50e+0 , "b":2 })", R"({"a":1.50e+0})"},
      {{"a"},
       R"({"a":{"b": "}\",\"c\":[" ,"d":1},"b":"{"})",
       R"({"a":{"b": "}\",\"c\":[" ,"d":1}})"},
      {{"a"},
       R"({"a":123456789012345678901234567890})",
       R"({"a":123456789012345678901234567890})"},
      // Of two of one name the destination takes the last.
      {{"a"}, R"({"a":1,"b":2,"a":3})", R"({"a":1,"a":3})"},
      // A name counts by its meaning, and exactly.
      {{"id"}, R"({"\u0069d":1,"ID":2,"id ":3,"i":4})", R"({"id":1})"},
      {{"a\"b", "\n", ""},
       R"({"a\"b":1,"\n":2,"":3,"a":4})",
       R"({"a\"b":1,"\n":2,"":3})"},
      {{"größe"},
       R"({"gr\u00f6\u00dfe":1,"größe":2,"grösse":3})",
       R"({"größe":1,"größe":2})"},
      {{"a.b"}, R"({"a.b":1,"a":{"b":2}})", R"({"a.b":1})"},
  };
  for (const auto& [columns, came, left] : rows) {
    INFO(came);
    CHECK(filtered(columns, came) == left);
  }
}

TEST_CASE("a stream of which no columns were chosen keeps them all") {
  CHECK_FALSE(column_filter{{}}.applies_to(0));
  CHECK_FALSE(column_filter{{{}, {"id"}}}.applies_to(0));
  CHECK(column_filter{{{}, {"id"}}}.applies_to(1));
  CHECK_FALSE(column_filter{{{}, {"id"}}}.applies_to(2));
}

TEST_CASE(
    "rows of some streams are filtered, those of others are as they came") {
  slab_parser_settings settings;
  settings.streams = {{"", "users"}, {"", "orders"}};
  settings.columns = {{"id"}, {}};
  const std::string user = R"({"id":1,"email":"a@b.c"})";
  const std::string order = R"({"id" : 7, "total":1.0})";
  const auto text = line_of("users", user) + line_of("orders", order)
                    + line_of("users", R"({"email":"d@e.f"})");
  const auto added =
      GENERATE(row_meta::none, row_meta::jitsu, row_meta::airbyte);
  settings.tail = {added, "s", {"0", "0"}};
  const auto parsed = parse(settings, text);
  REQUIRE(parsed->items.size() == 2);
  const auto& users = std::get<row_batch>(parsed->items[0]);
  const auto& orders = std::get<row_batch>(parsed->items[1]);
  CHECK(users.stream == 0);
  CHECK(users.rows->rows() == 2);
  // The bytes that the connector sent are counted.
  CHECK(users.data_bytes
        == user.size() + std::string_view{R"({"email":"d@e.f"})"}.size());
  CHECK(orders.data_bytes == order.size());
  if (added == row_meta::none) {
    CHECK(users.rows->view() == "{\"id\":1}\n{}\n");
    CHECK(orders.rows->view() == order + "\n");
    return;
  }
  // What the sidecar adds is there, whatever was chosen.
  const auto* column =
      added == row_meta::jitsu ? "_jitsu_timestamp" : "_airbyte_raw_id";
  const auto begin = std::string{R"({"id":1,")"} + column + "\":\"";
  CHECK(users.rows->view().starts_with(begin));
  const auto second =
      users.rows->view().substr(users.rows->view().find('\n') + 1);
  CHECK(second.starts_with(std::string{"{\""} + column + "\":\""));
  CHECK(second.ends_with("}\n"));
  CHECK(users.rows->view().find("email") == std::string_view::npos);
  CHECK(orders.rows->view().starts_with(R"({"id" : 7, "total":1.0,")"));
}

TEST_CASE("a row is too long by what is delivered of it") {
  slab_parser_settings settings;
  settings.streams = {{"", "users"}};
  settings.columns = {{"id", "name"}};
  settings.max_row_bytes = 100;
  const std::string much(200, 'x');
  const auto parsed =
      parse(settings, line_of("users", R"({"id":1,"photo":")" + much + "\"}")
                          + line_of("users", R"({"name":")" + much + "\"}"));
  REQUIRE(parsed->items.size() == 2);
  const auto* rows = std::get_if<row_batch>(&parsed->items[0]);
  if (rows == nullptr)
    rows = std::get_if<row_batch>(&parsed->items[1]);
  REQUIRE(rows != nullptr);
  CHECK(rows->rows->view() == "{\"id\":1}\n");
  CHECK(parsed->rejected.size() == 1);
}

TEST_CASE("slabs that follow each other are filtered alike") {
  slab_parser_settings settings;
  settings.streams = {{"", "users"}};
  settings.columns = {{"id"}};
  slab_parser parser{settings};
  const auto pool = std::make_shared<slab_pool>(1 << 20);
  slab_reader reader{pool, 1 << 20, nullptr};
  for (auto round = 0; round < 3; ++round) {
    std::string text;
    for (auto row = 0; row < 100; ++row)
      text += line_of("users", R"({"email":"a@b.c","id":)"
                                   + std::to_string(round * 100 + row) + "}");
    std::memcpy(reader.space().data(), text.data(), text.size());
    reader.filled(text.size());
    const auto parsed = parser.parse(*reader.take());
    std::string expected;
    for (auto row = 0; row < 100; ++row)
      expected += "{\"id\":" + std::to_string(round * 100 + row) + "}\n";
    std::string got;
    for (const auto& item : parsed->items)
      got += std::get<row_batch>(item).rows->view();
    CHECK(got == expected);
  }
}
