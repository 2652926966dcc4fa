#include "runtime/sync_lock/sync_lock.hpp"

#include "runtime/database/database_url.hpp"
#include "runtime/sync_lock/file_sync_lock.hpp"
#include "runtime/sync_lock/postgres_sync_lock.hpp"

#include <unistd.h>

#include <array>

namespace motorcade {

namespace {

constexpr std::chrono::milliseconds look_pause{250};

/// Database and terminal shall take it, whoever wrote it.
std::string plain(const std::string& text) {
  auto out = text;
  for (auto& c : out) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= ' ' || byte >= 0x7F || c == '\'' || c == '\\')
      c = '?';
  }
  return out;
}

} // namespace

sync_run this_run(const std::string& task_id) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0)
    host[0] = '?';
  return {task_id, host.data(), static_cast<int>(::getpid()), utc_now()};
}

std::string to_words(const sync_run& run) {
  return "task " + plain(run.task_id) + " (host " + plain(run.host)
         + ", process " + std::to_string(run.pid) + ", since "
         + to_iso8601_millis(run.since) + ")";
}

result<sync_lock_ptr> make_sync_lock(const std::string& url,
                                     const std::string& sync_id,
                                     const sync_run& run) {
  if (url.starts_with("sqlite:")) {
    auto path = parse_sqlite_url(url);
    if (!path)
      return path.error();
    return sync_lock_ptr{
        std::make_unique<file_sync_lock>(*path, sync_id, to_words(run))};
  }
  auto parsed = parse_postgres_url(url);
  if (!parsed)
    return parsed.error();
  return sync_lock_ptr{std::make_unique<postgres_sync_lock>(
      std::move(*parsed), sync_id, to_words(run))};
}

result<void>
wait_for_sync(sync_lock& lock, std::chrono::milliseconds patience,
              const std::function<bool(std::chrono::milliseconds)>& pause) {
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    auto taken = lock.take();
    // In the unit of `patience`, whose largest value no smaller unit holds.
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begin);
    if (taken || taken.error().code != ec::already_exists || waited >= patience)
      return taken;
    if (!pause(look_pause))
      return failure{ec::cancelled,
                     "told to stop while waiting: " + taken.error().what};
  }
}

} // namespace motorcade
