// That one process alone runs a sync, in both databases.

#include "runtime/base/file_handle.hpp"
#include "runtime/database/database_url.hpp"
#include "runtime/sync_lock/sync_lock.hpp"
#include "runtime/sync_lock/sync_lock_keeper.hpp"
#include "support/database_world.hpp"

#include <catch2/catch_all.hpp>

#include <sys/eventfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <thread>

using namespace motorcade;
using namespace motorcade::test;
using namespace std::chrono_literals;

namespace {

sync_lock_ptr lock_of(const std::string& url, const std::string& sync,
                      const std::string& task) {
  auto made = make_sync_lock(url, sync, this_run(task));
  REQUIRE(made);
  return std::move(*made);
}

bool is_taken(const result<void>& outcome, const std::string& by) {
  REQUIRE_FALSE(outcome);
  INFO(outcome.error().what);
  CHECK(outcome.error().code == ec::already_exists);
  return outcome.error().what.find("task " + by + " (host ")
         != std::string::npos;
}

/// Takes what another holder is about to let go of.
void take_soon(sync_lock& lock) {
  auto taken = wait_for_sync(lock, std::chrono::milliseconds::max(), -1);
  INFO((taken ? std::string{} : taken.error().what));
  REQUIRE(taken);
}

/// A process that holds a lock and does nothing.
class holder {
public:
  holder(const std::string& url, const std::string& sync) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    child_ = ::fork();
    REQUIRE(child_ >= 0);
    if (child_ == 0) {
      auto lock = make_sync_lock(url, sync, this_run("child"));
      auto held = lock && (*lock)->take();
      [[maybe_unused]] auto told = ::write(ends[1], held ? "y" : "n", 1);
      for (;;)
        ::pause();
    }
    char answer = 'n';
    CHECK(::read(ends[0], &answer, 1) == 1);
    CHECK(answer == 'y');
    ::close(ends[0]);
    ::close(ends[1]);
  }

  ~holder() { kill(); }

  void kill() {
    if (child_ <= 0)
      return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
  }

private:
  pid_t child_ = -1;
};

/// @returns the file of a world of SQLite.
std::filesystem::path file_of(database_world& world) {
  auto path = parse_sqlite_url(world.url());
  REQUIRE(path);
  return *path;
}

void try_lock(database_world& world) {
  const auto url = world.url();
  auto first = lock_of(url, "s", "t1");
  auto second = lock_of(url, "s", "t2");
  auto other = lock_of(url, "other", "t3");
  REQUIRE(first->take());
  // Once more, as who keeps it does.
  CHECK(first->take());
  CHECK(is_taken(second->take(), "t1"));
  CHECK(is_taken(second->take(), "t1"));
  CHECK(other->take());
  first.reset();
  take_soon(*second);
  auto third = lock_of(url, "s", "t4");
  CHECK(is_taken(third->take(), "t2"));
  CHECK(is_taken(wait_for_sync(*third, 0s, -1), "t2"));
}

/// @returns whether something waits for a lock.
bool someone_waits(database_world& world) {
  if (world.is_postgres())
    return !world
                .query("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND "
                       "NOT granted")
                .empty();
  std::ifstream locks{"/proc/locks"};
  const auto process = " " + std::to_string(::getpid()) + " ";
  for (std::string line; std::getline(locks, line);)
    if (line.find("-> FLOCK") != std::string::npos
        && line.find(process) != std::string::npos)
      return true;
  return false;
}

/// A lock that is held, and a second run that waits for it in a thread.
struct waiting_run {
  explicit waiting_run(database_world& world)
      : held{lock_of(world.url(), "s", "t1")},
        wanted{lock_of(world.url(), "s", "t2")} {
    REQUIRE(stop);
    REQUIRE(held->take());
    outcome = std::async(std::launch::async, [this] {
      return wait_for_sync(*wanted, 1h, stop.get());
    });
    while (!someone_waits(world))
      std::this_thread::yield();
    begin = std::chrono::steady_clock::now();
  }

  /// Long before it would have looked again by itself.
  result<void> end_at_once() {
    auto out = outcome.get();
    CHECK(std::chrono::steady_clock::now() - begin < 5s);
    return out;
  }

  motorcade::file_handle stop{::eventfd(0, EFD_CLOEXEC)};
  sync_lock_ptr held;
  sync_lock_ptr wanted;
  std::future<result<void>> outcome;
  std::chrono::steady_clock::time_point begin;
};

void try_to_wait(database_world& world) {
  {
    waiting_run run{world};
    REQUIRE(::eventfd_write(run.stop.get(), 1) == 0);
    auto stopped = run.end_at_once();
    REQUIRE_FALSE(stopped);
    CHECK(stopped.error().code == ec::cancelled);
    CHECK_THAT(stopped.error().what,
               Catch::Matchers::ContainsSubstring("task t1 (host "));
    // What was readable before ends the wait as well.
    auto again = wait_for_sync(*run.wanted, 1h, run.stop.get());
    REQUIRE_FALSE(again);
    CHECK(again.error().code == ec::cancelled);
    // A wait that was ended leaves nothing behind.
    run.held.reset();
    take_soon(*run.wanted);
  }
  waiting_run run{world};
  run.held.reset();
  CHECK(run.end_at_once());
  CHECK(is_taken(lock_of(world.url(), "s", "t3")->take(), "t2"));
}

void try_kill(database_world& world) {
  // Tables or none: the lock needs nothing of them.
  holder dying{world.url(), "s"};
  auto next = lock_of(world.url(), "s", "t");
  CHECK(is_taken(next->take(), "child"));
  dying.kill();
  take_soon(*next);
  CHECK(next->take());
}

