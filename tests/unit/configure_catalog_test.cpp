#include "schema/configure_catalog.hpp"

#include "schema/catalog.hpp"

#include <catch2/catch.hpp>

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
