// Rows that come with files, and tables of other syncs, with `sidecar run`.

#include "runtime/database/database.hpp"
#include "support/sidecar_world.hpp"
#include "support/table_reader.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <sys/stat.h>

using namespace motorcade;
using namespace motorcade::test;
using Catch::Matchers::ContainsSubstring;

namespace {

/// A connector with one incremental stream, `events`, that stages files.
struct transfer_desk {
  transfer_desk() : env{bare_environment()} {
    std::filesystem::create_directory(folder.path("tmp"));
    env["TMPDIR"] = folder.path("tmp");
    folder.write("config.json", "{}");
    folder.write("catalog.json",
                 R"({"streams":[{"sync_mode":"incremental",)"
                 R"("destination_sync_mode":"append","cursor_field":["id"],)"
                 R"("stream":{"name":"events","json_schema":{},)"
                 R"("is_file_based":true,)"
                 R"("supported_sync_modes":["incremental"]}}]})");
  }

  /// @returns the line of a row whose file is staged as `path`.
  std::string row(const std::string& path, const std::string& relative,
                  size_t bytes) const {
    nlohmann::json record = {{"stream", "events"},
                             {"data", {{"file_name", relative}}},
                             {"emitted_at", 1},
                             {"file_reference",
                              {{"staging_file_url", path},
                               {"source_file_relative_path", relative},
                               {"file_size_bytes", bytes}}}};
    return nlohmann::json{{"type", "RECORD"}, {"record", record}}.dump() + "\n";
  }

  std::string stage(const std::string& name, const std::string& text) const {
    return folder.write("tmp/" + name, text);
  }

  program_result run(const std::string& lines, const std::string& to = {},
                     const std::string& sync = "sync-a") const {
    folder.write("lines", lines);
    auto script = folder.write("connector.sh",
                               "#!/bin/sh\ncat " + folder.path("lines") + "\n");
    ::chmod(script.c_str(), 0700);
    std::vector<std::string> command = {
        SIDECAR,      "run",
        "--config",   folder.path("config.json"),
        "--catalog",  folder.path("catalog.json"),
        "--to",       to.empty() ? "file://" + folder.path("out") : to,
        "--database", "sqlite://" + folder.path("tasks.db"),
        "--sync-id",  sync,
        "--",         script};
    return watched_program{command, env}.finish();
  }

  size_t states(const std::string& sync = "sync-a") const {
    auto db = make_database("sqlite://" + folder.path("tasks.db"));
    REQUIRE(db);
    auto saved = (*db)->states(sync);
    REQUIRE(saved);
    return saved->size();
  }

  std::string delivered(const std::string& name) const {
    std::ifstream in{folder.path("out/events.files/" + name)};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  scratch_folder folder;
  variables env;
};

const std::string state =
    R"({"type":"STATE","state":{"type":"STREAM","stream":{"stream_descriptor":)"
    R"({"name":"events"},"stream_state":{"history":{"a.pdf":"now"}}}}})"
    "\n";

} // namespace

TEST_CASE("a row's file is delivered before its state is saved") {
  transfer_desk at;
  auto path = at.stage("1", "hello\n");
  auto ended = at.run(at.row(path, "x/a.pdf", 6) + state);
  CAPTURE(ended.err);
  CHECK(ended.exit_code == 0);
  CHECK(at.delivered("x/a.pdf") == "hello\n");
  CHECK_FALSE(std::filesystem::exists(path));
  CHECK(at.states() == 1);
}

TEST_CASE("a row whose file is not there is rejected, and its state is lost") {
  transfer_desk at;
  auto good = at.stage("1", "hello\n");
  auto ended = at.run(at.row(good, "good", 6)
                      + at.row(at.folder.path("tmp/none"), "none", 6) + state);
  CAPTURE(ended.out, ended.err);
  CHECK(ended.exit_code == 1);
  CHECK_THAT(ended.out, ContainsSubstring("PARTIAL"));
  CHECK_THAT(ended.err, ContainsSubstring("file_not_delivered"));
  CHECK_THAT(ended.err, ContainsSubstring("tmp/none"));
  CHECK(at.delivered("good") == "hello\n");
  CHECK(at.states() == 0);
}

TEST_CASE("none of the sidecar's own files is delivered") {
  transfer_desk at;
  auto secret = at.folder.write("secret", "hello\n");
  auto ended = at.run(at.row(secret, "a", 6) + state);
  CHECK(ended.exit_code == 1);
  CHECK_THAT(ended.err, ContainsSubstring("STAGING_DIR"));
  CHECK(at.delivered("a").empty());
  CHECK(std::filesystem::exists(secret));
  CHECK(at.states() == 0);
}

TEST_CASE("Bulker is given no row that comes with a file") {
  transfer_desk at;
  support::bulker_stand_in server;
  auto path = at.stage("1", "hello\n");
  std::string plain =
      R"({"type":"RECORD","record":{"stream":"events","data":{"id":1},)"
      R"("emitted_at":1}})"
      "\n";
  auto ended = at.run(plain + at.row(path, "a", 6) + state, server.url());
  CAPTURE(ended.out, ended.err);
  CHECK(ended.exit_code == 1);
  CHECK_THAT(ended.out, ContainsSubstring("PARTIAL"));
  CHECK_THAT(ended.err, ContainsSubstring("the destination takes none"));
  CHECK(server.rows("events").size() == 1);
  CHECK(std::filesystem::exists(path));
  CHECK(at.states() == 0);
}

TEST_CASE("two syncs do not write to one table") {
  transfer_desk at;
  std::string row =
      R"({"type":"RECORD","record":{"stream":"events","data":{"id":1},)"
      R"("emitted_at":1}})"
      "\n";
  CHECK(at.run(row + state).exit_code == 0);
  auto ended = at.run(row + state, {}, "sync-b");
  CAPTURE(ended.out, ended.err);
  // Nothing was read: it is told at the start.
  CHECK(ended.exit_code == 2);
  CHECK_THAT(ended.out, ContainsSubstring("FAILED"));
  for (const auto* part : {"sync-a", "sync-b", "TABLE_NAME_PREFIX"})
    CHECK_THAT(ended.out, ContainsSubstring(part));
  CHECK(at.states("sync-b") == 0);
  CHECK(support::read_table(at.folder.path("out/events.ndjson.zst")).size()
        == 1);
  at.env["TABLE_NAME_PREFIX"] = "b_";
  CHECK(at.run(row + state, {}, "sync-b").exit_code == 0);
}
