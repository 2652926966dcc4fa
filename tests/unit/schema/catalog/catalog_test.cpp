#include "schema/base/excerpt.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/json/json_outline.hpp"

#include <catch2/catch_all.hpp>

#include <unordered_set>

using namespace motorcade;

namespace {

using strings = std::vector<std::string>;

/// A catalog of one stream with these members besides its name.
std::string with_stream(const std::string& members,
                        const std::string& configured = "") {
  return R"({"streams":[{"stream":{"name":"users")"
         + (members.empty() ? "" : "," + members) + "}"
         + (configured.empty() ? "" : "," + configured)
         + (configured.find("sync_mode\":") == std::string::npos
                    || configured.starts_with(R"("destination)")
                ? R"(,"sync_mode":"full_refresh"})"
                : "}")
         + "]}";
}

field_type type_of_property(const std::string& property) {
  const auto got = parse_catalog(
      with_stream(R"("json_schema":{"properties":{"p":)" + property + "}}"));
  REQUIRE(got);
  REQUIRE(got->streams[0].fields.size() == 1);
  return got->streams[0].fields[0].type;
}

} // namespace

TEST_CASE("a catalog is read with all that a sync needs") {
  const auto got = parse_catalog(R"({
    "streams": [
      {"stream": {"name": "users", "namespace": "public",
                  "json_schema": {"type": "object", "properties": {
                    "id": {"type": "integer"}, "email": {"type": "string"}}},
                  "supported_sync_modes": ["full_refresh", "incremental"],
                  "source_defined_primary_key": [["id"], ["address", "zip"]]},
       "sync_mode": "incremental", "destination_sync_mode": "append_dedup",
       "cursor_field": ["meta", "updated_at"], "primary_key": [["email"]],
       "generation_id": 12345678901234567890123, "unknown": {"a": [1e400]}},
      {"stream": {"name": "orders", "namespace": null, "json_schema": {}},
       "cursor_field": null, "primary_key": null, "sync_mode": "full_refresh",
       "destination_sync_mode": "overwrite", "table_name": "o",
       "selected_columns": ["id", "total"]}],
    "unknown": "\ud83d"})");
  REQUIRE(got);
  REQUIRE(got->streams.size() == 2);
  const auto& users = got->streams[0];
  CHECK(users.id == stream_id{"public", "users"});
  CHECK(users.id.key() == "public.users");
  CHECK(users.mode == sync_mode::incremental);
  CHECK(users.destination_sync_mode == "append_dedup");
  CHECK(users.cursor_field == strings{"meta", "updated_at"});
  CHECK(users.source_defined_primary_key
        == std::vector<key_path>{"id", key_path{strings{"address", "zip"}}});
  CHECK(users.primary_key == std::vector<key_path>{"email"});
  CHECK(users.table_name.empty());
  const std::vector<schema_field> fields = {{"id", field_type::int64},
                                            {"email", field_type::string}};
  CHECK(users.fields == fields);
  const auto& orders = got->streams[1];
  CHECK(orders.id == stream_id{"", "orders"});
  CHECK(orders.id.key() == "orders");
  CHECK(orders.mode == sync_mode::full_refresh);
  CHECK(orders.cursor_field.empty());
  CHECK(orders.source_defined_primary_key.empty());
  CHECK(orders.table_name == "o");
  CHECK(users.selected_columns.empty());
  CHECK(orders.selected_columns == std::vector<std::string>{"id", "total"});
  CHECK(orders.fields.empty());
  CHECK(got->find({"public", "users"}) == &users);
  CHECK(got->find({"", "orders"}) == &orders);
  CHECK(got->find({"", "users"}) == nullptr);
}

TEST_CASE("cursor and keys are selected whatever else is") {
  const auto selected = [](const std::string& in_stream,
                           const std::string& configured) {
    auto got = parse_catalog(with_stream(in_stream, configured));
    REQUIRE(got);
    return got->streams[0].selected_columns;
  };
  CHECK(selected("", R"("selected_columns":["a"])") == strings{"a"});
  CHECK(selected("", R"("selected_columns":[],"cursor_field":["b"])").empty());
  CHECK(
      selected("", R"("selected_columns":null,"cursor_field":["b"])").empty());
  CHECK(selected(R"("source_defined_primary_key":[["d","e"],["a"]])",
                 R"("selected_columns":["a"],"cursor_field":["b","x"],
                    "primary_key":[["c"],[]])")
        == strings{"a", "b", "c", "d"});
}