/// What a keeper says when it has lost its lock.
struct loss {
  std::function<void(const failure&)> listener() {
    return [this](const failure& why) {
      std::lock_guard lock{mutex};
      said = why;
      changed.notify_all();
    };
  }

  bool came() {
    std::unique_lock lock{mutex};
    return changed.wait_for(lock, 60s, [this] { return said.has_value(); });
  }

  std::mutex mutex;
  std::condition_variable changed;
  std::optional<failure> said;
};

/// Ends all connections that hold a lock of ours in this schema.
void cut(database_world& world) {
  world.query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
              "query LIKE 'SELECT ''motorcade runs task cut-%' AND pid <> "
              "pg_backend_pid()");
}

} // namespace

TEST_CASE("only one process runs a sync, in Postgres", "[lock]") {
  auto world = postgres_world();
  try_lock(*world);
}

TEST_CASE("only one process runs a sync, in SQLite", "[lock]") {
  auto world = sqlite_world();
  try_lock(*world);
}

TEST_CASE("a wait for a sync ends at its event, in Postgres", "[lock]") {
  auto world = postgres_world();
  try_to_wait(*world);
}

TEST_CASE("a wait for a sync ends at its event, in SQLite", "[lock]") {
  auto world = sqlite_world();
  try_to_wait(*world);
}

TEST_CASE("a lock dies with its holder, in Postgres", "[lock]") {
  auto world = postgres_world();
  try_kill(*world);
}

TEST_CASE("a lock dies with its holder, in SQLite", "[lock]") {
  auto world = sqlite_world();
  try_kill(*world);
}

TEST_CASE("a lock of SQLite leaves no file behind", "[lock]") {
  auto world = sqlite_world();
  auto path = file_of(*world);
  auto files = [&] {
    size_t n = 0;
    for (const auto& one :
         std::filesystem::directory_iterator{path.parent_path()})
      n += one.path().extension() == ".lock" ? 1u : 0u;
    return n;
  };
  {
    auto lock = lock_of(world->url(), "s", "t");
    REQUIRE(lock->take());
    CHECK(files() == 1);
    // By another path.
    auto folder = path.parent_path();
    auto link = folder.string() + "-link";
    std::filesystem::create_directory_symlink(folder, link);
    auto other =
        lock_of("sqlite://" + link + "/" + path.filename().string(), "s", "t2");
    CHECK(is_taken(other->take(), "t"));
    std::filesystem::remove(link);
  }
  CHECK(files() == 0);
}

TEST_CASE("a sync of another schema is another sync", "[lock]") {
  auto world = postgres_world();
  auto beside = postgres_world();
  auto one = lock_of(world->url(), "s", "t1");
  auto other = lock_of(beside->url(), "s", "t2");
  CHECK(one->take());
  CHECK(other->take());
}

TEST_CASE("a lock that was lost with its connection is taken again", "[lock]") {
  auto world = postgres_world();
  auto lock = lock_of(world->url(), "s", "cut-1");
  REQUIRE(lock->take());
  cut(*world);
  // The first call finds out.
  auto found = lock->take();
  REQUIRE_FALSE(found);
  CHECK(found.error().code == ec::database_unavailable);
  REQUIRE(lock->take());
  CHECK(is_taken(lock_of(world->url(), "s", "t2")->take(), "cut-1"));
}

TEST_CASE("a keeper takes a lost lock again, or names the new holder",
          "[lock]") {
  auto world = postgres_world();
  auto lock = lock_of(world->url(), "s", "cut-2");
  REQUIRE(lock->take());
  loss said;
  sync_lock_keeper keeper{std::move(lock), said.listener(), 1ms};
  auto next = lock_of(world->url(), "s", "t2");
  CHECK(is_taken(next->take(), "cut-2"));
  // Until the other one was quicker.
  while (!next->take())
    cut(*world);
  REQUIRE(said.came());
  CHECK(said.said->code == ec::cancelled);
  CHECK_THAT(said.said->what,
             Catch::Matchers::ContainsSubstring("task t2 (host "));
}

TEST_CASE("a keeper releases its lock", "[lock]") {
  for (auto& world : {postgres_world(), sqlite_world()}) {
    auto next = lock_of(world->url(), "s", "t2");
    {
      auto lock = lock_of(world->url(), "s", "t1");
      REQUIRE(lock->take());
      sync_lock_keeper keeper{std::move(lock), [](const failure&) {}, 1ms};
      CHECK(is_taken(next->take(), "t1"));
    }
    take_soon(*next);
  }
}

TEST_CASE("a lock whose file was taken away is taken anew", "[lock]") {
  auto world = sqlite_world();
  auto lock = lock_of(world->url(), "s", "t1");
  REQUIRE(lock->take());
  auto folder = file_of(*world).parent_path();
  for (const auto& one : std::filesystem::directory_iterator{folder})
    if (one.path().extension() == ".lock")
      std::filesystem::remove(one.path());
  CHECK(lock->take());
  CHECK(is_taken(lock_of(world->url(), "s", "t2")->take(), "t1"));
}

TEST_CASE("a lock that cannot be taken fails with its reason", "[lock]") {
  CHECK(make_sync_lock("mysql://x", "s", this_run("t")).error().code
        == ec::invalid_argument);
  auto nowhere = lock_of("sqlite:///nonexistent/folder/x.db", "s", "t");
  CHECK(nowhere->take().error().code == ec::system_failed);
  auto away = lock_of("postgres://nobody@127.0.0.1:1/x", "s", "t");
  CHECK(away->take().error().code == ec::database_unavailable);
  CHECK(to_words({"a'b\\c\x1b[31m", "h", 7, {}})
        == "task a?b?c?[31m (host h, process 7, since "
           "1970-01-01T00:00:00.000Z)");
}
