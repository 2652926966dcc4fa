#include "runtime/destination/warehouse/warehouse_destination.hpp"

#include "runtime/base/quiet_thread.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace motorcade {

namespace {

/// The longest time for a call whose outcome the task does not need.
constexpr std::chrono::seconds longest_farewell{10};

/// Raises an interruption once a time is over, unless it ends before.
class time_limit {
public:
  time_limit(interruption& stop, std::chrono::milliseconds longest)
      : thread_{start_quiet_thread([this, &stop, longest] {
          std::unique_lock lock{mutex_};
          if (!wake_.wait_for(lock, longest, [this] { return over_; }))
            stop.raise();
        })} {}

  ~time_limit() {
    {
      const std::lock_guard lock{mutex_};
      over_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  time_limit(const time_limit&) = delete;
  time_limit& operator=(const time_limit&) = delete;

private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool over_ = false;
  std::thread thread_;
};

class warehouse_upload final : public upload {
public:
  warehouse_upload(std::weak_ptr<load_queue> queue, load_ptr load)
      : queue_{std::move(queue)}, load_{std::move(load)} {}

  ~warehouse_upload() override {
    if (const auto queue = queue_.lock())
      queue->abort(load_, false);
  }

  void write(block_ptr rows) override {
    if (const auto queue = queue_.lock())
      queue->write(load_, std::move(rows));
  }

  void note(const state_notes& notes) override {
    if (const auto queue = queue_.lock())
      queue->note(load_, notes);
  }

  void join(const joint_commit_ptr& joint) override {
    if (const auto queue = queue_.lock())
      queue->join(load_, joint);
  }

  void finish() override {
    if (const auto queue = queue_.lock())
      queue->finish(load_);
  }

  void abort() override {
    if (const auto queue = queue_.lock())
      queue->abort(load_, true);
  }

private:
  std::weak_ptr<load_queue> queue_;
  load_ptr load_;
};

} // namespace

size_t warehouse_threads(const destination_settings& settings) {
  constexpr size_t most = 4;
  return std::clamp<size_t>(settings.uploads, 1, most);
}

warehouse_destination::warehouse_destination(warehouse_traits traits)
    : traits_{std::move(traits)},
      queue_{
          std::make_shared<load_queue>(traits_.threads, traits_.make_loader)} {}

upload_ptr
warehouse_destination::open(upload_request request,
                            std::function<void(upload_outcome)> done) {
  auto one = std::make_shared<load>();
  one->place = traits_.locate(request);
  one->request = std::move(request);
  one->done = std::move(done);
  one->keeps_states = notes_states();
  queue_->open(one);
  return std::make_unique<warehouse_upload>(queue_, std::move(one));
}

std::string warehouse_destination::locate(const upload_request& request) const {
  return traits_.locate(request);
}

std::string
warehouse_destination::query_to_try(const upload_request& request) const {
  return traits_.query_to_try ? traits_.query_to_try(request) : std::string{};
}

result<void> warehouse_destination::drop_table(const upload_request& request) {
  const interruption never;
  return traits_.drop_table(request, never);
}

result<std::vector<state_note>>
warehouse_destination::noted_states(std::span<const upload_request> streams) {
  const interruption never;
  return traits_.find_notes && !streams.empty()
             ? traits_.find_notes(streams, never)
             : std::vector<state_note>{};
}

result<void>
warehouse_destination::forget_states(std::span<const upload_request> streams) {
  if (!traits_.forget_notes || streams.empty())
    return {};
  interruption stop;
  const time_limit limit{stop, longest_farewell};
  return traits_.forget_notes(streams, stop);
}

result<destination_ptr> make_warehouse(warehouse_traits traits) {
  try {
    return destination_ptr{
        std::make_shared<warehouse_destination>(std::move(traits))};
  } catch (const std::system_error& error) {
    return failure{ec::system_failed,
                   std::string{"cannot start a thread: "} + error.what()};
  }
}

} // namespace motorcade