TEST_CASE(
    "the configured stream's table name takes precedence over the stream's") {
  const auto name = [](const std::string& json) {
    const auto got = parse_catalog(json);
    REQUIRE(got);
    return got->streams[0].table_name;
  };
  CHECK(name(with_stream("", R"("table_name":"a")")) == "a");
  CHECK(name(with_stream(R"("table_name":"b")")) == "b");
  CHECK(name(with_stream(R"("table_name":"b")", R"("table_name":"a")")) == "a");
  CHECK(name(with_stream(R"("table_name":"b")", R"("table_name":"")")) == "b");
}

TEST_CASE("a path that names no column is no part of a key") {
  const auto got =
      parse_catalog(with_stream(R"("source_defined_primary_key":[[]])"));
  REQUIRE(got);
  CHECK(got->streams[0].source_defined_primary_key.empty());
}

TEST_CASE("faults of a catalog are reported with their places") {
  const auto second = [](const std::string& stream) {
    return R"({"streams":[{"stream":{"name":"a"},"sync_mode":"incremental"},)"
           + stream + "]}";
  };

  struct row {
    std::string json;
    std::string message;
  };

  const std::vector<row> table = {
      {"", "not valid JSON at byte 0: "},
      {"{\"streams\":[", "not valid JSON at byte 12: "},
      {"{\"streams\":NaN}", "not valid JSON at byte 11: "},
      {"{\"streams\":[],}", "not valid JSON at byte 14: "},
      {"{\"a\":01}", "not valid JSON at byte 6: "},
      {"{\"a\":1e}", "not valid JSON at byte 5: "},
      {R"({"a":"\ud83"})", "not valid JSON at byte "},
      {"{\"a\":\"\n\"}", "not valid JSON at byte 6: "},
      {"{} {}", "not valid JSON at byte 3: "},
      {std::string{"{}\0{", 4}, "not valid JSON at byte 2: NUL byte"},
      {"{\"a\":\"\xC3(\"}", "not valid JSON at byte 6: "},
      {"[]", "expected an object, found an array"},
      {"null", "expected an object, found null"},
      {"{}", "streams: missing"},
      {R"({"streams":null})", "streams: missing"},
      {R"({"streams":{}})", "streams: expected an array, found an object"},
      {R"({"streams":[]})", "streams: empty, there is nothing to read"},
      {second("7"), "streams[1]: expected an object, found a number"},
      {second("{}"), "streams[1].stream: missing"},
      {second(R"({"stream":"b"})"),
       "streams[1].stream: expected an object, found a string"},
      {second(R"({"stream":{}})"), "streams[1].stream.name: missing or empty"},
      {second(R"({"stream":{"name":""}})"),
       "streams[1].stream.name: missing or empty"},
      {second(R"({"stream":{"name":["b"]}})"),
       "streams[1].stream.name: expected a string, found an array"},
      {second(R"({"stream":{"name":"b","namespace":1}})"),
       "streams[1].stream.namespace: expected a string, found a number"},
      {second(R"({"stream":{"name":"a"},"sync_mode":"incremental"})"),
       "streams[1]: the stream \"a\" is given already as streams[0]"},
      {second(R"({"stream":{"name":"a","namespace":""},
                 "sync_mode":"incremental"})"),
       "streams[1]: the stream \"a\" is given already as streams[0]"},
      {second(R"({"stream":{"name":"b"}})"),
       "streams[1].sync_mode: missing, expected full_refresh or incremental"},
      {second(R"({"stream":{"name":"b"},"sync_mode":null})"),
       "streams[1].sync_mode: missing, expected full_refresh or incremental"},
      {R"({"streams":[{"stream":{"name":"b","namespace":"a"},
                     "sync_mode":"full_refresh"},
                    {"stream":{"name":"a.b"},"sync_mode":"full_refresh"}]})",
       "streams[1]: the stream \"a.b\" is given already as streams[0]"},
      {with_stream("", R"("sync_mode":"cdc")"),
       "streams[0].sync_mode: unknown mode \"cdc\", expected full_refresh or "
       "incremental"},
      {with_stream("", R"("sync_mode":"")"), "streams[0].sync_mode: unknown"},
      {with_stream("", R"("sync_mode":true)"),
       "streams[0].sync_mode: expected a string, found a boolean"},
      {with_stream("", R"("destination_sync_mode":1)"),
       "streams[0].destination_sync_mode: expected a string"},
      {with_stream("", R"("cursor_field":"id")"),
       "streams[0].cursor_field: expected an array of strings, found a string"},
      {with_stream("", R"("cursor_field":["a",1])"),
       "streams[0].cursor_field[1]: expected a string, found a number"},
      {with_stream("", R"("primary_key":"id")"),
       "streams[0].primary_key: expected an array of paths, found a string"},
      {with_stream(R"("source_defined_primary_key":[["a"],"b"])"),
       "streams[0].stream.source_defined_primary_key[1]: expected an array of "
       "strings, found a string"},
      {with_stream(R"("source_defined_primary_key":[["a",null]])"),
       "streams[0].stream.source_defined_primary_key[0][1]: expected a string, "
       "found null"},
      {with_stream(R"("source_defined_primary_key":[["a",""]])"),
       "streams[0].stream.source_defined_primary_key[0][1]: empty"},
      {with_stream("", R"("selected_columns":"id")"),
       "streams[0].selected_columns: expected an array of strings, found a "
       "string"},
      {with_stream("", R"("selected_columns":["id",5])"),
       "streams[0].selected_columns[1]: expected a string, found a number"},
      {with_stream("", R"("table_name":{})"),
       "streams[0].table_name: expected a string, found an object"},
  };
  for (const auto& one : table) {
    INFO(one.json);
    const auto got = parse_catalog(one.json);
    REQUIRE_FALSE(got);
    CHECK(got.error().code == ec::invalid_catalog);
    CHECK_THAT(got.error().what,
               Catch::Matchers::StartsWith("catalog: " + one.message));
  }
}

