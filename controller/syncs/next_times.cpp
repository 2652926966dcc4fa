#include "controller/syncs/next_times.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "runtime/base/log.hpp"

namespace motorcade {

namespace {

/// Rows that are looked at in one go.
constexpr size_t page_size = 500;

} // namespace

result<void> correct_next_times(sync_tables& rows, wall_time now) {
  std::string after;
  for (;;) {
    auto page = rows.records.due_later(now, after, page_size);
    if (!page)
      return page.error();
    if (page->empty())
      return {};
    after = page->back().id;
    for (const auto& row : *page) {
      const auto open = open_part_of(row);
      if (!open)
        continue;
      // The times of a schedule are the same whenever one asks, so the first
      // one from now on is never behind the one that was stored.
      const auto next = next_run_of(*open, row.id, now);
      if (!next || *row.next_run_at <= *next)
        continue;
      auto corrected = rows.records.advance(row.id, *row.next_run_at, next);
      if (!corrected)
        return corrected.error();
      if (*corrected)
        log::warn("sync {} was due only at {}, as a clock that was ahead has "
                  "stored it; by its schedule it is due at {}",
                  row.id, to_iso8601_millis(*row.next_run_at),
                  to_iso8601_millis(*next));
    }
  }
}

} // namespace motorcade
