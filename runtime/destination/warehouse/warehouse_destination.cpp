#include "runtime/destination/warehouse/warehouse_destination.hpp"

#include <system_error>
#include <utility>

namespace motorcade {

namespace {

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
