#pragma once

#include "runtime/log/leading_lines.hpp"
#include "runtime/log/log_batch.hpp"

#include <optional>

namespace motorcade {

/// Corrects the lines of text of a slab by the slabs of the same pipe before
/// it: a line that continues a line of an earlier slab gets the level of that
/// line, and one that may be the rest of a config is not shown. Slabs are
/// parsed by several threads, so this is done once they are in order again.
class log_joint {
public:
  /// Takes the next slab.
  /// @param logs Its lines; null: none are kept.
  void join(log_batch* logs, const leading_lines& lead);

private:
  /// Looks at the slab's lines once more, with what is known of the slabs
  /// before it, and replaces the texts of those that may be the rest of a
  /// config.
  void hide_rest(log_batch* logs, const leading_lines& lead);

  std::optional<log_level> head_;
  withheld_lines withheld_;
};

} // namespace motorcade
