#include "bench/playing.hpp"

#include "bench/played_program.hpp"
#include "runtime/process/process.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

namespace motorcade::bench {

namespace {

using seconds = std::chrono::duration<double>;

/// A directory with two FIFOs and the connector's files.
struct stage {
  stage() {
    auto made = make_private_directory("replay-");
    if (!made)
      throw std::runtime_error{made.error().what};
    path = *made;
    for (const auto* name : {"/stdout", "/stderr"})
      if (auto fifo = make_fifo(path + name); !fifo)
        throw std::runtime_error{fifo.error().what};
  }

  ~stage() {
    std::error_code ignored; // A folder that is left in /tmp does no harm.
    std::filesystem::remove_all(path, ignored);
  }

  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;

  std::string path;
};

uint64_t count_rows(std::string_view lines) {
  uint64_t rows = 0;
  for (size_t at = 0; at < lines.size();) {
    auto end = std::min(lines.find('\n', at), lines.size());
    // Cheap and good enough: replay plays recordings, not garbage.
    rows +=
        lines.substr(at, end - at).find("\"RECORD\"") != std::string_view::npos;
    at = end + 1;
  }
  return rows;
}

/// @returns false once the other side has gone away.
bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

/// Writes line by line at a given pace and notes when.
bool write_paced(int fd, const play_settings& settings, uint64_t& rows,
                 std::vector<milestone>& written) {
  auto start = bench_clock::now();
  auto text = settings.recording;
  double first_emitted = -1;
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size() - 1);
    auto line = text.substr(0, end + 1);
    text.remove_prefix(line.size());
    auto is_row = line.find("\"RECORD\"") != std::string_view::npos;
    auto due = start;
    if (is_row && settings.rows_per_second > 0) {
      due += std::chrono::duration_cast<bench_clock::duration>(
          seconds{static_cast<double>(rows) / settings.rows_per_second});
    } else if (settings.own_timing) {
      constexpr std::string_view key = "\"emitted_at\":";
      if (auto at = line.rfind(key); at != std::string_view::npos) {
        auto emitted =
            std::strtod(std::string{line.substr(at + key.size())}.c_str(),
                        nullptr)
            / 1e3;
        if (first_emitted < 0)
          first_emitted = emitted;
        due += std::chrono::duration_cast<bench_clock::duration>(
            seconds{std::max(0.0, emitted - first_emitted)});
      }
    }
    std::this_thread::sleep_until(due);
    if (is_row)
      written.push_back({++rows, bench_clock::now()});
    if (!write_all(fd, line))
      return false;
  }
  return true;
}

double quantile(std::vector<double>& sorted, double q) {
  return sorted[static_cast<size_t>(q
                                    * static_cast<double>(sorted.size() - 1))];
}

void measure_latency(const std::vector<milestone>& written,
                     const std::vector<milestone>& arrived, play_figures& out) {
  std::vector<double> waits;
  size_t next = 0;
  for (const auto& row : written) {
    while (next < arrived.size() && arrived[next].rows < row.rows)
      ++next;
    if (next == arrived.size())
      break;
    waits.push_back(seconds{arrived[next].when - row.when}.count() * 1e3);
  }
  if (waits.empty())
    return;
  std::sort(waits.begin(), waits.end());
  out.p50 = quantile(waits, 0.5);
  out.p99 = quantile(waits, 0.99);
}

/// @returns the seconds for which the machine's cores have worked so far, all
/// together (proc(5), /proc/stat: user, nice, system, idle, iowait, irq,
/// softirq, steal).
double machine_busy_seconds() {
  std::ifstream file{"/proc/stat"};
  std::string cpu;
  file >> cpu;
  double busy = 0;
  for (auto column = 0; column < 8; ++column) {
    double ticks = 0;
    file >> ticks;
    busy += column == 3 || column == 4 ? 0 : ticks;
  }
  return busy / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

} // namespace

