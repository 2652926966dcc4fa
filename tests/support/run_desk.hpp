#pragma once

#include "support/sidecar_world.hpp"
#include "support/table_reader.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include <sys/stat.h>

// `sidecar run`, as a person types it.
namespace motorcade::test {

using nlohmann::json;

inline const std::string recording =
    std::string{RECORDINGS} + "/faker.jsonl.zst";

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// A desk with the files of a run. What the sidecar leaves in its temporary
/// folder is seen.
class desk {
public:
  desk() : env{bare_environment()} {
    folder.write("config.json", json{{"recording", recording}}.dump());
    std::filesystem::create_directory(folder.path("tmp"));
    env["TMPDIR"] = folder.path("tmp");
    catalog = std::string{RECORDINGS} + "/faker.catalog.json";
  }

  /// @returns the command line, the connector's own words last.
  std::vector<std::string>
  command(const std::vector<std::string>& connector,
          const std::vector<std::string>& more = {}) const {
    std::vector<std::string> out = {
        SIDECAR,      "run",
        "--config",   folder.path("config.json"),
        "--catalog",  catalog,
        "--to",       "file://" + folder.path("tables"),
        "--database", "sqlite://" + folder.path("tasks.db")};
    out.insert(out.end(), more.begin(), more.end());
    out.emplace_back("--");
    out.insert(out.end(), connector.begin(), connector.end());
    return out;
  }

  program_result run(const std::vector<std::string>& connector,
                     const std::vector<std::string>& more = {}) const {
    auto ended = watched_program{command(connector, more), env}.finish();
    // Nothing is left behind, with any outcome.
    CHECK(std::filesystem::is_empty(folder.path("tmp")));
    return ended;
  }

  size_t rows(const std::string& table) const {
    return motorcade::support::read_table(
               folder.path("tables/" + table + ".ndjson.zst"))
        .size();
  }

  /// Makes a connector of a shell script.
  std::vector<std::string> script(const std::string& text) const {
    auto path = folder.write("connector.sh", "#!/bin/sh\n" + text);
    ::chmod(path.c_str(), 0700);
    return {path};
  }

  scratch_folder folder;
  motorcade::variables env;
  std::string catalog;
};

} // namespace motorcade::test
