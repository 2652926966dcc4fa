#pragma once

#include "runtime/base/file_handle.hpp"
#include "runtime/process/task_keeper.hpp"

#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>

namespace motorcade {

/// Starts keepers by a fork server (`run_fork_server`), a process of the
/// sidecar's program that is started when it is first needed, and again if it
/// was killed. Where it does not serve, keepers are started without it. Not
/// thread-safe. The process must be a subreaper.
class sidecar_forks {
public:
  /// @param program The sidecar's; empty: no fork server.
  explicit sidecar_forks(std::string program) : program_{std::move(program)} {}

  /// Ends the fork server; keepers live on.
  ~sidecar_forks() { end(); }

  sidecar_forks(const sidecar_forks&) = delete;
  sidecar_forks& operator=(const sidecar_forks&) = delete;

  /// Does what `start_task_keeper` does.
  result<task_keeper> start(const keeper_plan& plan);

  /// @returns the fork server's process id; 0: there is none.
  pid_t server() const noexcept { return server_; }

  /// Ends the fork server.
  void end();

private:
  /// Starts the fork server.
  /// @returns whether it is ready.
  bool begin();

  /// Has the fork server start a keeper.
  /// @returns nothing if the server does not answer.
  std::optional<result<task_keeper>> ask(const keeper_plan& plan) const;

  /// Empty once the program proved to be no fork server.
  std::string program_;
  pid_t server_ = 0;
  file_handle socket_;
};

} // namespace motorcade
