#include "schema/sync/schema_diff.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>

#include <chrono>

using namespace motorcade;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;

namespace {

/// A catalog of the stream `users` with these properties.
std::string users(const std::string& properties) {
  return R"({"streams":[{"name":"users","json_schema":{"properties":)"
         + properties + "}}]}";
}

/// The diff in short: `+s stream`, `-s`, `+c column type`, `-c`, `~c from to`.
std::vector<std::string> in_short(const schema_diff& diff) {
  std::vector<std::string> out;
  for (const auto& one : diff.new_streams)
    out.push_back("+s " + one);
  for (const auto& one : diff.gone_streams)
    out.push_back("-s " + one);
  for (const auto& one : diff.new_columns)
    out.push_back("+c " + one.stream + '.' + one.column + ' ' + one.to);
  for (const auto& one : diff.gone_columns)
    out.push_back("-c " + one.stream + '.' + one.column);
  for (const auto& one : diff.changed_types)
    out.push_back("~c " + one.stream + '.' + one.column + ' ' + one.from + " > "
                  + one.to);
  return out;
}

} // namespace

TEST_CASE("a diff names what came, went and changed") {
  struct row {
    const char* what;
    std::string before;
    std::string after;
    std::vector<std::string> found;
  };

  const row rows[] = {
      {"nothing",
       users(R"({"id":{"type":"integer"}})"),
       users(R"({"id":{"type":"integer"}})"),
       {}},
      {"a new stream",
       R"({"streams":[]})",
       users(R"({"id":{}})"),
       {"+s users"}},
      {"a stream that is gone",
       users(R"({"id":{}})"),
       R"({"streams":[]})",
       {"-s users"}},
      {"another namespace",
       R"({"streams":[{"name":"a","namespace":"x"},{"name":"b"}]})",
       R"({"streams":[{"name":"b"},{"name":"a","namespace":"y"}]})",
       {"+s y.a", "-s x.a"}},
      {"a null namespace is none",
       R"({"streams":[{"name":"a"}]})",
       R"({"streams":[{"name":"a","namespace":null}]})",
       {}},
      {"columns that come and go",
       users(R"({"a":{"type":"string"}})"),
       users(R"({"b":{"type":"integer"}})"),
       {"+c users.b integer", "-c users.a"}},
      {"another type",
       users(R"({"a":{"type":"integer"}})"),
       users(R"({"a":{"type":["null","string"]}})"),
       {"~c users.a integer > string"}},
      {"null alone is no change",
       users(R"({"a":{"type":"integer"}})"),
       users(R"({"a":{"type":["null","integer"]}})"),
       {}},
      {"nor is the order of types",
       users(R"({"a":{"type":["integer","string"]}})"),
       users(R"({"a":{"type":["string","null","integer"]}})"),
       {}},
      {"a format",
       users(R"({"a":{"type":"string"}})"),
       users(R"({"a":{"type":"string","format":"date-time"}})"),
       {"~c users.a string > string (date-time)"}},
      {"a finer type counts more than the format",
       users(R"({"a":{"type":"string","format":"date-time"}})"),
       users(
           R"({"a":{"type":"string","format":"date-time","airbyte_type":"timestamp_with_timezone"}})"),
       {"~c users.a string (date-time) > string (timestamp_with_timezone)"}},
      {"columns within objects",
       users(R"({"a":{"type":"object","properties":{"x":{"type":"string"}}}})"),
       users(R"({"a":{"type":"object","properties":{"y":{"type":"string"}}}})"),
       {"+c users.a.y string", "-c users.a.x"}},
      {"what an array holds",
       users(R"({"a":{"type":"array","items":{"type":"string"}}})"),
       users(R"({"a":{"type":"array","items":{"type":"integer"}}})"),
       {"~c users.a array of string > array of integer"}},
      {"choices of types",
       users(R"({"a":{"oneOf":[{"type":"string"}]}})"),
       users(R"({"a":{"oneOf":[{"type":"string"},{"type":"integer"}]}})"),
       {"~c users.a string > integer|string"}},
      {"a column without a type",
       users(R"({"a":{"type":"string"}})"),
       users(R"({"a":true})"),
       {"~c users.a string > any"}},
      {"a description is no change",
       users(R"({"a":{"type":"string","description":"old"}})"),
       users(R"({"a":{"type":"string","description":"new"}})"),
       {}},
      {"what is no catalog has no streams", "[]", users("{}"), {"+s users"}},
      {"nor has what is no JSON",
       "{",
       R"({"streams":[3,{"name":"a"}]})",
       {"+s a"}},
      {"a schema that is none",
       R"({"streams":[{"name":"a"}]})",
       R"({"streams":[{"name":"a","json_schema":[]}]})",
       {}},
  };
  for (const auto& one : rows) {
    INFO(one.what);
    const auto diff = compare_catalogs(one.before, one.after);
    CHECK(in_short(diff) == one.found);
    CHECK(diff.empty() == one.found.empty());
  }
}

