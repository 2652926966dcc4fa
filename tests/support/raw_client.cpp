#include "support/raw_client.hpp"

#include "schema/base/ascii.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace motorcade::test {

raw_client::raw_client(uint16_t port)
    : socket_{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)} {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to)
      != 0)
    throw std::runtime_error{"cannot connect to a server under test"};
}

bool raw_client::send(std::string_view bytes) {
  while (!bytes.empty()) {
    auto count =
        ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return true;
}

bool raw_client::fill() {
  pollfd set{socket_.get(), POLLIN, 0};
  if (::poll(&set, 1, 60'000) != 1)
    throw std::runtime_error{"a server under test says nothing for a minute"};
  std::array<char, 64 << 10> bytes;
  auto count = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
  if (count <= 0)
    return false;
  buffer_.append(bytes.data(), static_cast<size_t>(count));
  return true;
}

bool raw_client::want(size_t bytes) {
  while (buffer_.size() < bytes)
    if (!fill())
      return false;
  return true;
}

std::optional<std::string> raw_client::read_line() {
  size_t end = 0;
  while ((end = buffer_.find('\n')) == std::string::npos)
    if (!fill())
      return {};
  auto line = buffer_.substr(0, end);
  buffer_.erase(0, end + 1);
  return line;
}

std::optional<std::string> raw_client::read_to_end() {
  while (fill()) {}
  return std::exchange(buffer_, {});
}

std::optional<raw_answer> raw_client::read_answer(bool to_head) {
  raw_answer out;
  auto first = read_line();
  if (!first)
    return {};
  if (first->size() < 12
      || std::from_chars(first->data() + 9, first->data() + 12, out.status).ec
             != std::errc{})
    throw std::runtime_error{"no HTTP answer: " + *first};
  for (;;) {
    auto line = read_line();
    if (!line)
      return out;
    if (*line == "\r")
      break;
    auto colon = line->find(": ");
    if (colon == std::string::npos || !line->ends_with('\r'))
      throw std::runtime_error{"no header: " + *line};
    auto [place, fresh] =
        out.headers.emplace(ascii_lower(line->substr(0, colon)),
                            line->substr(colon + 2, line->size() - colon - 3));
    if (!fresh)
      throw std::runtime_error{"a header twice: " + *line};
  }
  if (to_head)
    return out;
  if (out.headers.contains("transfer-encoding")) {
    for (;;) {
      auto line = read_line();
      size_t size = 0;
      if (!line
          || std::from_chars(line->data(), line->data() + line->size(), size,
                             16)
                     .ec
                 != std::errc{}
          || !want(size + 2))
        return out;
      out.body.append(buffer_, 0, size);
      buffer_.erase(0, size + 2);
      if (size == 0)
        break;
    }
    out.whole = true;
  } else if (out.headers.contains("content-length")) {
    auto size = std::stoul(out.headers.at("content-length"));
    out.whole = want(size);
    out.body = buffer_.substr(0, size);
    buffer_.erase(0, size);
  } else {
    out.body = *read_to_end();
    out.whole = true;
  }
  return out;
}

void raw_client::end_sending() {
  ::shutdown(socket_.get(), SHUT_WR);
}

void raw_client::reset() {
  linger now{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  socket_ = file_handle{};
}

std::string request_text(std::string_view method, std::string_view target,
                         std::string_view headers, std::string_view body) {
  std::string out{method};
  out += ' ';
  out += target;
  out += " HTTP/1.1\r\nHost: localhost\r\n";
  out += headers;
  if (!body.empty())
    out += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  out += "\r\n";
  out += body;
  return out;
}

} // namespace motorcade::test
