#include "schema/catalog/configure_catalog.hpp"

#include "schema/catalog/catalog.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

const std::string found = R"({"streams":[
  {"name":"users","json_schema":{"maximum":1e400},
   "supported_sync_modes":["full_refresh","incremental"],
   "source_defined_cursor":true,"default_cursor_field":["updated_at"],
   "source_defined_primary_key":[["id"]]},
  {"name":"events","namespace":"log","supported_sync_modes":["incremental"],
   "default_cursor_field":["at"]},
  {"name":"odd","supported_sync_modes":["full_refresh","incremental"]},
  {"name":"plain"}]})";

std::string why(const result<std::string>& refused) {
  REQUIRE_FALSE(refused);
  return refused.error().what;
}

} // namespace

TEST_CASE("a discovered catalog becomes one to read with") {
  auto made = configure_catalog(found, {});
  REQUIRE(made);
  auto read = parse_catalog(*made);
  REQUIRE(read);
  REQUIRE(read->streams.size() == 4);
  CHECK(read->streams[0].mode == sync_mode::incremental);
  CHECK(read->streams[1].mode == sync_mode::incremental);
  CHECK(read->streams[1].id.key() == "log.events");
  // Nobody said by which field it goes on.
  CHECK(read->streams[2].mode == sync_mode::full_refresh);
  CHECK(read->streams[3].mode == sync_mode::full_refresh);
  // What a number in a schema was, it stays.
  CHECK(made->find(R"("maximum":1e400)") != std::string::npos);
  CHECK(made->find(R"("sync_mode":"incremental","destination_sync_mode":)"
                   R"("append_dedup","cursor_field":["updated_at"],)"
                   R"("primary_key":[["id"]]})")
        != std::string::npos);
  CHECK(made->find(R"("destination_sync_mode":"append","cursor_field":["at"]})")
        != std::string::npos);
}

TEST_CASE("streams are selected by their keys") {
  auto some = configure_catalog(found, {"log.events", "plain"});
  REQUIRE(some);
  auto read = parse_catalog(*some);
  REQUIRE(read->streams.size() == 2);
  CHECK(read->streams[0].id.key() == "log.events");
  CHECK(read->streams[1].id.key() == "plain");
  CHECK(why(configure_catalog(found, {"events"}))
        == "there is no stream \"events\"; there are \"users\", "
           "\"log.events\", \"odd\", \"plain\"");
}

TEST_CASE("catalogs without streams to read are refused") {
  CHECK(why(configure_catalog(R"({"streams":[]})", {}))
        == "the catalog holds no stream");
  CHECK(why(configure_catalog("{}", {"a"}))
        == "there is no stream \"a\"; there "
           "are none");
  CHECK(why(configure_catalog(R"({"streams":[{}]})", {}))
        == "the catalog holds a stream without a name");
}

TEST_CASE("a catalog is not made that a read would refuse") {
  const std::string twice = R"({"streams":[{"name":"account"},{"name":"b"},
    {"name":"account","json_schema":{}},{"name":"b"},{"name":"b"}]})";
  CHECK_THAT(why(configure_catalog(twice, {})),
             Catch::Matchers::ContainsSubstring("account"));
  // By their keys two streams are one as well.
  CHECK_THAT(why(configure_catalog(R"({"streams":[{"name":"a.b"},
               {"namespace":"a","name":"b"}]})",
                                   {})),
             Catch::Matchers::ContainsSubstring("a.b"));
  CHECK_THAT(why(configure_catalog(
                 R"({"streams":[{"name":"a","json_schema":{},
                   "source_defined_primary_key":"id"}]})",
                 {})),
             Catch::Matchers::ContainsSubstring("source_defined_primary_key"));
  CHECK(configure_catalog(R"({"streams":[{"name":"a"},{"name":"b"},
          {"name":"b"}]})",
                          {"a"}));
}

TEST_CASE(
    "faults that a read would refuse are reported for a discovered catalog") {
  CHECK(faults_of_discovered(found).empty());
  CHECK(faults_of_discovered("{}").empty());
  const auto twice = faults_of_discovered(R"({"streams":[{"name":"account"},
    {"name":"b"},{"name":"account","json_schema":{}},{"name":"account"}]})");
  REQUIRE(twice.size() == 1);
  CHECK_THAT(twice[0],
             Catch::Matchers::ContainsSubstring("\"account\" 3 times"));
  // Jitsu's extension names tables.
  const auto shared = faults_of_discovered(R"({"streams":[
    {"name":"a","table_name":"t"},{"name":"b","table_name":"t"}]})");
  REQUIRE(shared.size() == 1);
  CHECK_THAT(shared[0], Catch::Matchers::ContainsSubstring("a")
                            && Catch::Matchers::ContainsSubstring("b"));
  CHECK_FALSE(faults_of_discovered(R"({"streams":[{"name":""}]})").empty());
}