TEST_CASE("no nesting exhausts the stack") {
  const std::string deep(2'000'000, '[');
  for (const auto& json :
       {deep, deep + std::string(deep.size(), ']'), "{\"streams\":" + deep}) {
    const auto got = parse_catalog(json);
    REQUIRE_FALSE(got);
    CHECK_THAT(got.error().what,
               Catch::Matchers::EndsWith(": nested more than 1000 deep"));
  }
  const auto nested = [](size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  CHECK(read_json(nested(1000)));
  CHECK_FALSE(read_json(nested(1001)));
  // Six levels are above the innermost property.
  CHECK(parse_catalog(with_stream(R"("json_schema":{"properties":{"p":)"
                                  + nested(994) + "}}")));
}

TEST_CASE("properties are mapped to the types of columns") {
  struct row {
    std::string property;
    field_type type;
  };

  const std::vector<row> table = {
      {R"({"type":"boolean"})", field_type::boolean},
      {R"({"type":"integer"})", field_type::int64},
      {R"({"type":"number"})", field_type::float64},
      {R"({"type":"number","airbyte_type":"integer"})", field_type::int64},
      {R"({"type":"number","airbyte_type":"big_number"})", field_type::float64},
      {R"({"type":"string"})", field_type::string},
      {R"({"type":"string","airbyte_type":"integer"})", field_type::string},
      {R"({"type":"string","format":"date-time"})", field_type::timestamp},
      {R"({"type":"string","format":"date"})", field_type::timestamp},
      {R"({"type":"string","format":"time"})", field_type::string},
      {R"({"type":"string","format":7})", field_type::string},
      {R"({"type":"array","items":{"type":"integer"}})", field_type::json},
      {R"({"type":"object","properties":{"a":{}}})", field_type::json},
      {R"({"type":["null","integer"]})", field_type::int64},
      {R"({"type":["integer","null"]})", field_type::int64},
      {R"({"type":["null","number","string"]})", field_type::float64},
      {R"({"type":["null"]})", field_type::string},
      {R"({"type":[]})", field_type::string},
      {R"({"type":[3,"boolean"]})", field_type::boolean},
      {R"({"type":"null"})", field_type::string},
      {R"({"type":"whatever"})", field_type::string},
      {R"({"type":{"type":"integer"}})", field_type::string},
      {R"({"oneOf":[{"type":"integer"},{"type":"null"}]})", field_type::string},
      {R"({"type":"integer","oneOf":[{"minimum":1}]})", field_type::string},
      {R"({"anyOf":[{"type":"integer"}]})", field_type::string},
      {R"({"$ref":"#/definitions/x"})", field_type::string},
      {"{}", field_type::string},
      {"true", field_type::string},
      {"null", field_type::string},
  };
  for (const auto& one : table) {
    INFO(one.property);
    CHECK(type_of_property(one.property) == one.type);
  }
}

TEST_CASE("a schema that makes no sense costs only its fields") {
  for (const std::string json_schema :
       {"null", "true", "[]", R"("s")", "{}", R"({"properties":null})",
        R"({"properties":[1]})", R"({"properties":{}})"}) {
    INFO(json_schema);
    const auto got =
        parse_catalog(with_stream("\"json_schema\":" + json_schema));
    REQUIRE(got);
    CHECK(got->streams[0].fields.empty());
  }
}

TEST_CASE("fields keep their order and are there once") {
  const auto got = parse_catalog(with_stream(
      R"("json_schema":{"properties":{"z":{"type":"integer"},"a":{},
       "z":{"type":"boolean"}}})"));
  REQUIRE(got);
  const std::vector<schema_field> wanted = {{"z", field_type::boolean},
                                            {"a", field_type::string}};
  CHECK(got->streams[0].fields == wanted);
}

TEST_CASE("the schema header has the form that Bulker reads") {
  using fields = std::vector<schema_field>;
  const auto value = [](std::string_view table, const fields& all) {
    const auto header = make_schema_header(table, all);
    CHECK(header.omitted.empty());
    return header.value;
  };
  CHECK(value("users", {}).empty());
  CHECK(value("users", {{"id", field_type::int64}})
        == R"({"name":"users","fields":[{"name":"id","type":2}]})");
  CHECK(value("t", {{"a", field_type::boolean},
                    {"b", field_type::int64},
                    {"c", field_type::float64},
                    {"d", field_type::string},
                    {"e", field_type::timestamp},
                    {"f", field_type::json}})
        == R"({"name":"t","fields":[{"name":"a","type":1},)"
           R"({"name":"b","type":2},{"name":"c","type":3},)"
           R"({"name":"d","type":4},{"name":"e","type":5},)"
           R"({"name":"f","type":6}]})");
  CHECK(value("größe", {{"\"\n\x7F😀", field_type::string}})
        == R"({"name":"gr\u00f6\u00dfe","fields":[)"
           R"({"name":"\"\n\u007f\ud83d\ude00","type":4}]})");
  CHECK(value("\xFF", {{"a", field_type::json}})
        == R"({"name":"\ufffd","fields":[{"name":"a","type":6}]})");
}

