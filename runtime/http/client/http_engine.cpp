#include "runtime/http/client/http_engine.hpp"

#include "runtime/base/quiet_thread.hpp"
#include "runtime/base/thread_name.hpp"
#include "runtime/http/client/curl_library.hpp"
#include "runtime/http/client/http_exchange.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace motorcade {

namespace {

/// @returns 0 if the socket has none.
long local_port(curl_socket_t socket) {
  sockaddr_storage address = {};
  socklen_t size = sizeof(address);
  if (::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    return 0;
  if (address.ss_family == AF_INET)
    return ntohs(reinterpret_cast<sockaddr_in&>(address).sin_port);
  if (address.ss_family == AF_INET6)
    return ntohs(reinterpret_cast<sockaddr_in6&>(address).sin6_port);
  return 0;
}

} // namespace

http_core::http_core() {
  prepare_curl();
  certificates_ = certificates_of_environment();
  errno = 0;
  multi_ = curl_multi_init();
  // If descriptors are lacking libcurl has nothing to be woken by: its waits
  // would then end only after their full time.
  if (multi_ != nullptr && curl_multi_wakeup(multi_) == CURLM_OK)
    return;
  auto error = errno;
  curl_multi_cleanup(multi_);
  throw std::runtime_error{"libcurl cannot start: "
                           + (error != 0
                                  ? std::string{std::strerror(error)}
                                  : "out of file descriptors or memory")};
}

http_core::~http_core() {
  curl_multi_cleanup(multi_);
}

bool http_core::post(std::shared_ptr<http_exchange> exchange) {
  std::lock_guard lock{mutex_};
  if (closed_)
    return false;
  inbox_.push_back(std::move(exchange));
  if (inbox_.size() == 1 && !napping_)
    curl_multi_wakeup(multi_);
  return true;
}

void http_core::stop(bool silent) {
  std::lock_guard lock{mutex_};
  stopping_ = true;
  silent_ = silent;
  curl_multi_wakeup(multi_);
}

bool http_core::take_inbox() {
  std::lock_guard lock{mutex_};
  taken_.swap(inbox_);
  napping_ = false;
  return !stopping_;
}

bool http_core::begin_nap(http_clock::time_point now) {
  // A server that takes or answers something wakes no nap.
  for (const auto& exchange : active_)
    if (!exchange->awaits_rows())
      return false;
  if (!nap_.is_due(now))
    return false;
  std::lock_guard lock{mutex_};
  napping_ = inbox_.empty() && !stopping_;
  return napping_;
}

void http_core::run() {
  while (take_inbox()) {
    // Each of the exchanges may have started a time limit.
    if (!taken_.empty())
      watch_at_ = http_clock::time_point::min();
    for (auto& exchange : taken_)
      serve(exchange);
    taken_.clear();
    int running = 0;
    curl_multi_perform(multi_, &running);
    settle();
    auto now = http_clock::now();
    if (now >= watch_at_) {
      watch(now);
      now = http_clock::now();
    }
    if (begin_nap(now)) {
      std::this_thread::sleep_for(send_nap::length);
      continue;
    }
    constexpr std::chrono::milliseconds longest = std::chrono::hours{1};
    auto wait = longest;
    if (watch_at_ < now + longest)
      wait = std::chrono::ceil<std::chrono::milliseconds>(
          std::max(watch_at_ - now, http_clock::duration::zero()));
    curl_multi_poll(multi_, nullptr, 0, static_cast<int>(wait.count()),
                    nullptr);
  }
  end_all();
}

void http_core::serve(const std::shared_ptr<http_exchange>& exchange) {
  bool started = exchange->easy() != nullptr;
  bool active =
      std::find(active_.begin(), active_.end(), exchange) != active_.end();
  if (started && !active)
    return; // ended meanwhile
  auto wishes = exchange->take_wishes();
  if (wishes.abort && (!started || !exchange->say_abort())) {
    remove(*exchange);
    end_cancelled(*exchange, "aborted");
  } else if (!started) {
    start(exchange);
  } else if (wishes.resume || wishes.abort) {
    exchange->resume();
  }
}

void http_core::start(const std::shared_ptr<http_exchange>& exchange) {
  bool ready = exchange->prepare(certificates_);
  if (ready) {
    auto easy = exchange->easy();
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION,
                     &http_core::close_socket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, static_cast<void*>(this));
    ready = curl_multi_add_handle(multi_, easy) == CURLM_OK;
  }
  if (ready)
    active_.push_back(exchange);
  else
    end(*exchange, CURLE_OUT_OF_MEMORY);
}

