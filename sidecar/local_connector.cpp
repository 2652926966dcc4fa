#include "sidecar/local_connector.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"
#include "runtime/files/folder_removal.hpp"
#include "runtime/stream/exit_code_file.hpp"

#include <sys/prctl.h>

#include <chrono>
#include <csignal>
#include <utility>

namespace motorcade {

namespace {

constexpr auto longest_goodbye = std::chrono::seconds{10};

} // namespace

result<scratch_directory> scratch_directory::make() {
  auto path = make_private_directory("motorcade-");
  if (!path)
    return path.error();
  return scratch_directory{std::move(*path)};
}

scratch_directory::scratch_directory(scratch_directory&& other) noexcept
    : path_{std::exchange(other.path_, {})} {}

scratch_directory::~scratch_directory() {
  if (path_.empty())
    return;
  if (auto removed = remove_tree(path_); !removed)
    log::warn("{}", removed.error().what);
}

result<void>
local_connector::start(const std::vector<std::string>& command,
                       const std::vector<std::string>& child_variables,
                       const sidecar_settings& settings) {
  for (const auto& path :
       {settings.stdout_pipe_file, settings.stderr_pipe_file})
    if (auto made = make_fifo(path); !made)
      return made.error();
  // Hides this process's environment: without this, any process of the same
  // user can read it in /proc.
  ::prctl(PR_SET_DUMPABLE, 0);
  auto child = child_process::start(command, settings.stdout_pipe_file,
                                    settings.stderr_pipe_file, child_variables);
  if (!child)
    return child.error();
  child_.emplace(std::move(*child));
  // A thread of its own waits for the connector, so that the exit code comes in
  // the same way as in a Pod.
  reaper_ = start_quiet_thread([this, path = settings.exit_code_file] {
    auto code = child_->wait();
    if (auto put = write_exit_code(path, code); !put)
      log::error("{}", put.error().what);
  });
  return {};
}

void local_connector::end() {
  if (!child_->wait_for(std::chrono::milliseconds{200})) {
    child_->signal(SIGTERM);
    if (!child_->wait_for(longest_goodbye))
      child_->signal(SIGKILL);
  }
  reaper_.join();
}

} // namespace motorcade
