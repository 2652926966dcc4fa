#pragma once

#include "runtime/destination/choice/make_destination.hpp"
#include "runtime/destination/destination.hpp"

#include <catch2/catch_all.hpp>

#include <poll.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

namespace motorcade::support {

/// An upload and what became of it, for tests to wait for.
class upload_probe {
public:
  upload_probe(destination& to, upload_request request) {
    upload_ = to.open(std::move(request),
                      [heard = heard_](const upload_outcome& outcome) {
                        std::lock_guard lock{heard->mutex};
                        heard->outcomes.push_back(outcome);
                        heard->changed.notify_all();
                      });
  }

  upload* operator->() { return upload_.get(); }

  /// Writes lines, each without its newline, as one block.
  void write(const std::vector<std::string>& rows) {
    std::string text;
    for (const auto& row : rows)
      text += row + "\n";
    upload_->write(make_block(text, rows.size(), window_));
  }

  /// Waits until the destination has let go of all that was written.
  bool wait_until_taken() {
    while (!window_->open()) {
      pollfd fd{window_->wake_fd(), POLLIN, 0};
      if (::poll(&fd, 1, 30'000) <= 0)
        return false;
      window_->drain();
    }
    return true;
  }

  void let_go() { upload_.reset(); }

  /// Waits for the end; fails the test if it does not come.
  upload_outcome wait() {
    std::unique_lock lock{heard_->mutex};
    auto came = [&] {
      return !heard_->outcomes.empty();
    };
    REQUIRE(heard_->changed.wait_for(lock, patience, came));
    return heard_->outcomes.front();
  }

  upload_outcome finish() {
    upload_->finish();
    return wait();
  }

  size_t calls() const {
    std::lock_guard lock{heard_->mutex};
    return heard_->outcomes.size();
  }

private:
  /// With ThreadSanitizer, on a machine that has much else to do.
  static constexpr std::chrono::minutes patience{4};

  struct heard {
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<upload_outcome> outcomes;
  };

  std::shared_ptr<heard> heard_ = std::make_shared<heard>();
  byte_window_ptr window_ = std::make_shared<byte_window>(1);
  upload_ptr upload_;
};

/// @returns a request of task `t1` for a table.
inline upload_request request_for(std::string table,
                                  write_mode mode = write_mode::batch) {
  upload_request request;
  request.connection_id = "sync-1";
  request.table = std::move(table);
  request.task_id = "t1";
  request.mode = mode;
  return request;
}

/// @returns a request that merges by these columns.
inline upload_request keyed(std::string table, std::vector<key_path> key,
                            write_mode mode = write_mode::batch) {
  auto out = request_for(std::move(table), mode);
  out.primary_key = std::move(key);
  return out;
}

/// Opens a destination; fails the test if it cannot be.
inline destination_ptr destination_at(std::string url, std::string token = {}) {
  destination_settings settings;
  settings.url = std::move(url);
  settings.auth_token = std::move(token);
  auto made = make_destination(settings);
  if (!made)
    FAIL(made.error().what);
  return *made;
}

/// Fails the test unless the upload was committed.
inline void commit(const upload_outcome& outcome) {
  INFO((outcome.error ? outcome.error->what : ""));
  REQUIRE(outcome.committed());
}

/// @returns why an upload was not committed, or `committed`.
inline std::string reason(const upload_outcome& outcome) {
  return outcome.error ? outcome.error->what : "committed";
}

/// @returns `none` for a committed upload, or the code of its error.
inline ec code_of(const upload_outcome& outcome) {
  return outcome.error ? outcome.error->code : ec::none;
}

} // namespace motorcade::support
