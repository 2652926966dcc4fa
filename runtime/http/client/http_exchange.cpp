#include "runtime/http/client/http_exchange.hpp"

#include "schema/base/excerpt.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cstring>

namespace motorcade {

namespace {

constexpr size_t most_salvaged = 64 << 10;
// curl refuses requests whose head passes 1 MiB; most servers refuse shorter
// ones.
constexpr size_t longest_head = 1'000'000;

/// The bytes that a chunk of `size` takes on the wire; the last one is empty.
uint64_t framed(size_t size) {
  uint64_t digits = 1;
  for (auto rest = size >> 4; rest > 0; rest >>= 4)
    ++digits;
  return digits + 2 + size + 2;
}

} // namespace

http_exchange::http_exchange(std::shared_ptr<http_core> core,
                             http_upload request, http_handler done)
    : core_{std::move(core)},
      request_{std::move(request)},
      stalls_{request_},
      done_{std::move(done)} {}

http_exchange::~http_exchange() {
  curl_easy_cleanup(easy_);
  curl_slist_free_all(headers_);
}

void http_exchange::write(block_ptr rows) {
  if (!rows || rows->size() == 0)
    return;
  {
    std::lock_guard lock{mutex_};
    if (closed_ || finished_ || abort_wanted_)
      return;
    incoming_.push_back(std::move(rows));
    if (!paused_ || posted_)
      return;
    posted_ = true;
  }
  core_->post(shared_from_this());
}

void http_exchange::finish() {
  {
    std::lock_guard lock{mutex_};
    if (closed_ || finished_ || abort_wanted_)
      return;
    finished_ = true;
    if (!paused_ || posted_)
      return;
    posted_ = true;
  }
  core_->post(shared_from_this());
}

void http_exchange::abort(bool even_if_finished) {
  std::deque<block_ptr> dropped;
  {
    std::lock_guard lock{mutex_};
    if (closed_ || abort_wanted_ || (finished_ && !even_if_finished))
      return;
    abort_wanted_ = true;
    dropped.swap(incoming_);
    if (posted_)
      return;
    posted_ = true;
  }
  core_->post(shared_from_this());
}

http_exchange::wishes http_exchange::take_wishes() {
  std::lock_guard lock{mutex_};
  posted_ = false;
  return {abort_wanted_, std::exchange(paused_, false)};
}

bool http_exchange::header_fault() {
  size_t size = request_.url.size();
  for (const auto& line : request_.headers) {
    size += line.size();
    bool plain = std::all_of(line.begin(), line.end(), [](char c) {
      return (c >= ' ' && c <= '~') || c == '\t';
    });
    if (!plain) {
      reason_ = "the header " + excerpt(line.substr(0, line.find(':')), 80)
                + " is not one line of ASCII";
      return true;
    }
  }
  if (size > longest_head)
    reason_ = "the request's head is longer than "
              + std::to_string(longest_head) + " bytes";
  return size > longest_head;
}

bool http_exchange::prepare(const certificate_paths& certificates) {
  if (header_fault()) {
    refused_ = true;
    return false;
  }
  easy_ = curl_easy_init();
  bool ok = easy_ != nullptr;
  auto append = [&](const std::string& line) {
    auto list = ok ? curl_slist_append(headers_, line.c_str()) : nullptr;
    ok = list != nullptr;
    if (ok)
      headers_ = list;
  };
  for (const auto& line : request_.headers)
    append(line);
  append("Transfer-Encoding: chunked");
  // Without this, libcurl waits a second for a `100 Continue` that few servers
  // send.
  append("Expect:");
  auto set = [&](CURLoption option, auto value) {
    ok = ok && curl_easy_setopt(easy_, option, value) == CURLE_OK;
  };
  set(CURLOPT_ERRORBUFFER, reason_buffer_);
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_PATH_AS_IS, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_POST, 1L);
  set(CURLOPT_HTTPHEADER, headers_);
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  set(CURLOPT_TCP_NODELAY, 1L);
  // The next row may be hours away, and a peer that vanished sends nothing.
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  set(CURLOPT_UPLOAD_BUFFERSIZE, static_cast<long>(request_.send_buffer_bytes));
  set(CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(request_.connect_timeout.count()));
  // Without this, removing the handle waits for the resolver.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_READFUNCTION, &http_exchange::on_read);
  set(CURLOPT_READDATA, static_cast<void*>(this));
  set(CURLOPT_HEADERFUNCTION, &http_exchange::on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &http_exchange::on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  if (request_.direct)
    set(CURLOPT_NOPROXY, "*");
  if (!certificates.file.empty())
    set(CURLOPT_CAINFO, certificates.file.c_str());
  if (!certificates.directory.empty())
    set(CURLOPT_CAPATH, certificates.directory.c_str());
  if (!ok)
    reason_ = "the request cannot be prepared: out of memory";
  stalls_.note_progress(http_clock::now());
  return ok;
}

size_t http_exchange::on_read(char* to, size_t size, size_t count, void* self) {
  return static_cast<http_exchange*>(self)->fill(to, size * count);
}

size_t http_exchange::on_header(char* from, size_t size, size_t count,
                                void* self) {
  auto& exchange = *static_cast<http_exchange*>(self);
  return exchange.take_header({from, size * count}) ? size * count : 0;
}

size_t http_exchange::on_body(char* from, size_t size, size_t count,
                              void* self) {
  auto& exchange = *static_cast<http_exchange*>(self);
  return exchange.reader_.take_body({from, size * count}) ? size * count : 0;
}

http_exchange::supply http_exchange::refill(bool pause_when_dry) {
  if (aborting_)
    return supply::end;
  std::lock_guard lock{mutex_};
  if (!incoming_.empty()) {
    pending_.swap(incoming_);
    return supply::rows;
  }
  // An abort that was requested must not find the body ended.
  if (finished_ && !abort_wanted_)
    return supply::end;
  paused_ = pause_when_dry;
  return supply::dry;
}

size_t http_exchange::fill(char* to, size_t room) {
  reading_ = true;
  if (reader_.answered() || end_given_)
    return CURL_READFUNC_ABORT;
  size_t filled = 0;
  while (filled < room) {
    if (pending_.empty()) {
      auto more = refill(filled == 0);
      if (more == supply::rows)
        continue;
      if (filled > 0)
        break;
      if (more == supply::dry) {
        paused_sending_ = true;
        return CURL_READFUNC_PAUSE;
      }
      end_given_ = true;
      wire_given_ += framed(0);
      return 0;
    }
    auto rest = pending_.front()->view().substr(offset_);
    auto size = std::min(rest.size(), room - filled);
    std::memcpy(to + filled, rest.data(), size);
    filled += size;
    offset_ += size;
    if (size == rest.size()) {
      pending_.pop_front();
      offset_ = 0;
    }
  }
  wire_given_ += framed(filled);
  core_->note_sent(filled);
  return filled;
}

bool http_exchange::say_abort() {
  if (aborting_)
    return true;
  bool possible = reading_ && !end_given_ && !reader_.answered()
                  && !request_.abort_row.empty();
  if (!possible)
    return false;
  std::string last_words;
  if (offset_ > 0 && pending_.front()->view()[offset_ - 1] != '\n') {
    // Blocks hold whole rows, so the row under way ends within this one.
    auto rest = pending_.front()->view().substr(offset_);
    auto end = rest.find('\n');
    if (end == std::string_view::npos)
      return false;
    last_words = rest.substr(0, end + 1);
  }
  last_words += request_.abort_row;
  aborting_ = true;
  stalls_.begin_abort(http_clock::now());
  pending_.clear();
  offset_ = 0;
  pending_.push_back(make_block(last_words, 1));
  return true;
}

void http_exchange::resume() {
  if (!paused_sending_)
    return;
  paused_sending_ = false;
  {
    std::lock_guard lock{mutex_};
    paused_ = false;
  }
  stalls_.note_progress(http_clock::now());
  curl_easy_pause(easy_, CURLPAUSE_CONT);
}

uint64_t http_exchange::wire_sent() const {
  curl_off_t sent = 0;
  curl_easy_getinfo(easy_, CURLINFO_SIZE_UPLOAD_T, &sent);
  return static_cast<uint64_t>(sent);
}

bool http_exchange::whole_body_sent() const {
  return end_given_ && wire_sent() >= wire_given_;
}

bool http_exchange::take_header(std::string_view line) {
  bool known = reader_.answered();
  reader_.take_line(line);
  if (known || !reader_.answered())
    return true;
  // A success before the end of the body cannot count for all rows.
  early_ = reader_.success() && !whole_body_sent();
  return !early_;
}

stall_watch::phase http_exchange::current_phase() const {
  using phase = stall_watch::phase;
  if (reader_.answered())
    return phase::answering;
  if (!reading_)
    return phase::connecting;
  if (whole_body_sent())
    return phase::answer_due;
  return paused_sending_ && wire_sent() >= wire_given_ ? phase::dry
                                                       : phase::sending;
}

std::optional<http_clock::time_point>
http_exchange::watch(http_clock::time_point now) {
  auto next = stalls_.watch(
      now, {current_phase(), wire_sent(), reader_.received(), aborting_});
  if (stalls_.expired())
    reason_ = stalls_.reason();
  return next;
}

long http_exchange::local_port() const {
  long port = 0;
  if (reading_)
    curl_easy_getinfo(easy_, CURLINFO_LOCAL_PORT, &port);
  return port;
}

void http_exchange::salvage(curl_socket_t socket) {
  char buffer[4096];
  while (salvaged_.size() < most_salvaged) {
    auto size = ::recv(socket, buffer, sizeof(buffer), MSG_DONTWAIT);
    if (size <= 0)
      return;
    salvaged_.append(buffer, static_cast<size_t>(size));
  }
}

http_answer http_exchange::outcome(CURLcode code) {
  if (!reader_.answered()
      && (code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR)) {
    reader_.take_raw(salvaged_);
    early_ = reader_.answered() && reader_.success();
  }
  bool answered = reader_.answered();
  bool success = answered && reader_.success();
  auto say_why = [&](http_answer& to) {
    to.reason = std::move(reason_);
    if (to.reason.empty())
      to.reason = excerpt(*reason_buffer_ != 0 ? reason_buffer_
                                               : curl_easy_strerror(code),
                          300);
  };
  auto answer = reader_.release();
  if (aborting_) {
    answer.end = http_end::cancelled;
    answer.reason = success ? "aborted, and yet the server answered "
                                  + std::to_string(answer.status)
                            : "aborted";
  } else if (early_) {
    answer.end = http_end::answered_early;
    answer.reason = "the server answered before the end of the request";
  } else if (answered) {
    answer.end = http_end::answered;
    answer.is_cut = code != CURLE_OK && !reader_.too_long();
    if (answer.is_cut) {
      say_why(answer);
      answer.reason = "and then the answer was cut: " + answer.reason;
    }
  } else {
    answer.end = refused_ || is_final_refusal(code) ? http_end::refused
                                                    : http_end::unreachable;
    say_why(answer);
  }
  return answer;
}

std::deque<block_ptr> http_exchange::close() {
  std::lock_guard lock{mutex_};
  closed_ = true;
  return std::move(incoming_);
}

void http_exchange::conclude(CURLcode code) {
  close().clear();
  pending_.clear();
  if (auto done = std::exchange(done_, nullptr))
    done(outcome(code));
}

void http_exchange::conclude_cancelled(std::string_view reason) {
  close().clear();
  pending_.clear();
  http_answer answer;
  answer.end = http_end::cancelled;
  answer.reason = reason;
  if (auto done = std::exchange(done_, nullptr))
    done(std::move(answer));
}

void http_exchange::drop() {
  close().clear();
  pending_.clear();
  done_ = nullptr;
}

} // namespace motorcade
