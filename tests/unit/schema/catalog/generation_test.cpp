// Generations of a stream's rows, as Airbyte numbers them.
#include "schema/catalog/catalog.hpp"
#include "schema/catalog/table_naming.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;

namespace {

result<catalog> with(const std::string& members) {
  return parse_catalog(
      R"({"streams":[{"stream":{"name":"s",)"
      R"("source_defined_primary_key":[["id"]]},"sync_mode":"full_refresh",)"
      + members + "}]}");
}

std::vector<key_path> key_of(const std::string& members) {
  auto read = with(members);
  REQUIRE(read);
  auto tables = assign_tables(*read, naming_rules{});
  REQUIRE(tables);
  return tables->front().primary_key;
}

} // namespace

TEST_CASE("a generation replaces the table if it is the oldest that counts") {
  struct row {
    std::string members;
    bool given;
    bool replaces;
  };

  const std::vector<row> table = {
      {R"("destination_sync_mode":"overwrite")", false, false},
      {R"("generation_id":7,"minimum_generation_id":7)", true, true},
      {R"("generation_id":7,"minimum_generation_id":0)", true, false},
      {R"("generation_id":7)", true, false},
      {R"("generation_id":0,"minimum_generation_id":0)", true, false},
  };
  for (const auto& [members, given, replaces] : table) {
    INFO(members);
    auto read = with(members);
    REQUIRE(read);
    const auto& generation = read->streams[0].generation;
    CHECK(generation.has_value() == given);
    CHECK((generation && generation->replaces()) == replaces);
  }
  for (const auto* bad : {R"("generation_id":"x")", R"("generation_id":1.5)",
                          R"("generation_id":-1)",
                          R"("generation_id":7,"minimum_generation_id":3)"}) {
    INFO(bad);
    CHECK_FALSE(with(bad));
  }
}

TEST_CASE("a platform that numbers generations decides how rows are merged") {
  using names = std::vector<key_path>;
  const std::string numbered = R"("generation_id":1,"destination_sync_mode":)";
  CHECK(key_of(R"("destination_sync_mode":"append")") == names{"id"});
  CHECK(key_of(numbered + R"("append")").empty());
  CHECK(key_of(numbered + R"("overwrite")").empty());
  CHECK(key_of(numbered + R"("append_dedup")") == names{"id"});
  CHECK(key_of(numbered + R"("overwrite_dedup","primary_key":[["a","b"]])")
        == names{key_path{std::vector<std::string>{"a", "b"}}});
}
