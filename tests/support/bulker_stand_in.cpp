#include "support/bulker_stand_in.hpp"

#include "runtime/base/quiet_thread.hpp"
#include "runtime/base/text.hpp"
#include "schema/catalog/bulker_name.hpp"
#include "support/json_rule.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nlohmann/json.hpp>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <system_error>

namespace motorcade::support {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

void raise_event(const file_handle& event) {
  uint64_t one = 1;
  if (::write(event.get(), &one, sizeof(one)) < 0)
    fail("eventfd");
}

} // namespace

bulker_stand_in::bulker_stand_in(stand_in_settings settings)
    : settings_{std::move(settings)}, port_{settings_.port}, ends_(1) {
  ends_.back() = file_handle{::eventfd(0, EFD_CLOEXEC)};
  if (!ends_.back())
    fail("eventfd");
  if (settings_.tls)
    identity_ = make_tls_identity();
  listen();
}

bulker_stand_in::~bulker_stand_in() {
  raise_event(ends_.back());
  stop_listening();
  for (auto& thread : connections_)
    thread.join();
}

std::string bulker_stand_in::url() const {
  return (settings_.tls ? "https://localhost:"
                        : "http://" + settings_.address + ":")
         + std::to_string(port_);
}

void bulker_stand_in::listen() {
  file_handle socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int one = 1;
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  if (::inet_pton(AF_INET, settings_.address.c_str(), &address.sin_addr) != 1)
    throw std::invalid_argument{settings_.address + " is no IPv4 address"};
  address.sin_port = htons(port_);
  auto raw = reinterpret_cast<sockaddr*>(&address);
  socklen_t length = sizeof(address);
  if (::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one))
          != 0
      || ::bind(socket.get(), raw, length) != 0
      || ::listen(socket.get(), 256) != 0
      || ::getsockname(socket.get(), raw, &length) != 0)
    fail("listen");
  port_ = ntohs(address.sin_port);
  stop_accepting_ = file_handle{::eventfd(0, EFD_CLOEXEC)};
  if (!stop_accepting_)
    fail("eventfd");
  listener_ = std::move(socket);
  acceptor_ = std::thread{[this] {
    accept_loop();
  }};
}

void bulker_stand_in::stop_listening() {
  if (!acceptor_.joinable())
    return;
  raise_event(stop_accepting_);
  acceptor_.join();
  listener_ = file_handle{};
}

void bulker_stand_in::cut_connections() {
  std::lock_guard lock{mutex_};
  raise_event(ends_.back());
  // Those that are being cut still look at theirs.
  ends_.emplace_back(::eventfd(0, EFD_CLOEXEC));
}

void bulker_stand_in::start_listening() {
  if (!acceptor_.joinable())
    listen();
}

void bulker_stand_in::accept_loop() {
  for (;;) {
    pollfd fds[] = {{listener_.get(), POLLIN, 0},
                    {stop_accepting_.get(), POLLIN, 0}};
    if (::poll(fds, 2, -1) < 0 && errno != EINTR)
      return;
    if (fds[1].revents != 0)
      return;
    file_handle socket{
        ::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)};
    if (!socket)
      continue;
    int one = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    std::lock_guard lock{mutex_};
    auto wire = std::make_shared<http_wire>(
        std::move(socket), identity_.context.get(), ends_.back().get());
    // OpenSSL writes in a way that raises SIGPIPE if the client is gone.
    connections_.push_back(start_quiet_thread(
        [this, wire, number = connection_count_++] { serve(*wire, number); }));
  }
}

void bulker_stand_in::serve(http_wire& wire, size_t number) {
  if (!wire.handshake())
    return;
  while (auto head = wire.read_head())
    if (!handle(wire, *head, number))
      return;
}

std::optional<fault> bulker_stand_in::next_fault(const std::string& name) {
  std::lock_guard lock{mutex_};
  for (auto f = faults_.begin(); f != faults_.end(); ++f) {
    if (!f->table.empty() && f->table != name)
      continue;
    if (f->skip > 0) {
      --f->skip;
      continue;
    }
    auto out = *f;
    if (--f->times == 0)
      faults_.erase(f);
    return out;
  }
  return std::nullopt;
}

void bulker_stand_in::inject(fault f) {
  std::lock_guard lock{mutex_};
  faults_.push_back(std::move(f));
}

void bulker_stand_in::take_warehouse_away(size_t times) {
  fault f;
  f.status = 400;
  f.body = warehouse_away_answer;
  f.times = times;
  inject(std::move(f));
}

void bulker_stand_in::set_table(const std::string& name,
                                std::vector<std::string> rows) {
  std::lock_guard lock{mutex_};
  auto count = rows.size();
  tables_[bulker_table_name(name)] = {std::move(rows), count, {}};
}

std::vector<std::string> bulker_stand_in::rows(const std::string& name) const {
  std::lock_guard lock{mutex_};
  auto found = tables_.find(bulker_table_name(name));
  return found == tables_.end() ? std::vector<std::string>{}
                                : found->second.rows;
}

bool bulker_stand_in::has_table(const std::string& name) const {
  std::lock_guard lock{mutex_};
  return tables_.count(bulker_table_name(name)) != 0;
}

uint64_t bulker_stand_in::row_count(const std::string& name) const {
  std::lock_guard lock{mutex_};
  auto found = tables_.find(bulker_table_name(name));
  return found == tables_.end() ? 0 : found->second.count;
}

std::vector<recorded_request> bulker_stand_in::requests() const {
  std::lock_guard lock{mutex_};
  return requests_;
}

std::string bulker_stand_in::dump() const {
  std::lock_guard lock{mutex_};
  std::string out = "{\"tables\":{";
  for (auto comma = ""; const auto& [name, content] : tables_) {
    out += comma + nlohmann::json(name).dump()
           + ":{\"count\":" + std::to_string(content.count) + ",\"rows\":[";
    // Rows were checked to be JSON when they came.
    for (auto between = ""; const auto& row : content.rows) {
      out += between + row;
      between = ",\n";
    }
    out += "]}";
    comma = ",\n";
  }
  return out + "}}\n";
}

bool bulker_stand_in::wait(const std::function<bool()>& done) const {
  std::unique_lock lock{mutex_};
  return changed_.wait_for(lock, std::chrono::seconds{30}, done);
}

bool bulker_stand_in::wait_for_bytes(uint64_t bytes) const {
  return wait([&] { return bytes_ >= bytes; });
}

bool bulker_stand_in::wait_for_begun(size_t requests) const {
  return wait([&] { return begun_ >= requests; });
}

bool bulker_stand_in::wait_for_ended(size_t requests) const {
  return wait([&] { return requests_.size() >= requests; });
}

} // namespace motorcade::support