/// Ends the transfers that are over, and resumes those that were answered.
void http_core::settle() {
  int left = 0;
  while (auto message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE)
      continue;
    auto code = message->data.result;
    auto easy = message->easy_handle;
    auto found = std::find_if(active_.begin(), active_.end(),
                              [&](auto& x) { return x->easy() == easy; });
    if (found == active_.end())
      continue;
    auto exchange = *found;
    remove(*exchange);
    end(*exchange, code);
  }
  for (auto& exchange : active_) {
    if (exchange->must_resume())
      exchange->resume();
    if (exchange->phase_changed())
      watch_at_ = http_clock::time_point::min();
  }
}

void http_core::watch(http_clock::time_point now) {
  watch_at_ = http_clock::time_point::max();
  std::vector<std::shared_ptr<http_exchange>> expired;
  for (auto& exchange : active_) {
    auto next = exchange->watch(now);
    if (next)
      watch_at_ = std::min(watch_at_, *next);
    else if (exchange->expired())
      expired.push_back(exchange);
  }
  for (auto& exchange : expired) {
    remove(*exchange);
    end(*exchange, CURLE_OPERATION_TIMEDOUT);
  }
}

void http_core::remove(http_exchange& exchange) {
  auto found = std::find_if(active_.begin(), active_.end(),
                            [&](auto& x) { return x.get() == &exchange; });
  if (found == active_.end())
    return;
  // This may close the connection, and `close_socket` looks at `active_`.
  curl_multi_remove_handle(multi_, exchange.easy());
  active_.erase(found);
}

int http_core::close_socket(void* self, curl_socket_t socket) {
  // libcurl tells a transfer's socket only after its end, but its port before.
  auto port = local_port(socket);
  auto& core = *static_cast<http_core*>(self);
  for (auto& exchange : core.active_)
    if (port != 0 && exchange->local_port() == port)
      exchange->salvage(socket);
  return ::close(socket);
}

void http_core::end_all() {
  {
    std::lock_guard lock{mutex_};
    closed_ = true;
    taken_.insert(taken_.end(), inbox_.begin(), inbox_.end());
    inbox_.clear();
  }
  // New exchanges are in the inbox only, others perhaps in both.
  for (auto& exchange : active_) {
    curl_multi_remove_handle(multi_, exchange->easy());
    taken_.push_back(exchange);
  }
  active_.clear();
  for (auto& exchange : taken_)
    end_cancelled(*exchange, "the destination is closed");
  taken_.clear();
}

void http_core::end(http_exchange& exchange, CURLcode code) {
  if (silent_)
    exchange.drop();
  else
    exchange.conclude(code);
}

void http_core::end_cancelled(http_exchange& exchange,
                              std::string_view reason) {
  if (silent_)
    exchange.drop();
  else
    exchange.conclude_cancelled(reason);
}

http_body::http_body(std::shared_ptr<http_exchange> exchange)
    : exchange_{std::move(exchange)} {}

void http_body::write(block_ptr rows) {
  exchange_->write(std::move(rows));
}

void http_body::finish() {
  exchange_->finish();
}

void http_body::abort() {
  exchange_->abort(true);
}

void http_body::abandon() {
  exchange_->abort(false);
}

http_engine::http_engine()
    : core_{std::make_shared<http_core>()},
      thread_{start_quiet_thread([core = core_] {
        name_this_thread("upload");
        core->run();
      })} {}

http_engine::~http_engine() {
  bool within = thread_.get_id() == std::this_thread::get_id();
  core_->stop(within);
  if (within)
    thread_.detach();
  else
    thread_.join();
}

http_body http_engine::post(http_upload request, http_handler done) {
  auto exchange = std::make_shared<http_exchange>(core_, std::move(request),
                                                  std::move(done));
  core_->post(exchange);
  return http_body{exchange};
}

} // namespace motorcade
