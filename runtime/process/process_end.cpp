#include "runtime/process/process_end.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <utility>

namespace motorcade {

failure_reason cannot_start(std::string_view container, std::string why) {
  auto out = platform_failure(container == sidecar_container
                                  ? "the sidecar cannot start"
                                  : "the connector cannot start");
  out.internal_message = std::move(why);
  out.type = failure_type::config_error;
  return out;
}

std::string why_not_executable(int error) {
  std::string out = std::strerror(error);
  if (error == ENOENT)
    out += ": the interpreter that its first line (#!) names, or the loader "
           "that it was linked for, is not there";
  if (error == ENOEXEC)
    out += ": it is no program for this machine, or a script without a first "
           "line like #!/bin/sh";
  return out;
}

container_end to_end(const keeper_report& report, bool cpu_is_limited) {
  constexpr int signalled = 128;
  container_end out;
  out.exit_code = report.number + (report.by_signal ? signalled : 0);
  out.reason = out.exit_code == 0 ? "Completed" : "Error";
  if (report.by_signal)
    out.message = "killed by signal " + std::to_string(report.number);
  if (report.by_signal && report.number == SIGXCPU && cpu_is_limited)
    out.message += ": it took more CPU time than SYNCCTL_PROCESS_CPU_SECONDS "
                   "allows";
  return out;
}

} // namespace motorcade
