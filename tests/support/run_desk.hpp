#pragma once

#include "runtime/base/file_handle.hpp"
#include "support/sidecar_world.hpp"
#include "support/table_reader.hpp"

#include <catch2/catch_all.hpp>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
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
    const auto silent = folder.path("silent");
    REQUIRE(::mkfifo(silent.c_str(), 0600) == 0);
    silent_ =
        motorcade::file_handle{::open(silent.c_str(), O_RDWR | O_CLOEXEC)};
    REQUIRE(silent_);
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

  /// @returns a script's command that starts a process of its own, which waits
  /// for as long as this desk is there, and holds no pipe of the sidecar.
  std::string waiting_child() const {
    return "read line < " + folder.path("silent") + " >/dev/null 2>&1 &\n";
  }

  /// @returns the end of a script that goes on only by a trap of its own. A
  /// trap ends `wait` at once, even if its signal came just before. The
  /// shell's word about a child that a signal ended is left out.
  std::string wait_for_trap() const {
    return waiting_child() + "wait $! 2>/dev/null\n";
  }

  /// @returns a script that says `here I am` in the log and waits. It tells its
  /// process in the file `pid`, and an INT or TERM by the file `told`.
  std::vector<std::string> waiting_script(const std::string& trap = {}) const {
    const auto pid = folder.path("pid");
    return script(
        (trap.empty()
             ? "trap 'echo told > " + folder.path("told") + "; exit 0' INT TERM"
             : trap)
        + "\necho $$ > " + pid + ".new\nmv " + pid + ".new " + pid + "\necho '"
        + R"({"type":"LOG","log":{"level":"INFO","message":"here I am"}})"
        + "'\n" + wait_for_trap());
  }

  /// @returns the process that a script told in the file `pid`; 0: none.
  pid_t told_pid() const {
    std::ifstream file{folder.path("pid")};
    pid_t pid = 0;
    file >> pid;
    return pid;
  }

  scratch_folder folder;
  motorcade::variables env;
  std::string catalog;

private:
  /// Both ends of a FIFO, into which nothing is ever written.
  motorcade::file_handle silent_;
};

} // namespace motorcade::test
