#include "schema/task/headline_reason.hpp"

namespace motorcade {

namespace {

/// @returns the rank of a reason: the smaller, the better.
int rank(const failure_reason& reason) {
  if (reason.type == failure_type::config_error)
    return 0;
  return reason.message.empty() || reason.message == error_without_message ? 2
                                                                           : 1;
}

} // namespace

void headline_reason::add(const failure_reason& reason) {
  if (!best_ || rank(reason) < rank(*best_))
    best_ = reason;
}

} // namespace motorcade
