#pragma once

#include "runtime/kubernetes/pod_manifest.hpp"
#include "runtime/process/process_runtime.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace motorcade::test {

/// @returns what a file holds; empty: there is none.
inline std::string content_of(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{file}, {}};
}

/// @returns whether a text has a part.
inline bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// @returns whether no process has that number, nor a zombie.
inline bool is_gone(pid_t pid) {
  return ::kill(pid, 0) != 0 && errno == ESRCH;
}

inline mode_t mode_of(const std::string& path) {
  struct stat info {};

  return ::stat(path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0;
}

/// A PROCESS RUNTIME whose connectors and sidecar are scripts of the test.
class process_world {
public:
  /// Reads both pipes and the exit code, as the true one does, and ends well.
  static constexpr const char* patient_sidecar =
      "cat < $STDERR_PIPE_FILE > $1.err & cat < $STDOUT_PIPE_FILE > $1.out\n"
      "wait\n"
      "python3 -c 'import os, socket\n"
      "number = int(os.environ[\"EXIT_CODE_FILE\"].split(\"/\")[-1])\n"
      "told = socket.socket(fileno=number).recv(64)\n"
      "print(told.decode(), end=\"\")' > $1.code\n"
      "env > $1.env\n"
      "echo first; echo second >&2; echo third\n";

  process_world() {
    std::filesystem::create_directories(folder.path("connectors/airbyte"));
    settings.runtime = controller_runtime::process;
    settings.data_dir = folder.path("data");
    settings.connectors_dir = folder.path("connectors");
    settings.sidecar_program = folder.path("sidecar");
    settings.database_url = settings.sidecar_database_url =
        "postgres://u:db-hush@h/d";
    settings.bulker_url = "http://bulker";
    settings.bulker_auth_token = "bulker-hush";
    settings.container_grace_shutdown = std::chrono::milliseconds{300};
    write_sidecar(patient_sidecar);
    begin();
  }

  ~process_world() { runtime.reset(); }

  process_world(const process_world&) = delete;
  process_world& operator=(const process_world&) = delete;

  void begin() {
    runtime.reset();
    lock.reset();
    auto opened = data_folder::open(settings.data_dir);
    REQUIRE(opened);
    lock.emplace(std::move(*opened));
    runtime = std::make_unique<process_runtime>(settings);
    runtime->watch({.seen =
                        [this](const pod_status_ptr& pod) {
                          if (on_news)
                            on_news(*pod);
                          note([&] { last_[pod->name] = *pod; });
                        },
                    .gone =
                        [this](const pod_status_ptr& pod) {
                          if (on_news)
                            on_news(*pod);
                          if (on_gone)
                            on_gone(*pod);
                          note([&] { gone_.insert(pod->name); });
                        },
                    .listed =
                        [this] {
                          note([&] { listed_ = true; });
                        }});
  }

  void write_script(const std::string& name, const std::string& text) {
    auto path = folder.write(name, "#!/bin/sh\n" + text);
    ::chmod(path.c_str(), 0755);
  }

  /// @param text May use $1 as the path of what it leaves behind.
  void write_sidecar(const std::string& text) {
    write_script("sidecar", "set -- " + folder.path("left") + "\n" + text);
  }

  void write_connector(const std::string& text) {
    write_script("connectors/airbyte/source-x", text);
  }

  task_request request(const std::string& task_id = "task-1") const {
    task_request out;
    out.command = "read";
    out.package = "airbyte/source-x";
    out.version = "1";
    out.sync_id = "sync-" + task_id;
    out.task_id = task_id;
    out.config = R"({"token":"source-hush"})";
    out.catalog = R"({"streams":[]})";
    out.started_at = utc_now();
    return out;
  }

  result<pod_status> launch(const task_request& task) {
    auto manifest = make_pod_manifest(task, settings);
    REQUIRE(manifest);
    return runtime->launch(*manifest);
  }

  /// @returns its name.
  std::string start(const std::string& task_id = "task-1") {
    auto pod = launch(request(task_id));
    INFO((pod ? "" : pod.error().what));
    REQUIRE(pod);
    return pod->name;
  }

  /// @returns what was told last of a task; by default, if nothing was.
  pod_status last_of(const std::string& name) const {
    std::lock_guard held{mutex_};
    auto found = last_.find(name);
    return found == last_.end() ? pod_status{} : found->second;
  }

  /// @returns of how many tasks something was told.
  size_t told() const {
    std::lock_guard held{mutex_};
    return last_.size();
  }

  void forget_what_was_told() {
    std::lock_guard held{mutex_};
    last_.clear();
  }

  bool is_listed() const {
    std::lock_guard held{mutex_};
    return listed_;
  }

  bool is_gone(const std::string& name) const {
    std::lock_guard held{mutex_};
    return gone_.contains(name);
  }

  /// Blocks until the condition holds.
  void await(const std::function<bool()>& is_so) {
    std::unique_lock held{mutex_};
    REQUIRE(changed_.wait_for(held, std::chrono::seconds{30}, is_so));
  }

  /// Blocks until both processes of a task have ended.
  pod_status await_end(const std::string& name) {
    await([&] { return last_of(name).source && last_of(name).sidecar; });
    return last_of(name);
  }

  /// Removes a task and blocks until nothing of it is left.
  void remove(const std::string& name) {
    auto done = runtime->remove(name, {});
    REQUIRE(done);
    if (!*done)
      await([&] { return is_gone(name); });
    CHECK_FALSE(std::filesystem::exists(task_path(name)));
  }

  /// Blocks until a process writes a number to a named pipe.
  /// @returns the number.
  pid_t await_number(const std::string& pipe) {
    // Opened this way, it does not wait for the other end without limit.
    auto fd =
        ::open(folder.path(pipe).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(fd >= 0);
    pollfd waited{fd, POLLIN, 0};
    constexpr int patience = 60'000;
    auto came = ::poll(&waited, 1, patience);
    char digits[32] = {};
    auto size = came == 1 ? ::read(fd, digits, sizeof digits - 1) : 0;
    ::close(fd);
    REQUIRE(size > 0);
    auto out = static_cast<pid_t>(std::strtol(digits, nullptr, 10));
    REQUIRE(out > 0);
    return out;
  }

  std::string task_path(const std::string& name) const {
    return settings.data_dir + "/tasks/" + name;
  }

  std::string left(const std::string& what) const {
    return content_of(folder.path("left." + what));
  }

  scratch_folder folder;
  controller_settings settings;
  std::optional<data_folder> lock;
  std::unique_ptr<process_runtime> runtime;
  /// Called with each piece of news, on the runtime's thread. To be set before
  /// a task starts.
  std::function<void(const pod_status&)> on_news;
  /// Called in the same way with the end of each task that was removed.
  std::function<void(const pod_status&)> on_gone;

private:
  void note(const std::function<void()>& change) {
    std::lock_guard held{mutex_};
    change();
    changed_.notify_all();
  }

  /// Recursive, since conditions that `await` checks lock it, too.
  mutable std::recursive_mutex mutex_;
  std::condition_variable_any changed_;
  /// The last report of each task, by its name.
  std::map<std::string, pod_status> last_;
  std::set<std::string> gone_;
  bool listed_ = false;
};

} // namespace motorcade::test
