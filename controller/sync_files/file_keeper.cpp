#include "controller/sync_files/file_keeper.hpp"

#include "controller/sync_files/file_reconciler.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"
#include "runtime/stream/folder_watch.hpp"

#include <algorithm>
#include <chrono>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr database_patience keeping{10s, 30s};
/// The pause between two looks at a folder that has not changed: secrets in
/// other files may have changed.
constexpr auto usual_pause = 30s;
constexpr auto glance = 500ms;

} // namespace

file_keeper::file_keeper(std::string folder, const std::string& database_url,
                         const sealing_keys& keys, webhook_reach reach,
                         leadership_ptr lead,
                         std::function<void(std::vector<file_fault>)> tell)
    : folder_{std::move(folder)},
      keys_{keys},
      reach_{std::move(reach)},
      lead_{std::move(lead)},
      tell_{std::move(tell)},
      store_{database_url, keeping},
      thread_{start_quiet_thread([this] { run(); })} {}

file_keeper::~file_keeper() {
  gate_.close();
  thread_.join();
}

void file_keeper::run() {
  folder_watch watch;
  auto watched = false;
  while (gate_.wait(0ms)) {
    if (!watched)
      if (auto opened = folder_watch::open(folder_)) {
        watch = std::move(*opened);
        watched = true;
      }
    const auto led = lead_->term();
    look();
    const auto end = std::chrono::steady_clock::now() + usual_pause;
    // A process that begins to lead applies the files at once.
    while (gate_.wait(watched ? 0ms : glance) && lead_->term() == led
           && std::chrono::steady_clock::now() < end)
      if (watched && watch.wait(glance))
        break;
  }
}

void file_keeper::look() {
  const auto files = read_sync_folder(folder_, values_of_process());
  std::vector<file_fault> faults;
  if (!files) {
    faults.push_back({folder_, files.error().what});
  } else if (lead_->term() == 0) {
    for (const auto& file : *files)
      if (!file.fault.empty())
        faults.push_back({file.name, file.fault});
  } else {
    auto done = store_.use_rows([&](sync_tables& rows) {
      return reconcile_files(rows, keys_, reach_, *files, utc_now());
    });
    // An outage of the database is logged elsewhere; the next look goes on.
    if (!done)
      return;
    faults = std::move(*done);
  }
  log_faults(faults);
  tell_(faults);
}

void file_keeper::log_faults(const std::vector<file_fault>& faults) {
  for (const auto& one : faults)
    if (std::find(known_.begin(), known_.end(), one) == known_.end())
      log::error("SYNCCTL_SYNCS_DIR: {}: {}; nothing is changed by it",
                 one.file, one.error);
  known_ = faults;
}

} // namespace motorcade
