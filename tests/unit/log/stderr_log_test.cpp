// The console under many threads. `./dev tsan` runs this, too.

#include "runtime/log/stderr_log.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>
#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <regex>
#include <string>
#include <thread>
#include <vector>

using namespace motorcade;
using namespace motorcade::test;

namespace {

/// Sends stderr into a file while it lives, and puts the logger back that was
/// there before.
class stderr_to_file {
public:
  explicit stderr_to_file(const std::string& path)
      : before_{::dup(STDERR_FILENO)}, logger_{spdlog::default_logger()} {
    auto file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    REQUIRE(file >= 0);
    REQUIRE(::dup2(file, STDERR_FILENO) == STDERR_FILENO);
    ::close(file);
  }

  ~stderr_to_file() {
    std::fflush(stderr);
    ::dup2(before_, STDERR_FILENO);
    ::close(before_);
    spdlog::set_default_logger(logger_);
  }

  stderr_to_file(const stderr_to_file&) = delete;
  stderr_to_file& operator=(const stderr_to_file&) = delete;

private:
  int before_;
  std::shared_ptr<spdlog::logger> logger_;
};

} // namespace

TEST_CASE("lines of many threads are whole, and each has its time") {
  constexpr int threads = 64;
  constexpr int lines = 20;
  scratch_folder folder;
  {
    stderr_to_file redirect{folder.path("stderr")};
    start_stderr_log(log_level::info);
    std::vector<std::thread> writers;
    writers.reserve(threads);
    for (int thread = 0; thread < threads; ++thread)
      writers.emplace_back([thread] {
        for (int line = 0; line < lines; ++line) {
          auto name = std::to_string(thread) + '.' + std::to_string(line);
          // Of syncctl and the sidecar themselves, or of a connector.
          if (thread % 2 == 0) {
            spdlog::info("own {}", name);
            continue;
          }
          log_batch batch;
          batch.add(log_level::info, "line " + name);
          show_lines(batch);
          show_live_line("");
          flush_lines();
        }
      });
    for (auto& writer : writers)
      writer.join();
  }
  const std::regex whole{
      R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z I (own|source: line) )"
      R"((\d+\.\d+))"};
  std::map<std::string, int> seen;
  std::ifstream in{folder.path("stderr")};
  for (std::string line; std::getline(in, line);) {
    std::smatch parts;
    CAPTURE(line);
    REQUIRE(std::regex_match(line, parts, whole));
    ++seen[parts[2]];
  }
  CHECK(seen.size() == threads * lines);
  for (const auto& [name, times] : seen) {
    CAPTURE(name);
    CHECK(times == 1);
  }
}
