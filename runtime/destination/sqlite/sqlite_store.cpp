#include "runtime/destination/sqlite/sqlite_store.hpp"

#include "runtime/database/sql_text.hpp"
#include "runtime/destination/sqlite/sqlite_sql.hpp"
#include "runtime/destination/tables/time_text.hpp"

#include <poll.h>
#include <sqlite3.h>

#include <algorithm>

namespace motorcade {

namespace {

/// The longest wait for another writer of the file. A commit of many rows takes
/// seconds, not minutes.
constexpr int longest_wait_ms = 120'000;
constexpr int longest_pause_ms = 50;

/// Steps of SQLite's machine between two looks at whether to stop: some
/// milliseconds.
constexpr int steps_between_looks = 100'000;

int collate_times(void*, int size, const void* one, int other_size,
                  const void* other) {
  return compare_times({static_cast<const char*>(one), size_t(size)},
                       {static_cast<const char*>(other), size_t(other_size)});
}

} // namespace

void sqlite_store::open() {
  constexpr mode_t owner_and_group = 0640;
  auto opened = std::make_unique<sqlite_handle>(path_, owner_and_group);
  sqlite3_busy_handler(opened->get(), &sqlite_store::on_busy, this);
  sqlite3_progress_handler(opened->get(), steps_between_looks,
                           &sqlite_store::on_progress, this);
  sqlite3_create_collation_v2(opened->get(), time_collation, SQLITE_UTF8,
                              nullptr, &collate_times, nullptr);
  // Temporary tables need no durable journal: their rows are sent again after a
  // crash.
  opened->run("PRAGMA temp.journal_mode = MEMORY; "
              "PRAGMA temp.cache_size = -4096; "
              "PRAGMA main.cache_size = -16384");
  handle_ = std::move(opened);
}

result<void> sqlite_store::check_place() const {
  int moved = 0;
  ::sqlite3_file_control(handle_->get(), "main", SQLITE_FCNTL_HAS_MOVED,
                         &moved);
  if (moved == 0)
    return {};
  return failure{ec::destination_unavailable,
                 "sqlite file " + path_
                     + ": it was removed, or another file is in its place, "
                       "since it was opened; the rows before are lost with it "
                       "unless it is put back"};
}

int sqlite_store::on_busy(void* store, int) {
  auto& self = *static_cast<sqlite_store*>(store);
  if (self.stop_ == nullptr || self.waited_ms_ >= longest_wait_ms)
    return 0;
  const auto pause = std::clamp(self.waited_ms_ / 4, 1, longest_pause_ms);
  self.waited_ms_ += pause;
  // SQLite does not notify when a lock becomes free: the file is tried again.
  pollfd stop{self.stop_->fd(), POLLIN, 0};
  ::poll(&stop, 1, pause);
  return self.stop_->raised() ? 0 : 1;
}

int sqlite_store::on_progress(void* store) {
  const auto* stop = static_cast<sqlite_store*>(store)->stop_;
  return stop != nullptr && stop->raised() ? 1 : 0;
}

failure sqlite_store::explain(const sqlite_error& error,
                              const interruption& stop) const {
  const auto code = stop.raised() ? ec::cancelled
                    : error.code() == ec::database_unavailable
                        ? ec::destination_unavailable
                        : ec::destination_rejected;
  return {code,
          "sqlite file " + path_ + ": " + one_line(repair_text(error.what()))};
}

} // namespace motorcade
