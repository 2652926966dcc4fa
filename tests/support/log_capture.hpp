#pragma once

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace motorcade::test {

/// Keeps what is logged, all levels, while it lives; nothing of it is printed.
class log_capture {
public:
  log_capture()
      : before_{spdlog::default_logger()}, sink_{std::make_shared<sink>()} {
    auto logger = std::make_shared<spdlog::logger>("captured", sink_);
    logger->set_level(spdlog::level::trace);
    spdlog::set_default_logger(logger);
  }

  ~log_capture() { spdlog::set_default_logger(before_); }

  log_capture(const log_capture&) = delete;
  log_capture& operator=(const log_capture&) = delete;

  /// @returns all lines so far.
  std::string text() const {
    std::lock_guard lock{sink_->guard};
    return sink_->text;
  }

  bool has(std::string_view part) const {
    return text().find(part) != std::string::npos;
  }

  /// Blocks until that was logged.
  /// @returns false where a minute was not enough.
  bool await(std::string_view part) const {
    std::unique_lock lock{sink_->guard};
    return sink_->changed.wait_for(lock, std::chrono::minutes{1}, [&] {
      return sink_->text.find(part) != std::string::npos;
    });
  }

private:
  struct sink : spdlog::sinks::base_sink<std::mutex> {
    void sink_it_(const spdlog::details::log_msg& message) override {
      {
        std::lock_guard lock{guard};
        text.append(message.payload.data(), message.payload.size());
        text += '\n';
      }
      changed.notify_all();
    }

    void flush_() override {}

    mutable std::mutex guard;
    std::condition_variable changed;
    std::string text;
  };

  std::shared_ptr<spdlog::logger> before_;
  std::shared_ptr<sink> sink_;
};

} // namespace motorcade::test
