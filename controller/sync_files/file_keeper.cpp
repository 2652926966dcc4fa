#include "controller/sync_files/file_keeper.hpp"

#include "controller/sync_files/file_reconciler.hpp"
#include "runtime/base/log.hpp"
#include "runtime/base/quiet_thread.hpp"

#include <algorithm>
#include <chrono>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

constexpr database_patience keeping{10s, 30s};
constexpr std::chrono::milliseconds glance{500};

} // namespace

file_keeper::file_keeper(std::unique_ptr<sync_source> source,
                         const std::string& database_url,
                         const sealing_keys& keys, webhook_reach reach,
                         leadership_ptr lead,
                         std::function<void(std::vector<file_fault>)> tell,
                         sync_check check)
    : source_{std::move(source)},
      keys_{keys},
      reach_{std::move(reach)},
      lead_{std::move(lead)},
      tell_{std::move(tell)},
      check_{std::move(check)},
      store_{database_url, keeping},
      thread_{start_quiet_thread([this] { run(); })} {}

file_keeper::~file_keeper() {
  gate_.close();
  thread_.join();
}

void file_keeper::run() {
  while (gate_.wait(0ms)) {
    const auto led = lead_->term();
    look();
    const auto until = std::chrono::steady_clock::now() + source_->pause();
    // A process that begins to lead applies the definitions at once.
    while (gate_.wait(0ms) && lead_->term() == led) {
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(
          until - std::chrono::steady_clock::now());
      if (left <= 0ms)
        break;
      const auto step = std::min(glance, left);
      auto* watch = source_->watch();
      if (watch == nullptr)
        gate_.wait(step);
      else if (watch->wait(step))
        break;
    }
  }
}

void file_keeper::look() {
  auto files = source_->read([this] { return gate_.wait(0ms); });
  if (files && check_)
    for (auto& file : *files)
      if (file.fault.empty() && file.sync)
        if (auto fine = check_(*file.sync); !fine)
          file.fault = fine.error().what;
  std::vector<file_fault> faults;
  if (!files) {
    if (files.error().code == ec::cancelled)
      return;
    faults.push_back({source_->place(), files.error().what});
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
      log::error("{}: {}: {}; nothing is changed by it", source_->setting(),
                 one.file, one.error);
  known_ = faults;
}

} // namespace motorcade
