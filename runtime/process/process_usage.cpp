#include "runtime/process/process_usage.hpp"

#include "runtime/base/whole_file.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <utility>

namespace motorcade {

namespace {

struct process_line {
  pid_t group = 0;
  double cpu_seconds = 0;
  uint64_t memory_bytes = 0;
};

/// Reads what stands in /proc/<pid>/stat (proc(5)).
process_line read_line(const std::filesystem::path& path) {
  static const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  static const auto page = static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  // The file is gone if the process has ended.
  const auto text = read_whole_file(path.string());
  // The process's name may hold blanks and parentheses itself.
  const auto at = text ? text->rfind(')') : std::string::npos;
  if (at == std::string::npos)
    return {};
  std::istringstream rest{text->substr(at + 1)};
  std::string skipped;
  process_line out;
  // state, ppid, pgrp; from there to utime and stime, and to rss.
  constexpr int from_group_to_times = 8;
  constexpr int from_times_to_pages = 8;
  uint64_t user = 0;
  uint64_t system = 0;
  uint64_t pages = 0;
  rest >> skipped >> skipped >> out.group;
  for (int i = 0; i < from_group_to_times; ++i)
    rest >> skipped;
  rest >> user >> system;
  for (int i = 0; i < from_times_to_pages; ++i)
    rest >> skipped;
  rest >> pages;
  if (!rest)
    return {};
  out.cpu_seconds = static_cast<double>(user + system) / ticks;
  out.memory_bytes = pages * page;
  return out;
}

} // namespace

std::map<std::string, pod_usage>
process_usage::measure(const std::map<pid_t, std::string>& groups) {
  auto now = clock::now();
  std::chrono::duration<double> passed = now - measured_at_;
  std::map<pid_t, double> spent;
  std::map<std::string, pod_usage> out;
  std::error_code failed;
  for (const auto& entry :
       std::filesystem::directory_iterator{"/proc", failed}) {
    auto name = entry.path().filename().string();
    if (name.empty() || name.front() < '0' || name.front() > '9')
      continue;
    auto line = read_line(entry.path() / "stat");
    auto group = groups.find(line.group);
    if (group == groups.end())
      continue;
    out[group->second].memory_bytes += line.memory_bytes;
    spent[line.group] += line.cpu_seconds;
  }
  for (const auto& [group, seconds] : spent)
    if (auto before = spent_.find(group); before != spent_.end())
      // The CPU time of processes that ended is no longer in the sum, which may
      // be less.
      out[groups.at(group)].cores =
          std::max(0.0, seconds - before->second) / passed.count();
  spent_ = std::move(spent);
  measured_at_ = now;
  return out;
}

} // namespace motorcade
