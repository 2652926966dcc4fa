#pragma once

#include "runtime/base/clock.hpp"
#include "schema/task/inquiry_session.hpp"
#include "schema/task/task_status.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace motorcade {

/// Names the answer of a spec, check or discover.
struct inquiry_key {
  inquiry command = inquiry::spec;
  /// Of a spec; of a discover only if it is not empty.
  std::string package;
  std::string version;
  /// The storage key of a check or discover.
  std::string key;
};

/// What a spec, check or discover has answered, as its table keeps it.
struct inquiry_answer {
  task_status status = task_status::running;
  /// The spec or the catalog, JSON; empty: there is none, or it is too large.
  std::string document;
  /// The bytes of the document, even if it is too large.
  uint64_t document_bytes = 0;
  /// The message of a check, or why the task failed; empty: none.
  std::string message;
  /// When it was stored; nothing: it is not known.
  std::optional<wall_time> time;
};

} // namespace motorcade