TEST_CASE("a schema that no server would take is left out, with a reason") {
  const auto of_size = [](size_t bytes) {
    const std::string around =
        R"({"name":"t","fields":[{"name":"","type":4}]})";
    return make_schema_header(
        "t", std::vector<schema_field>{{std::string(bytes - around.size(), 'x'),
                                        field_type::string}});
  };
  CHECK(of_size(max_schema_header_bytes).value.size()
        == max_schema_header_bytes);
  CHECK(of_size(max_schema_header_bytes).omitted.empty());
  const auto over = of_size(max_schema_header_bytes + 1);
  CHECK(over.value.empty());
  CHECK(over.omitted
        == "the schema of 1 fields does not fit a header of 61440 bytes");
  const std::vector<schema_field> many(100'000, {"column", field_type::json});
  CHECK(make_schema_header("t", many).value.empty());
}

TEST_CASE("streams are distinguished by namespace and name") {
  const stream_id plain{"", "b"};
  const stream_id inside{"a", "b"};
  CHECK(plain != inside);
  CHECK(plain < inside);
  CHECK(stream_id{"a", "b"} == inside);
  const std::unordered_set<stream_id> all = {plain, inside, {"b", "a"}, plain};
  CHECK(all.size() == 3);
  CHECK(all.contains({"a", "b"}));
}

TEST_CASE("excerpts fit into one line") {
  CHECK(excerpt("a\nb\x7F") == "\"a?b?\"");
  CHECK(excerpt("größe") == "\"größe\"");
  CHECK(excerpt("a\xFF") == "\"a?\"");
  CHECK(excerpt(std::string(80, 'x')) == '"' + std::string(80, 'x') + '"');
  CHECK(excerpt(std::string(79, 'x') + "ö")
        == '"' + std::string(79, 'x') + "…\"");
}
