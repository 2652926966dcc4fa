#include "runtime/sync_lock/sync_lock.hpp"

#include "runtime/database/database_url.hpp"
#include "runtime/sync_lock/blocking_call.hpp"
#include "runtime/sync_lock/file_sync_lock.hpp"
#include "runtime/sync_lock/postgres_sync_lock.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace motorcade {

namespace {

/// The time after which the lock is tried anew, so that the loss of a server is
/// noticed, and messages name the current holder.
constexpr std::chrono::milliseconds longest_wait{10'000};

/// @returns the text in a form that is fit for database and terminal.
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

lock_holder this_run(const std::string& task_id) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0)
    host[0] = '?';
  return {task_id, host.data(), static_cast<int>(::getpid()), utc_now()};
}

std::string to_words(const lock_holder& holder) {
  return "task " + plain(holder.task_id) + " (host " + plain(holder.host)
         + ", process " + std::to_string(holder.pid) + ", since "
         + to_iso8601_millis(holder.since) + ")";
}

result<sync_lock_ptr> make_sync_lock(const std::string& url,
                                     const std::string& sync_id,
                                     const lock_holder& holder) {
  if (url.starts_with("sqlite:")) {
    auto path = parse_sqlite_url(url);
    if (!path)
      return path.error();
    return sync_lock_ptr{
        std::make_unique<file_sync_lock>(*path, sync_id, to_words(holder))};
  }
  auto parsed = parse_postgres_url(url);
  if (!parsed)
    return parsed.error();
  return sync_lock_ptr{std::make_unique<postgres_sync_lock>(
      std::move(*parsed), sync_id, to_words(holder))};
}

result<void> wait_for_sync(sync_lock& lock, std::chrono::milliseconds patience,
                           int stop) {
  const auto begin = std::chrono::steady_clock::now();
  for (;;) {
    auto taken = lock.take();
    // In the unit of `patience`, whose largest value no smaller unit holds.
    const auto waited = std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now() - begin);
    if (taken || taken.error().code != ec::already_exists || waited >= patience)
      return taken;
    if (!is_readable(stop))
      lock.await(std::min(longest_wait, patience - waited), stop);
    if (is_readable(stop))
      return failure{ec::cancelled,
                     "told to stop while waiting: " + taken.error().what};
  }
}

} // namespace motorcade
