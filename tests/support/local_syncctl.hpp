#pragma once

#include "runtime/base/text.hpp"
#include "runtime/http/client/api_client.hpp"
#include "runtime/task/task_request.hpp"
#include "support/bound_socket.hpp"
#include "support/scratch_folder.hpp"
#include "support/table_reader.hpp"
#include "support/watched_program.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>
#include <sqlite3.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace motorcade::test {

/// The program syncctl without Kubernetes, started anew, with SQLite, files and
/// one connector, `airbyte/source-demo`, as local processes. Its folder and
/// itself go with it.
class local_syncctl {
public:
  local_syncctl() {
    std::filesystem::create_directories(folder.path("connectors/airbyte"));
    std::filesystem::create_symlink(RECORDINGS, folder.path("recordings"));
    write_connector("exec " DEMO_CONNECTOR " \"$@\"");
    env = {{"PATH", "/usr/bin:/bin"},
           {"HOME", folder.path("home")},
           {"SYNCCTL_DATA_DIR", folder.path("data")},
           {"SYNCCTL_CONNECTORS_DIR", folder.path("connectors")},
           {"SYNCCTL_AUTH_TOKENS", "client-secret"},
           {"SYNCCTL_CONTAINER_GRACE_SHUTDOWN_SECONDS", "30"},
           {"SYNCCTL_HTTP_PORT", port}};
    start();
  }

  void start() {
    syncctl.reset();
    syncctl = std::make_unique<watched_program>(
        std::vector<std::string>{SYNCCTL}, env);
    INFO(syncctl->output());
    REQUIRE(syncctl->await("listening on port"));
  }

  void write_connector(const std::string& script) {
    auto path = folder.write("connectors/airbyte/source-demo",
                             "#!/bin/sh\n" + script + "\n");
    ::chmod(path.c_str(), 0755);
  }

  nlohmann::json call(const std::string& method, const std::string& path,
                      const std::string& body = {}, long status = 200) {
    api_request request;
    request.method = method;
    request.url = "http://127.0.0.1:" + port + path;
    request.headers = {"Authorization: Bearer client-secret"};
    request.body = body;
    auto answer = api_client{}.send(request);
    REQUIRE(answer);
    INFO(answer->body);
    CHECK((status == 0 || answer->status == status));
    return nlohmann::json::parse(answer->body, nullptr, false);
  }

  static std::string read_recording(const std::string& name) {
    std::ifstream file{std::string{RECORDINGS "/"} + name, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
  }

  static std::string
  config(const nlohmann::json& more = nlohmann::json::object()) {
    nlohmann::json out = {{"recording", RECORDINGS "/faker.jsonl.zst"}};
    out.update(more);
    return out.dump();
  }

  task_request task(const std::string& command) const {
    task_request out;
    out.command = command;
    out.package = "airbyte/source-demo";
    out.version = "1";
    if (command != "spec")
      out.config = config();
    if (command == "read") {
      out.sync_id = "sync";
      out.catalog = read_recording("faker.catalog.json");
    } else if (command != "spec") {
      out.storage_key = "key";
    }
    return out;
  }

  void post(const task_request& what) {
    CHECK(try_to_post(what, 200)["ok"] == true);
  }

  /// @param status What must be answered; 0: anything.
  nlohmann::json try_to_post(const task_request& what, long status = 0) {
    nlohmann::json body;
    for (const auto& [name, text] :
         {std::pair{"config", what.config}, std::pair{"catalog", what.catalog},
          std::pair{"state", what.state}})
      if (!text.empty())
        body[name] = nlohmann::json::parse(text);
    auto path = "/" + what.command + "?package=" + percent_encode(what.package)
                + "&version=" + what.version;
    for (const auto& [name, text] :
         {std::pair{"storageKey", what.storage_key},
          std::pair{"syncId", what.sync_id}, std::pair{"taskId", what.task_id}})
      if (!text.empty())
        path += "&" + std::string{name} + "=" + text;
    return call(what.command == "spec" ? "GET" : "POST", path,
                what.command == "spec" ? "" : body.dump(), status);
  }

  /// @returns the columns of all rows, one after another.
  std::vector<std::string> query(const std::string& sql) {
    sqlite3* db = nullptr;
    auto path = folder.path("data/syncctl.db");
    REQUIRE(sqlite3_open(path.c_str(), &db) == SQLITE_OK);
    sqlite3_busy_timeout(db, 30'000);
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr)
            == SQLITE_OK);
    std::vector<std::string> out;
    while (sqlite3_step(statement) == SQLITE_ROW)
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        const auto* text = sqlite3_column_text(statement, i);
        out.emplace_back(text == nullptr ? ""
                                         : reinterpret_cast<const char*>(text));
      }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return out;
  }

  /// Asks until it is so.
  void await(const std::function<bool()>& is_so) {
    auto until = std::chrono::steady_clock::now() + std::chrono::seconds{60};
    while (!is_so()) {
      INFO(syncctl->output());
      REQUIRE(std::chrono::steady_clock::now() < until);
      call("GET", "/tasks?limit=1");
    }
  }

  /// Waits for a task's end.
  std::string await_status(const std::string& task_id) {
    std::string out;
    await([&] {
      auto row = query("SELECT status FROM source_task WHERE task_id='"
                       + task_id + "'");
      out = row.empty() ? "" : row[0];
      return !out.empty() && out != "RUNNING";
    });
    return out;
  }

  /// Waits until a query answers something.
  std::vector<std::string> await_row(const std::string& sql) {
    std::vector<std::string> out;
    await([&] { return !(out = query(sql)).empty(); });
    return out;
  }

  /// Checks that no stream is left running, and that counts add up.
  void check_end(const std::string& task_id, const std::string& status) {
    auto row = query("SELECT coalesce(description, '{}'), coalesce(metrics, "
                     "'{}') FROM source_task WHERE task_id='"
                     + task_id + "'");
    REQUIRE(row.size() == 2);
    const auto streams = nlohmann::json::parse(row[0]);
    for (const auto& [name, stream] : streams.items()) {
      INFO(name);
      CHECK(stream["status"] == status);
      CHECK(stream.contains("error"));
    }
    auto counts = nlohmann::json::parse(row[1]);
    CHECK(counts.value("rows", 0)
          == counts.value("committed_rows", 0)
                 + counts.value("rejected_rows", 0)
                 + counts.value("failed_rows", 0));
  }

  /// @returns whether nothing is left of any task.
  bool is_idle() const {
    return std::filesystem::is_empty(folder.path("data/tasks"));
  }

  size_t rows() const {
    size_t out = 0;
    for (const auto& one : std::filesystem::recursive_directory_iterator{
             folder.path("data/tables")})
      if (one.path().extension() == ".zst")
        out += support::read_table(one.path()).size();
    return out;
  }

  /// Makes the pipe by which a connector tells a number.
  std::string pid_pipe() const {
    auto path = folder.path("pid");
    ::mkfifo(path.c_str(), 0600);
    return path;
  }

  scratch_folder folder;
  std::string port = free_port();
  std::map<std::string, std::string, std::less<>> env;
  std::unique_ptr<watched_program> syncctl;
};

} // namespace motorcade::test
