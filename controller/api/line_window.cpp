#include "controller/api/line_window.hpp"

namespace motorcade {

bool line_window::add(const log_row& row) {
  place at{row.time, row.id};
  if (!known_.insert(at).second)
    return false;
  if (place{end_.time, end_.id} < at)
    end_ = {row.time, row.id};
  if (known_.size() > most_) {
    begin_ = {known_.begin()->first, known_.begin()->second};
    known_.erase(known_.begin());
  }
  return true;
}

} // namespace motorcade
