#pragma once

#include "support/sidecar_world.hpp"
#include "support/table_reader.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <sys/stat.h>

// `sidecar run` with a scripted connector of one stream.
namespace motorcade::test {

inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

inline std::string content(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

inline std::string record(int id) {
  return R"({"type":"RECORD","record":{"stream":"users","data":{"id":)"
         + std::to_string(id) + R"(},"emitted_at":1}})";
}

inline std::string state(int id) {
  return R"({"type":"STREAM","stream":{"stream_descriptor":{"name":"users"},)"
         R"("stream_state":{"id":)"
         + std::to_string(id) + "}}}";
}

inline std::string saved(int id) {
  return R"({"type":"STATE","state":)" + state(id) + "}";
}

/// A folder with a connector, a catalog of one incremental stream, and what a
/// run of them makes.
class table {
public:
  table() : env{bare_environment()} {
    folder.write("config.json", "{}");
    folder.write("catalog.json",
                 R"({"streams":[{"stream":{"name":"users","json_schema":{}},)"
                 R"("sync_mode":"incremental"}]})");
  }

  /// Makes the connector of a shell script, which may use `$given`, the file
  /// that `--state` named.
  void script(const std::string& text) const {
    auto path = folder.write(
        "connector", "#!/bin/sh\nwhile [ $# -gt 0 ]; do [ \"$1\" != --state ] "
                     "|| given=$2; shift; done\n"
                         + text + "\n");
    ::chmod(path.c_str(), 0700);
  }

  /// Makes it print these lines.
  void says(const std::vector<std::string>& lines) const {
    std::string text = "echo started > " + folder.path("started") + "\n";
    text += R"([ -z "$given" ] || cp "$given" )" + folder.path("given") + "\n";
    for (const auto& line : lines)
      text += "echo '" + line + "'\n";
    script(text);
  }

  std::vector<std::string>
  words(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> out = {SIDECAR,      "run",
                                    "--config",   folder.path("config.json"),
                                    "--catalog",  folder.path("catalog.json"),
                                    "--to",       folder.path("out"),
                                    "--database", folder.path("x.db")};
    out.insert(out.end(), more.begin(), more.end());
    out.insert(out.end(), {"--", folder.path("connector")});
    return out;
  }

  program_result run(const std::vector<std::string>& more = {}) const {
    return watched_program{words(more), env}.finish();
  }

  size_t rows() const {
    return support::read_table(folder.path("out/users.ndjson.zst")).size();
  }

  bool started() const {
    return std::filesystem::exists(folder.path("started"));
  }

  scratch_folder folder;
  variables env;
};

} // namespace motorcade::test
