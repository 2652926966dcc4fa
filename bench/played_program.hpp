#pragma once

#include "runtime/base/file_handle.hpp"

#include <sys/resource.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace motorcade::bench {

/// Starts a program that is to be measured. Throws std::runtime_error. One that
/// cannot be run ends with 127.
/// @param command The program, found by PATH, and its arguments.
/// @param variables Its whole environment.
/// @param out_fd Its standard output; negative: that of this process.
/// @returns the child, for `wait_for_end`.
pid_t start_program(const std::vector<std::string>& command,
                    const std::map<std::string, std::string>& variables,
                    int out_fd);

/// Opens FIFOs as a child opens them for reading, in whichever order. Throws
/// std::runtime_error if the child ends before it has opened all, e.g. since
/// there is no such program; the child is left to be waited for.
/// @param program The child's, for the error.
std::vector<file_handle> open_for_writing(const std::vector<std::string>& paths,
                                          pid_t reader,
                                          const std::string& program);

/// @returns the largest resident set of a living process so far, in bytes; 0
/// if it is none any more, or is still a copy of this one.
uint64_t peak_memory(pid_t id);

/// Follows a process until it ends. Its own rusage would not do: that begins
/// with what the process was before `exec`, a copy of this one.
/// @returns the largest resident set that was seen, in bytes. What a process
/// took in its last 20 ms may be missing. Throws std::runtime_error.
uint64_t watch_memory(pid_t id);

/// Waits for a child's end. Throws std::runtime_error.
/// @param status Set as by wait(2).
/// @param cpu Set to the seconds that it worked, user and system.
/// @returns what the kernel counted for it.
rusage wait_for_end(pid_t id, int& status, double& cpu);

} // namespace motorcade::bench
