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
#include <stdexcept>
#include <system_error>

namespace motorcade::support {

namespace {

constexpr size_t longest_line = 1 << 20;

[[noreturn]] void fail(const char* what) {
  throw std::system_error{errno, std::generic_category(), what};
}

void raise_event(const file_handle& event) {
  uint64_t one = 1;
  if (::write(event.get(), &one, sizeof(one)) < 0)
    fail("eventfd");
}

std::string error_body(const std::string& what) {
  return nlohmann::json{{"error", what}}.dump(
      -1, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace

/// The answer; status 0: none.
struct bulker_stand_in::verdict {
  long status = 0;
  std::string body;
  bool body_ended = false;
};

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

bool bulker_stand_in::handle(http_wire& wire, const request_head& head,
                             size_t number) {
  if (head.method == "POST" && head.path.find("/bulk/") != std::string::npos)
    return handle_bulk(wire, head, number);
  bool found = head.method == "GET" && head.path == "/tables";
  auto body = found ? dump() : error_body("not found");
  return wire.send(std::string{"HTTP/1.1 "}
                   + (found ? "200 OK" : "404 Not Found")
                   + "\r\nContent-Type: application/json\r\nContent-Length: "
                   + std::to_string(body.size()) + "\r\n\r\n" + body);
}

bool bulker_stand_in::handle_bulk(http_wire& wire, const request_head& head,
                                  size_t number) {
  recorded_request record;
  record.head = head;
  record.connection = number;
  record.table = head.query_value("tableName");
  auto id = head.path.substr(head.path.rfind("/bulk/") + 6);
  record.connection_id = percent_decode(id).value_or(id);
  auto f = next_fault(record.table);
  {
    std::lock_guard lock{mutex_};
    ++begun_;
    changed_.notify_all();
  }
  using kind = fault::kind;
  fault reply;
  reply.status = 0;
  if (!settings_.token.empty()
      && head.header("authorization") != "Bearer " + settings_.token) {
    reply.status = 401;
    reply.body = error_body("wrong token");
    return answer(wire, record, reply, true);
  }
  if (!settings_.destinations.empty()
      && settings_.destinations.count(record.connection_id) == 0) {
    reply.status = 404;
    reply.body = error_body("destination not found: " + record.connection_id);
    return answer(wire, record, reply, true);
  }
  uint64_t count = 0;
  auto heard = read_rows(wire, head, record, count, f);
  if (f && f->what == kind::answer)
    return answer(wire, record, *f, !heard.body_ended);
  if (f && f->what == kind::answer_early) {
    answer(wire, record, *f, false);
    wire.wait_for_end();
    return false;
  }
  if (f && (f->what == kind::stall || f->what == kind::mute)) {
    wire.wait_for_end();
    return answer(wire, record, reply, true);
  }
  if (f && f->what == kind::reset) {
    wire.reset();
    return answer(wire, record, reply, true);
  }
  if (heard.status == 200 && count > 0)
    if (auto why = commit(record, count); !why.empty()) {
      heard.status = 400;
      heard.body = error_body(why);
    }
  if (f && f->what == kind::lost_answer) {
    wire.reset();
    return answer(wire, record, reply, true);
  }
  reply.status = heard.status;
  reply.body = heard.body;
  if (f)
    reply.what = f->what;
  return answer(wire, record, reply, !heard.body_ended);
}

bulker_stand_in::verdict
bulker_stand_in::read_rows(http_wire& wire, const request_head& head,
                           recorded_request& record, uint64_t& count,
                           const std::optional<fault>& f) {
  verdict out;
  std::string line;
  size_t seen = 0;
  auto limit = f && f->what != fault::kind::slow_answer
                       && f->what != fault::kind::lost_answer
                       && f->what != fault::kind::mute
                   ? f->after_bytes
                   : fault::whole_body;
  auto refuse = [&](const std::string& what) {
    out.status = 400;
    out.body = error_body(what);
    return false;
  };
  auto end_line = [&] {
    if (line.starts_with("ABORT"))
      return refuse("aborted: " + line);
    // Glued to the half of a row.
    if (line.ends_with("ABORT"))
      return refuse("unmarhsal error: not JSON");
    if (settings_.keep_rows && !is_json(line))
      return refuse("unmarhsal error: not JSON");
    if (settings_.keep_rows)
      record.rows.push_back(line);
    line.clear();
    ++count;
    return true;
  };
  auto take = [&](std::string_view bytes) {
    {
      std::lock_guard lock{mutex_};
      bytes_ += bytes.size();
      changed_.notify_all();
    }
    seen += bytes.size();
    if (seen >= limit)
      return false;
    for (;;) {
      auto end = bytes.find('\n');
      line += bytes.substr(0, end);
      if (line.size() >= longest_line)
        return refuse("scanner error: bufio.Scanner: token too long");
      if (end == std::string_view::npos)
        return true;
      if (!end_line())
        return false;
      bytes.remove_prefix(end + 1);
    }
  };
  if (limit == 0)
    return out;
  auto deadline = http_wire::clock::now() + settings_.request_limit;
  out.body_ended = wire.read_body(head, deadline, take);
  if (out.status != 0 || (!out.body_ended && seen >= limit))
    return out;
  if (!out.body_ended) {
    // If the client is gone, the answer is lost.
    refuse(http_wire::clock::now() >= deadline
               ? "scanner error: the request took too long"
               : "scanner error: unexpected EOF");
    return out;
  }
  if (!line.empty() && !end_line())
    return out;
  out.status = 200;
  out.body = count > 0 ? nlohmann::json{{"message", "ok"},
                                        {"state", {{"successfulRows", count}}}}
                             .dump()
                       : R"({"message":"ok"})";
  return out;
}

std::string bulker_stand_in::commit(recorded_request& record, uint64_t count) {
  std::vector<std::string> key;
  for (const auto& [name, value] : record.head.query)
    if (name == "pk")
      key.push_back(value);
  std::lock_guard lock{mutex_};
  auto name = bulker_table_name(record.table);
  auto replaces = record.head.query_value("mode") != "batch";
  auto present = tables_.find(name);
  bulker_rules rules{std::move(key), replaces || present == tables_.end()
                                         ? std::set<std::string>{}
                                         : present->second.columns};
  for (const auto& row : record.rows)
    rules.take(row);
  if (settings_.refuse_empty_rows && rules.only_empty())
    return "stream complete error: the table would have no columns";
  if (auto why = rules.refusal(); !why.empty())
    return why;
  auto& to = tables_[name];
  if (replaces)
    to = {};
  auto kept = rules.rows();
  to.rows.insert(to.rows.end(), kept.begin(), kept.end());
  to.count += settings_.keep_rows ? kept.size() : count;
  to.columns = rules.columns();
  record.committed = true;
  return {};
}

bool bulker_stand_in::answer(http_wire& wire, recorded_request& record,
                             const fault& f, bool close) {
  record.status = f.status;
  auto slowly = f.what == fault::kind::slow_answer;
  std::string text;
  if (f.status != 0) {
    text = "HTTP/1.1 " + std::to_string(f.status) + " Status\r\n";
    for (const auto& line : f.headers)
      text += line + "\r\n";
    text += "Content-Type: application/json\r\nContent-Length: "
            + std::to_string(f.body.size()) + "\r\n"
            + (close ? "Connection: close\r\n\r\n" : "\r\n") + f.body;
  }
  {
    std::lock_guard lock{mutex_};
    requests_.push_back(std::move(record));
    changed_.notify_all();
  }
  bool sent = f.status != 0;
  for (size_t i = 0; sent && i < text.size(); i += slowly ? 1 : text.size())
    sent = wire.send(slowly ? text.substr(i, 1) : text);
  if (sent && close && !f.abrupt)
    wire.linger();
  return sent && !close;
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
