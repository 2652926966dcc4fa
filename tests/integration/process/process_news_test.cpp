// What is told of a local task, and when nothing more is.
#include "support/process_world.hpp"

#include <catch2/catch_all.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;

namespace {

/// Removes a task as soon as the first of its news is being told, and notes
/// what the listener hears once the task was let go.
class hasty_remover {
public:
  explicit hasty_remover(process_world& world) : world_{world} {
    world.on_news = [this](const pod_status& pod) {
      hear(pod);
    };
  }

  ~hasty_remover() {
    if (thread_.joinable())
      thread_.join();
  }

  hasty_remover(const hasty_remover&) = delete;
  hasty_remover& operator=(const hasty_remover&) = delete;

  /// Blocks until `remove` said that the task is gone.
  void await() {
    std::unique_lock lock{mutex_};
    REQUIRE(changed_.wait_for(lock, std::chrono::seconds{30},
                              [this] { return removed_; }));
  }

  bool heard_late() {
    std::lock_guard lock{mutex_};
    return late_;
  }

private:
  void hear(const pod_status& pod) {
    std::unique_lock lock{mutex_};
    late_ = late_ || removed_;
    if (pod.state != pod_state::ended && !thread_.joinable())
      return;
    if (!thread_.joinable())
      thread_ = std::thread{[this, name = pod.name] {
        while (!*world_.runtime->remove(name, {}))
          std::this_thread::yield();
        std::lock_guard held{mutex_};
        removed_ = true;
        changed_.notify_all();
      }};
    // The time in which a removal that waits for nothing would be through.
    late_ = late_
            || changed_.wait_for(lock, std::chrono::milliseconds{100},
                                 [this] { return removed_; });
  }

  process_world& world_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
  bool removed_ = false;
  bool late_ = false;
};

} // namespace

TEST_CASE("nothing is told of a task that was removed", "[news]") {
  process_world w;
  hasty_remover remover{w};
  w.write_connector("echo a row");
  auto name = w.start();
  remover.await();
  // This waits for the thread that tells.
  w.runtime.reset();
  CHECK_FALSE(remover.heard_late());
  CHECK_FALSE(std::filesystem::exists(w.task_path(name)));
}
