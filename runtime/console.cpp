#include "runtime/console.hpp"

#include "runtime/clock.hpp"
#include "schema/log_text.hpp"

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <mutex>
#include <unistd.h>
#include <vector>

namespace motorcade {

namespace {

/// Of a line of the connector; the whole is in the task's log.
constexpr size_t longest_line = 4000;

struct console_state {
  std::mutex mutex;
  bool terminal = ::isatty(STDERR_FILENO) == 1;
  std::string live_line;
  log_level level = log_level::info;
  std::mutex secrets_mutex;
  std::vector<std::string> secrets;
};

console_state& console() {
  static console_state state;
  return state;
}

/// Writes whole lines, which may hold text of the connector's: it must not get
/// to steer the terminal. The caller holds the mutex.
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

class console_sink
    : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    auto line = mask_secrets(std::string{text.data(), text.size()});
    std::lock_guard lock{console().mutex};
    write_above_live_line(line);
  }

  void flush_() override {}
};

spdlog::level::level_enum to_spdlog(log_level level) {
  switch (level) {
  case log_level::trace:
    return spdlog::level::trace;
  case log_level::debug:
    return spdlog::level::debug;
  case log_level::info:
    return spdlog::level::info;
  case log_level::warn:
    return spdlog::level::warn;
  case log_level::error:
    return spdlog::level::err;
  case log_level::fatal:
    return spdlog::level::critical;
  }
  return spdlog::level::info;
}

} // namespace

void start_console(log_level level) {
  console().level = level;
  auto logger = std::make_shared<spdlog::logger>(
      "sidecar", std::make_shared<console_sink>());
  logger->set_level(to_spdlog(level));
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%L%$ %v",
                      spdlog::pattern_time_type::utc);
  spdlog::set_default_logger(std::move(logger));
}

void show_lines(const log_batch& lines) {
  auto& state = console();
  std::string out;
  auto time = to_iso8601_millis(lines.time);
  for (size_t i = 0; i < lines.size(); ++i) {
    auto [level, text] = lines[i];
    if (level < state.level)
      continue;
    out += time;
    out += ' ';
    out += to_string(level)[0];
    out += ' ';
    out += lines.logger;
    out += ": ";
    out += text.substr(0, longest_line);
    out += text.size() > longest_line ? "…\n" : "\n";
  }
  if (out.empty())
    return;
  out = mask_secrets(std::move(out));
  std::lock_guard lock{state.mutex};
  write_above_live_line(out);
}

bool console_is_terminal() {
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

void keep_secret(std::string secret) {
  // Shorter ones would mask ordinary words.
  if (secret.size() < 4)
    return;
  auto& state = console();
  std::lock_guard lock{state.secrets_mutex};
  state.secrets.push_back(std::move(secret));
}

std::string mask_secrets(std::string text) {
  auto& state = console();
  std::lock_guard lock{state.secrets_mutex};
  for (const auto& secret : state.secrets)
    for (size_t at = 0; (at = text.find(secret, at)) != std::string::npos;)
      text.replace(at, secret.size(), "***");
  return text;
}

failure_reason mask_secrets(failure_reason reason) {
  for (auto* text :
       {&reason.message, &reason.internal_message, &reason.stack_trace})
    *text = mask_secrets(std::move(*text));
  return reason;
}

} // namespace motorcade
