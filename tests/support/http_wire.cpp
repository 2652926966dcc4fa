#include "support/http_wire.hpp"

#include "runtime/base/text.hpp"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <stdexcept>

namespace motorcade::support {

namespace {

std::string decoded(std::string_view text) {
  auto out = percent_decode(text);
  return out ? *out : std::string{text};
}

std::string lower(std::string text) {
  for (auto& c : text)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

void split_query(std::string_view text, request_head& head) {
  while (!text.empty()) {
    auto end = std::min(text.find('&'), text.size());
    auto item = text.substr(0, end);
    auto equals = std::min(item.find('='), item.size());
    auto value = item.substr(std::min(equals + 1, item.size()));
    head.query.emplace_back(decoded(item.substr(0, equals)), decoded(value));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

} // namespace

std::string request_head::query_value(std::string_view name) const {
  for (const auto& [key, value] : query)
    if (key == name)
      return value;
  return {};
}

std::string request_head::header(const std::string& name) const {
  auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

http_wire::http_wire(file_handle socket, SSL_CTX* context, int stop_fd)
    : socket_{std::move(socket)}, context_{context}, stop_fd_{stop_fd} {}

bool http_wire::handshake() {
  if (context_ == nullptr)
    return true;
  tls_.reset(SSL_new(context_));
  // OpenSSL blocks within a record; a server that stops must get out of it.
  timeval limit{5, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  return SSL_set_fd(tls_.get(), socket_.get()) == 1
         && SSL_accept(tls_.get()) == 1;
}

bool http_wire::wait(short events) {
  using namespace std::chrono;
  int timeout = -1;
  if (deadline_ != clock::time_point::max())
    timeout = static_cast<int>(std::max<int64_t>(
        0, ceil<milliseconds>(deadline_ - clock::now()).count()));
  pollfd fds[] = {{socket_.get(), events, 0}, {stop_fd_, POLLIN, 0}};
  int ready = 0;
  do
    ready = ::poll(fds, 2, timeout);
  while (ready < 0 && errno == EINTR);
  return ready > 0 && fds[1].revents == 0;
}

bool http_wire::fill() {
  if (used_ > 0) {
    buffer_.erase(0, used_);
    used_ = 0;
  }
  char bytes[64 << 10];
  bool buffered = tls_ && SSL_pending(tls_.get()) > 0;
  if (!buffered && !wait(POLLIN))
    return false;
  auto size = tls_ ? SSL_read(tls_.get(), bytes, sizeof(bytes))
                   : ::recv(socket_.get(), bytes, sizeof(bytes), 0);
  if (size <= 0)
    return false;
  buffer_.append(bytes, static_cast<size_t>(size));
  return true;
}

std::optional<std::string> http_wire::read_line() {
  size_t end = 0;
  while ((end = buffer_.find('\n', used_)) == std::string::npos)
    if (buffer_.size() - used_ > (1 << 20) || !fill())
      return std::nullopt;
  auto line = buffer_.substr(used_, end - used_);
  used_ = end + 1;
  if (!line.empty() && line.back() == '\r')
    line.pop_back();
  return line;
}

std::optional<request_head> http_wire::read_head() {
  auto line = read_line();
  if (!line)
    return std::nullopt;
  auto first = line->find(' ');
  auto second = line->rfind(' ');
  if (first == std::string::npos || second <= first)
    return std::nullopt;
  request_head head;
  head.method = line->substr(0, first);
  auto target = line->substr(first + 1, second - first - 1);
  auto mark = std::min(target.find('?'), target.size());
  head.path = target.substr(0, mark);
  if (mark < target.size())
    split_query(std::string_view{target}.substr(mark + 1), head);
  while ((line = read_line())) {
    if (line->empty())
      return head;
    auto colon = line->find(':');
    if (colon == std::string::npos)
      return std::nullopt;
    auto value = line->find_first_not_of(' ', colon + 1);
    head.headers[lower(line->substr(0, colon))] =
        value == std::string::npos ? "" : line->substr(value);
  }
  return std::nullopt;
}

bool http_wire::take_bytes(size_t count,
                           const std::function<bool(std::string_view)>& take) {
  while (count > 0) {
    if (used_ == buffer_.size() && !fill())
      return false;
    auto size = std::min(count, buffer_.size() - used_);
    std::string_view bytes{buffer_.data() + used_, size};
    used_ += size;
    count -= size;
    if (!take(bytes))
      return false;
  }
  return true;
}

bool http_wire::read_body(const request_head& head, clock::time_point deadline,
                          const std::function<bool(std::string_view)>& take) {
  deadline_ = deadline;

  struct restore {
    clock::time_point& at;

    ~restore() { at = clock::time_point::max(); }
  } guard{deadline_};

  if (head.header("transfer-encoding") != "chunked") {
    auto length = head.header("content-length");
    return length.empty() || take_bytes(std::stoull(length), take);
  }
  for (;;) {
    auto line = read_line();
    if (!line || line->empty())
      return false;
    auto size = std::stoull(*line, nullptr, 16);
    if (size > 0 && !take_bytes(size, take))
      return false;
    // The line end after a chunk, or the empty line after the last one.
    auto rest = read_line();
    if (!rest || !rest->empty())
      return false;
    if (size == 0)
      return true;
  }
}

bool http_wire::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!tls_ && !wait(POLLOUT))
      return false;
    auto size =
        tls_ ? SSL_write(tls_.get(), bytes.data(),
                         static_cast<int>(bytes.size()))
             : ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size <= 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

void http_wire::wait_for_end() {
  wait(POLLRDHUP);
}

void http_wire::reset() {
  struct linger now {
    1, 0
  };

  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  tls_.reset();
  socket_ = file_handle{};
}

void http_wire::linger() {
  if (tls_)
    SSL_shutdown(tls_.get());
  ::shutdown(socket_.get(), SHUT_WR);
  deadline_ = clock::now() + std::chrono::seconds{5};
  do
    buffer_.clear(), used_ = 0;
  while (fill());
}

tls_identity make_tls_identity() {
  auto require = [](bool ok) {
    if (!ok)
      throw std::runtime_error{"OpenSSL cannot make a certificate"};
  };
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{EVP_EC_gen("P-256"),
                                                          &EVP_PKEY_free};
  std::unique_ptr<X509, decltype(&X509_free)> cert{X509_new(), &X509_free};
  require(key && cert);
  auto x = cert.get();
  require(X509_set_version(x, 2) == 1
          && ASN1_INTEGER_set(X509_get_serialNumber(x), 1) == 1
          && X509_gmtime_adj(X509_getm_notBefore(x), -60) != nullptr
          && X509_gmtime_adj(X509_getm_notAfter(x), 86400) != nullptr
          && X509_set_pubkey(x, key.get()) == 1);
  auto name = X509_get_subject_name(x);
  require(X509_NAME_add_entry_by_txt(
              name, "CN", MBSTRING_ASC,
              reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0)
              == 1
          && X509_set_issuer_name(x, name) == 1);
  auto extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name,
                                       "DNS:localhost,IP:127.0.0.1");
  require(extension != nullptr && X509_add_ext(x, extension, -1) == 1);
  X509_EXTENSION_free(extension);
  require(X509_sign(x, key.get(), EVP_sha256()) > 0);
  std::unique_ptr<BIO, decltype(&BIO_free)> pem{BIO_new(BIO_s_mem()),
                                                &BIO_free};
  require(pem && PEM_write_bio_X509(pem.get(), x) == 1);
  char* text = nullptr;
  auto size = BIO_get_mem_data(pem.get(), &text);
  tls_identity out;
  out.certificate.assign(text, static_cast<size_t>(size));
  out.context.reset(SSL_CTX_new(TLS_server_method()));
  require(out.context && SSL_CTX_use_certificate(out.context.get(), x) == 1
          && SSL_CTX_use_PrivateKey(out.context.get(), key.get()) == 1);
  return out;
}

} // namespace motorcade::support
