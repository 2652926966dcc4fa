#pragma once

#include "runtime/base/byte_window.hpp"
#include "runtime/stream/slab_parser.hpp"
#include "schema/json/json_view.hpp"

#include <memory>
#include <string_view>
#include <utility>

namespace motorcade {

/// The sidecar's own lines of the task's log, until they are handed over.
class own_lines {
public:
  /// Adds a line; bytes that are no UTF-8 are replaced.
  void add(log_level level, std::string_view text) {
    if (!batch_) {
      batch_ = std::make_shared<log_batch>();
      batch_->logger = "sidecar";
    }
    batch_->add(level, to_clean_text(text));
  }

  /// @param window Where the lines have a share until they are stored, so that
  /// a connector whose messages make many of them waits for a slow database.
  /// May be null.
  /// @returns the lines that have gathered; null: none.
  log_batch_ptr take(const byte_window_ptr& window) {
    if (batch_)
      batch_->share = window_share{window, batch_->bytes()};
    return std::exchange(batch_, nullptr);
  }

private:
  std::shared_ptr<log_batch> batch_;
};

} // namespace motorcade
