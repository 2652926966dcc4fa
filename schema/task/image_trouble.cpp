#include "schema/task/image_trouble.hpp"

#include "schema/base/ascii.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace motorcade {

namespace {

/// Words of Go's network, TLS and HTTP errors, of DNS, and of registries, in
/// lower case.
constexpr std::array<std::string_view, 37> registry_words = {
    "dial tcp",
    "dial udp",
    "connection refused",
    "connection reset",
    "connection timed out",
    "no such host",
    "server misbehaving",
    "temporary failure in name resolution",
    "no route to host",
    "network is unreachable",
    "host is down",
    "broken pipe",
    "i/o timeout",
    "tls handshake timeout",
    "deadline exceeded",
    "client.timeout",
    "request canceled",
    "context canceled",
    "timeout awaiting response",
    "net/http: timeout",
    "unexpected eof",
    ": eof",
    "use of closed network connection",
    "connection closed",
    "stream error",
    "http2: server sent goaway",
    "toomanyrequests",
    "too many requests",
    "rate limit",
    "pull rate",
    "internal server error",
    "bad gateway",
    "service unavailable",
    "gateway timeout",
    "gateway time-out",
    "unable to connect to registry",
    "registry is unavailable"};

constexpr std::array<std::string_view, 6> node_words = {
    "no space left on device", "pull qps exceeded",   "disk quota exceeded",
    "cannot allocate memory",  "too many open files", "read-only file system"};

template <class Words>
bool holds_one(std::string_view text, const Words& words) {
  return std::any_of(words.begin(), words.end(), [text](std::string_view word) {
    return text.find(word) != std::string_view::npos;
  });
}

/// Finds `status: 503`, `status code 502`, `HTTP status: 500`: 429 and 5xx.
bool tells_a_broken_registry(std::string_view text) {
  constexpr std::string_view word = "status";
  for (auto at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    auto rest = text.substr(at + word.size());
    if (rest.starts_with(" code"))
      rest.remove_prefix(5);
    auto digit = rest.find_first_not_of(": =\"");
    if (digit == std::string_view::npos)
      continue;
    rest.remove_prefix(digit);
    auto number = rest.substr(0, rest.find_first_not_of("0123456789"));
    if (number == "429" || (number.size() == 3 && number.front() == '5'))
      return true;
  }
  return false;
}

} // namespace

image_trouble judge_image_trouble(std::string_view reason,
                                  std::string_view detail) {
  auto text = ascii_lower(detail);
  if (holds_one(text, node_words))
    return image_trouble::node;
  if (reason == "RegistryUnavailable" || holds_one(text, registry_words)
      || tells_a_broken_registry(text))
    return image_trouble::registry;
  return image_trouble::image;
}

} // namespace motorcade
