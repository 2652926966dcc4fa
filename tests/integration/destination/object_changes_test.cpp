// What a request into a bucket tells of values that it could not keep.
#include "support/object_world.hpp"

#include <catch2/catch_all.hpp>

using namespace motorcade;
using namespace motorcade::support;

namespace {

/// A row with our column of changes at its end.
std::string row(const std::string& members) {
  return "{" + members + R"(,"_airbyte_meta":{"sync_id":"s","changes":[]}})";
}

/// Sends the rows as the stream's own object.
upload_outcome send(object_world& world, upload_request request,
                    const std::vector<std::string>& rows) {
  upload_probe upload{*world.to, std::move(request)};
  upload.write(rows);
  return upload.finish();
}

} // namespace

TEST_CASE("objects list in their column of changes the values that they could "
          "not keep") {
  struct format {
    object_format which;
    std::string object;
    std::string bytes;
    uint64_t unmapped;
  };

  // A member of the name of our own column is the only one that cannot stay.
  const auto changes = [](const std::string& quote) {
    const auto word = [&](const std::string& text) {
      return quote + text + quote;
    };
    return "{" + word("sync_id") + ":" + word("s") + "," + word("changes")
           + ":[{" + word("field") + ":" + word("_unmapped_data") + ","
           + word("change") + ":" + word("NULLED") + "," + word("reason") + ":"
           + word("DESTINATION_SERIALIZATION_ERROR") + "}]}";
  };
  const auto first = row(R"("o":{"a":1})");
  const auto second = row(R"("o":{"a":2},"_unmapped_data":7)");
  for (const auto& one :
       {format{object_format::ndjson, "f/t.ndjson",
               first + "\n" + second + "\n", 0},
        format{object_format::ndjson_flat, "f/t.ndjson",
               R"({"_airbyte_meta":"{\"sync_id\":\"s\",\"changes\":[]}",)"
               R"("o_a":1})"
               "\n"
               R"({"_airbyte_meta":")"
                   + changes("\\\"")
                   + R"(","o_a":2,"_unmapped_data":"{\"_unmapped_data\":7}"})"
                     "\n",
               1},
        format{object_format::csv, "f/t.csv",
               "_airbyte_meta,_unmapped_data,o_a\n"
               R"("{""sync_id"":""s"",""changes"":[]}",,1)"
               "\n\""
                   + changes("\"\"")
                   + R"(","{""_unmapped_data"":7}",2)"
                     "\n",
               1}}) {
    INFO(one.bytes);
    object_world world;
    world.config.format = one.which;
    world.to = world.open();
    auto request = request_for("t", write_mode::replace_table);
    // Neither the schema nor the key shapes an object.
    request.fields = {{"o", field_type::json},
                      {"late", field_type::string},
                      {"_airbyte_meta", field_type::json}};
    request.primary_key = {"late"};
    request.changes_column = "_airbyte_meta";
    const auto outcome = send(world, request, {first, second});
    INFO((outcome.error ? outcome.error->what : ""));
    REQUIRE(outcome.committed());
    CHECK(world.store.object(one.object) == one.bytes);
    REQUIRE(outcome.summary);
    CHECK(outcome.summary->values_unmapped == one.unmapped);
    CHECK(outcome.summary->columns_added == 0);
    CHECK(outcome.summary->rows_merged == 0);
  }
}
