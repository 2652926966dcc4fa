#include "runtime/log/stderr_log.hpp"

#include "runtime/base/clock.hpp"
#include "runtime/base/spdlog_level.hpp"
#include "runtime/log/repeated_traces.hpp"
#include "schema/base/cut_text.hpp"
#include "schema/log/log_text.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <mutex>
#include <unistd.h>
#include <vector>

namespace motorcade {

namespace {

/// The most characters of a message on stderr; the whole is in the task's log.
constexpr size_t longest_shown = 4000;

struct stderr_state {
  std::mutex mutex;
  bool terminal = ::isatty(STDERR_FILENO) == 1;
  std::string live_line;
  log_level level = log_level::info;
  repeated_traces::shown_traces shown_traces =
      std::make_shared<repeated_traces::shown_traces::element_type>();
  /// The traces under way, by logger.
  std::map<std::string, repeated_traces, std::less<>> traces;
};

stderr_state& console() {
  static stderr_state state;
  return state;
}

/// Writes whole lines. Text of the connector's in them must not steer the
/// terminal. The caller holds the mutex.
void write_above_live_line(std::string_view lines) {
  auto& state = console();
  std::string out;
  if (!state.live_line.empty())
    out += "\r\x1b[K";
  out += clean_log_text(lines);
  out += state.live_line;
  std::fwrite(out.data(), 1, out.size(), stderr);
  std::fflush(stderr);
}

/// Calls `take` with each line of a text.
template <class Take>
void for_each_line(std::string_view text, Take take) {
  for (;;) {
    auto end = text.find('\n');
    auto line = text.substr(0, end);
    if (!line.empty() && line.back() == '\r')
      line.remove_suffix(1);
    take(line);
    if (end == std::string_view::npos || end + 1 == text.size())
      return;
    text.remove_prefix(end + 1);
  }
}

/// Formats under its own lock: the formatter keeps the time of the last line.
class stderr_sink : public spdlog::sinks::base_sink<std::mutex> {
protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    auto masked =
        clean_and_mask({message.payload.data(), message.payload.size()});
    spdlog::memory_buf_t text;
    // Each line carries time and level, so that they can be searched by them.
    for_each_line(masked, [&](std::string_view line) {
      auto one = message;
      one.payload = {line.data(), line.size()};
      formatter_->format(one, text);
    });
    std::lock_guard lock{console().mutex};
    write_above_live_line({text.data(), text.size()});
  }

  void flush_() override {}
};

} // namespace

void start_stderr_log(log_level level) {
  console().level = level;
  auto logger = std::make_shared<spdlog::logger>(
      "sidecar", std::make_shared<stderr_sink>());
  logger->set_level(to_spdlog(level));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%L%$ %v",
                      spdlog::pattern_time_type::utc);
  spdlog::set_default_logger(std::move(logger));
}

void show_lines(const log_batch& lines) {
  auto& state = console();
  std::string out;
  auto add = [&out](const std::vector<std::string>& shown) {
    for (const auto& line : shown)
      out += line + '\n';
  };
  std::lock_guard lock{state.mutex};
  auto& traces =
      state.traces.try_emplace(std::string{lines.logger}, state.shown_traces)
          .first->second;
  for (size_t i = 0; i < lines.size(); ++i) {
    auto [level, text] = lines[i];
    if (level < state.level)
      continue;
    auto head = to_iso8601_millis(lines.time_of(i)) + ' ' + to_string(level)[0]
                + ' ' + std::string{lines.logger} + ": ";
    auto masked = cut_middle(mask_line(lines.logger, text), longest_shown);
    for_each_line(masked, [&](std::string_view line) {
      add(traces.push(line, head + std::string{line}));
    });
    if (masked.find('\n') != std::string::npos)
      add(traces.close());
  }
  if (!out.empty())
    write_above_live_line(out);
}

void flush_lines() {
  auto& state = console();
  std::lock_guard lock{state.mutex};
  std::string out;
  for (auto& [logger, traces] : state.traces)
    for (const auto& line : traces.close())
      out += line + '\n';
  if (!out.empty())
    write_above_live_line(out);
}

bool stderr_is_terminal() {
  return console().terminal;
}

void show_live_line(std::string_view line) {
  auto& state = console();
  std::lock_guard lock{state.mutex};
  if (state.live_line.empty() && line.empty())
    return;
  auto out = "\r\x1b[K" + std::string{line};
  state.live_line = line;
  std::fwrite(out.data(), 1, out.size(), stderr);
  std::fflush(stderr);
}

} // namespace motorcade
