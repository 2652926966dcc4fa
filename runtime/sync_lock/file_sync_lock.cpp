#include "runtime/sync_lock/file_sync_lock.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/sync_lock/blocking_call.hpp"
#include "schema/base/excerpt.hpp"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

namespace motorcade {

namespace {

/// @returns the real path of a database: by another path it has the same lock.
std::string place_of(const std::string& database) {
  std::error_code failed;
  auto real = std::filesystem::weakly_canonical(database, failed);
  return failed ? database : real.string();
}

/// @returns whether the path names the open file: a holder that releases the
/// lock removes the file's name.
bool is_named(const file_handle& file, const std::string& path) {
  struct stat open {};

  struct stat named {};

  return ::fstat(file.get(), &open) == 0 && ::stat(path.c_str(), &named) == 0
         && open.st_dev == named.st_dev && open.st_ino == named.st_ino;
}

std::string read_holder(const file_handle& file) {
  std::array<char, 1024> text{};
  const auto size = ::pread(file.get(), text.data(), text.size(), 0);
  return size > 0 ? std::string{text.data(), static_cast<size_t>(size)}
                  : "another process";
}

/// The signal that ends a call in the thread that waits; only that thread does
/// not block it.
constexpr int interruption = SIGURG;

void let_calls_be_interrupted() {
  static const auto ready = [] {
    struct sigaction nothing = {};
    nothing.sa_handler = [](int) {
    };
    // Without SA_RESTART the interrupted call returns.
    return ::sigaction(interruption, &nothing, nullptr) == 0;
  }();
  static_cast<void>(ready);
  sigset_t taken;
  ::sigemptyset(&taken);
  ::sigaddset(&taken, interruption);
  ::pthread_sigmask(SIG_UNBLOCK, &taken, nullptr);
}

} // namespace

file_sync_lock::file_sync_lock(const std::string& database,
                               const std::string& sync_id, std::string holder)
    : path_{place_of(database) + '.' + sha256_hex(sync_id).substr(0, 16)
            + ".lock"},
      sync_id_{sync_id},
      holder_{std::move(holder)} {}

file_sync_lock::~file_sync_lock() {
  if (file_ && is_named(file_, path_))
    ::unlink(path_.c_str());
}

void file_sync_lock::await(std::chrono::milliseconds longest, int stop) {
  const file_handle file{::open(path_.c_str(), O_RDWR | O_CLOEXEC)};
  if (!file)
    return;
  make_blocking_call(
      [&file] {
        let_calls_be_interrupted();
        // Closing the file releases the lock, which `take` then takes in its
        // own way; `take` also reports any failure.
        static_cast<void>(::flock(file.get(), LOCK_EX));
      },
      [](pthread_t waiting) { ::pthread_kill(waiting, interruption); }, longest,
      stop);
}

result<void> file_sync_lock::take() {
  if (file_ && is_named(file_, path_))
    return {};
  file_ = {};
  auto refuse = [this](const char* what) {
    return failure{ec::system_failed, std::string{"cannot "} + what + " "
                                          + path_ + ": "
                                          + std::strerror(errno)};
  };
  for (;;) {
    file_handle file{::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
    if (!file)
      return refuse("open the lock");
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR)
        continue;
      if (errno != EWOULDBLOCK)
        return refuse("lock");
      return failure{ec::already_exists, "sync " + excerpt(sync_id_)
                                             + " runs already, as "
                                             + read_holder(file)};
    }
    if (!is_named(file, path_))
      continue;
    // The content is for people alone, so a full disk does not matter.
    if (::ftruncate(file.get(), 0) == 0) [[maybe_unused]]
      auto written = ::pwrite(file.get(), holder_.data(), holder_.size(), 0);
    file_ = std::move(file);
    return {};
  }
}

} // namespace motorcade
