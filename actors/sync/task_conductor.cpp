#include "actors/sync/task_conductor.hpp"

#include <utility>

namespace motorcade {

void task_conductor::go_on(source_reading::end ended) {
  if (ended)
    end_reading(std::move(*ended));
}

void task_conductor::break_off(const failure& reason) {
  if (reason.code == ec::cancelled)
    cancel(reason.what);
  else if (source_ && source_->is_under_way())
    go_on(source_->decide({session_end::broken, std::nullopt, reason.what},
                          now()));
  else if (!is_over())
    crew_->log(log_level::error, reason.what);
}

} // namespace motorcade