play_figures play(const play_settings& settings, counting_sink& sink) {
  stage where;
  std::ofstream{where.path + "/catalog.json"} << settings.catalog;
  auto variables = settings.environment;
  auto set = [&](const char* name, const std::string& value) {
    variables.emplace(name, value);
  };
  set("COMMAND", "read");
  set("STDOUT_PIPE_FILE", where.path + "/stdout");
  set("STDERR_PIPE_FILE", where.path + "/stderr");
  set("CONFIG_DIR", where.path);
  set("BULKER_URL", settings.bulker_url.empty()
                        ? "http://127.0.0.1:" + std::to_string(sink.port())
                        : settings.bulker_url);
  set("DATABASE_URL", settings.database);
  set("PACKAGE", "replay");
  set("PACKAGE_VERSION", "1");
  set("SYNC_ID", "replay");
  set("TASK_ID",
      "replay-" + std::to_string(::getpid()) + "-"
          + std::to_string(bench_clock::now().time_since_epoch().count()));
  set("LOG_LEVEL", "warn");
  // The caller's settings for the sidecar, and PATH.
  for (auto** variable = environ; *variable != nullptr; ++variable)
    if (const auto* equals = std::strchr(*variable, '='))
      variables.emplace(
          std::string(*variable, static_cast<size_t>(equals - *variable)),
          equals + 1);
  sink.reset(settings.rows_per_second > 0);
  std::vector<std::string> command{settings.sidecar};
  command.insert(command.end(), settings.sidecar_arguments.begin(),
                 settings.sidecar_arguments.end());
  auto id = start_program(command, variables, -1);
  auto peak = std::async(std::launch::async, [id] { return watch_memory(id); });
  auto pipes = open_for_writing(
      {where.path + "/stdout", where.path + "/stderr"}, id, settings.sidecar);
  const auto out = pipes.front().get();
  play_figures figures;
  std::vector<milestone> written;
  auto rows_once = count_rows(settings.recording);
  const auto busy = machine_busy_seconds();
  auto begun = bench_clock::now();
  auto fine = true;
  if (settings.silent_seconds > 0)
    std::this_thread::sleep_for(seconds{settings.silent_seconds});
  for (uint64_t i = 0; i < settings.repeat && fine; ++i) {
    if (settings.rows_per_second > 0 || settings.own_timing) {
      fine = write_paced(out, settings, figures.rows, written);
    } else {
      fine = write_all(out, settings.recording);
      figures.rows += rows_once;
    }
    figures.bytes += settings.recording.size();
  }
  // A short run may be over before it is looked at again: here it is sure to
  // be a sidecar, that has its pipes open.
  auto while_open = peak_memory(id);
  pipes.clear();
  int status = 0;
  const auto used = wait_for_end(id, status, figures.cpu_seconds);
  auto ended = bench_clock::now();
  figures.whole_seconds = seconds{ended - begun}.count();
  figures.seconds = settings.bulker_url.empty() && sink.requests() > 0
                        ? seconds{sink.last_answer() - begun}.count()
                        : figures.whole_seconds;
  figures.context_switches =
      static_cast<uint64_t>(used.ru_nvcsw + used.ru_nivcsw);
  figures.cores_busy = (machine_busy_seconds() - busy) / figures.whole_seconds;
  figures.peak_rss_bytes = std::max(while_open, peak.get());
  figures.delivered_rows = sink.rows();
  figures.exit_code =
      WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  if (settings.rows_per_second > 0)
    measure_latency(written, sink.arrivals(), figures);
  return figures;
}

namespace {

int connect_to(const counting_sink& sink) {
  auto to = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(sink.port());
  if (to < 0
      || ::connect(to, reinterpret_cast<sockaddr*>(&address), sizeof(address))
             != 0)
    throw std::runtime_error{std::string{"connecting to the sink: "}
                             + std::strerror(errno)};
  return to;
}

} // namespace

double push_directly(std::string_view recording, uint64_t repeat,
                     counting_sink& sink) {
  sink.reset(false);
  auto to = connect_to(sink);
  auto begun = bench_clock::now();
  for (uint64_t i = 0; i < repeat; ++i)
    write_all(to, recording);
  ::close(to);
  sink.wait_for_raw_end();
  return seconds{bench_clock::now() - begun}.count();
}

floor_figures play_floor(std::string_view recording, uint64_t repeat,
                         counting_sink& sink) {
  stage where;
  sink.reset(false);
  auto to = connect_to(sink);
  auto id = start_program({"cat", where.path + "/stdout"},
                          {{"PATH", std::getenv("PATH")}}, to);
  ::close(to);
  auto pipes = open_for_writing({where.path + "/stdout"}, id, "cat");
  auto begun = bench_clock::now();
  for (uint64_t i = 0; i < repeat; ++i)
    write_all(pipes.front().get(), recording);
  pipes.clear();
  sink.wait_for_raw_end();
  floor_figures floor{seconds{bench_clock::now() - begun}.count(), 0};
  int status = 0;
  wait_for_end(id, status, floor.cpu_seconds);
  if (sink.bytes() != recording.size() * repeat)
    throw std::runtime_error{"the floor lost bytes"};
  return floor;
}

} // namespace motorcade::bench