TEST_CASE("a schema is compared in a time that its size bounds") {
  const auto nested = [](const std::string& head, const std::string& leaf) {
    std::string out = "{}";
    out = leaf;
    for (auto i = 0; i < 200; ++i)
      out = head + out + "}";
    return users(R"({"a":)" + out + "}");
  };
  // Each would take longer than the universe has, were each of its names of
  // types to walk over all that lies below.
  for (const std::string head :
       {R"({"type":["array","array"],"items":)",
        R"({"type":["array","array","array"],"oneOf":[{}],"items":)"})
    CHECK(compare_catalogs(nested(head, R"({"type":"string"})"),
                           nested(head, R"({"type":"integer"})"))
              .empty());
  // Columns whose names are all looked up.
  std::string properties;
  for (auto i = 0; i < 100'000; ++i)
    properties += (i == 0 ? "\"c" : ",\"c") + std::to_string(i) + "\":{}";
  const auto began = std::chrono::steady_clock::now();
  CHECK(in_short(compare_catalogs(
            users("{" + properties + "}"),
            users("{" + properties + R"(,"d":{"type":"string"}})")))
        == std::vector<std::string>{"+c users.d string"});
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds{20});
}

TEST_CASE("halves of surrogate pairs and large numbers hide no stream") {
  for (const auto* odd : {R"("description":"\ud800")", R"("maximum":1e400)"})
    CHECK(in_short(compare_catalogs(
              users(R"({"id":{"type":"integer"}})"),
              users(R"({"id":{"type":"string",)" + std::string{odd} + "}}")))
          == std::vector<std::string>{"~c users.id integer > string"});
}

TEST_CASE("only new ones are listed of streams that are not read") {
  const auto before = R"({"streams":[
    {"name":"read","json_schema":{"properties":{"a":{"type":"string"}}}},
    {"name":"other","json_schema":{"properties":{"a":{"type":"string"}}}},
    {"name":"gone"}]})";
  const auto after = R"({"streams":[
    {"name":"read","json_schema":{"properties":{"b":{"type":"string"}}}},
    {"name":"other","json_schema":{"properties":{"b":{"type":"string"}}}},
    {"name":"new"}]})";
  const auto diff = compare_catalogs(
      before, after, [](const std::string& key) { return key == "read"; });
  CHECK(in_short(diff)
        == std::vector<std::string>{"+s new", "+c read.b string", "-c read.a"});
}

TEST_CASE("a diff is written for programs, and for people") {
  schema_diff diff;
  diff.new_streams = {"pets"};
  diff.gone_streams = {"shop.orders"};
  diff.new_columns = {{"users", "age", "", "integer"}};
  diff.gone_columns = {{"users", "size", "integer", ""}};
  diff.changed_types = {{"users", "id", "integer", "string"}};
  CHECK(
      json::parse(write_diff(diff))
      == json::parse(
          R"({"newStreams":["pets"],"goneStreams":["shop.orders"],"newColumns":[{"stream":"users","column":"age","type":"integer"}],"goneColumns":[{"stream":"users","column":"size"}],"changedTypes":[{"stream":"users","column":"id","from":"integer","to":"string"}],"leftOut":0})"));
  CHECK(describe_diff(diff)
        == "stream shop.orders is gone; column users.size is gone; column "
           "users.id is now string, was integer; new stream pets; new column "
           "users.age");
}

TEST_CASE("a large diff is cut, with a remark") {
  schema_diff diff;
  for (int i = 0; i < 1500; ++i)
    diff.new_streams.push_back("s" + std::to_string(i));
  const auto written = json::parse(write_diff(diff));
  CHECK(written["newStreams"].size() == 1000);
  CHECK(written["leftOut"] == 500);
  CHECK_THAT(describe_diff(diff), ContainsSubstring("and 1495 more"));
}
