#pragma once

#include <spdlog/sinks/base_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade::test {

/// Keeps what is logged, all levels, while it lives; nothing of it is printed.
/// Of several the newest one is given the lines.
///
/// The logger is exchanged once in a process, by the first capture, which must
/// not meet other threads that log: spdlog reads its default logger without a
/// lock. Later captures take their turns behind that logger.
class log_capture {
public:
  log_capture() : kept_{std::make_shared<lines>()} { all().add(kept_); }

  ~log_capture() { all().remove(kept_); }

  log_capture(const log_capture&) = delete;
  log_capture& operator=(const log_capture&) = delete;

  /// @returns all lines so far.
  std::string text() const {
    std::lock_guard lock{kept_->guard};
    return kept_->text;
  }

  bool has(std::string_view part) const {
    return text().find(part) != std::string::npos;
  }

  /// Blocks until that was logged.
  /// @returns false if a minute was not enough.
  bool await(std::string_view part) const {
    std::unique_lock lock{kept_->guard};
    return kept_->changed.wait_for(lock, std::chrono::minutes{1}, [&] {
      return kept_->text.find(part) != std::string::npos;
    });
  }

private:
  struct lines {
    std::mutex guard;
    std::condition_variable changed;
    std::string text;
  };

  using lines_ptr = std::shared_ptr<lines>;

  /// Hands each line to the newest capture, or if there is none to the
  /// logger that was there before.
  class sink : public spdlog::sinks::base_sink<std::mutex> {
  public:
    explicit sink(std::shared_ptr<spdlog::logger> before)
        : before_{std::move(before)} {}

    void add(const lines_ptr& one) {
      std::lock_guard lock{mutex_};
      captures_.push_back(one);
    }

    void remove(const lines_ptr& one) {
      std::lock_guard lock{mutex_};
      captures_.erase(std::find(captures_.begin(), captures_.end(), one));
    }

  protected:
    void sink_it_(const spdlog::details::log_msg& message) override {
      if (captures_.empty()) {
        before_->log(message.time, message.source, message.level,
                     message.payload);
        return;
      }
      auto& to = *captures_.back();
      {
        std::lock_guard lock{to.guard};
        to.text.append(message.payload.data(), message.payload.size());
        to.text += '\n';
      }
      to.changed.notify_all();
    }

    void flush_() override { before_->flush(); }

  private:
    const std::shared_ptr<spdlog::logger> before_;
    std::vector<lines_ptr> captures_;
  };

  static sink& all() {
    static const std::shared_ptr<sink> made = [] {
      auto out = std::make_shared<sink>(spdlog::default_logger());
      auto logger = std::make_shared<spdlog::logger>("captured", out);
      logger->set_level(spdlog::level::trace);
      spdlog::set_default_logger(logger);
      return out;
    }();
    return *made;
  }

  lines_ptr kept_;
};

} // namespace motorcade::test
