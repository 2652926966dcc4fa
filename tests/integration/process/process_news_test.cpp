// What is told of a local task, and when nothing more is.
#include "support/process_world.hpp"

#include <catch2/catch_all.hpp>

#include <condition_variable>
#include <mutex>
#include <optional>
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
    // Nothing is told any more, so that nothing calls this object.
    world_.runtime.reset();
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

/// Launches a task of the same name as soon as the end of the first is being
/// told, and notes whether it was launched before the listener had heard all.
class hasty_launcher {
public:
  explicit hasty_launcher(process_world& world) : world_{world} {
    world.on_gone = [this](const pod_status&) {
      launch_meanwhile();
    };
  }

  ~hasty_launcher() {
    {
      std::lock_guard lock{mutex_};
      closed_ = true;
    }
    if (thread_.joinable())
      thread_.join();
    // Nothing is told any more, so that nothing calls this object.
    world_.runtime.reset();
  }

  hasty_launcher(const hasty_launcher&) = delete;
  hasty_launcher& operator=(const hasty_launcher&) = delete;

  /// Blocks until the second task was launched, or refused.
  result<pod_status> await() {
    std::unique_lock lock{mutex_};
    REQUIRE(changed_.wait_for(lock, std::chrono::seconds{30},
                              [this] { return launched_.has_value(); }));
    return *launched_;
  }

  bool launched_early() {
    std::lock_guard lock{mutex_};
    return early_;
  }

private:
  void launch_meanwhile() {
    std::unique_lock lock{mutex_};
    if (closed_ || thread_.joinable())
      return;
    thread_ = std::thread{[this] {
      auto launched = world_.launch(world_.request());
      std::lock_guard held{mutex_};
      launched_.emplace(std::move(launched));
      changed_.notify_all();
    }};
    // The time in which a launch that waits for nothing would be through.
    early_ = changed_.wait_for(lock, std::chrono::milliseconds{300},
                               [this] { return launched_.has_value(); });
  }

  process_world& world_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::thread thread_;
  std::optional<result<pod_status>> launched_;
  bool early_ = false;
  bool closed_ = false;
};

} // namespace

TEST_CASE("a task that was removed is not reported", "[news]") {
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

TEST_CASE(
    "a task is launched once the end of the last one of its name was reported",
    "[news]") {
  process_world w;
  hasty_launcher launcher{w};
  // Nobody ever writes to the pipe.
  w.write_connector("echo a row; mkfifo $0.gate 2>&-; exec cat $0.gate");
  auto name = w.start();
  // Its end is being told as one that was removed, not before.
  REQUIRE(w.runtime->remove(name, {}));
  auto second = launcher.await();
  INFO((second ? "" : second.error().what));
  REQUIRE(second);
  CHECK(second->name == name);
  CHECK_FALSE(launcher.launched_early());
  // Nothing of the first was taken for the second.
  CHECK(std::filesystem::exists(w.task_path(name)));
}
