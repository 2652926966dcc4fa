#pragma once

#include "runtime/base/clock.hpp"
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

  /// @returns the lines that have gathered; null: none.
  log_batch_ptr take() { return std::exchange(batch_, nullptr); }

private:
  std::shared_ptr<log_batch> batch_;
};

} // namespace motorcade
