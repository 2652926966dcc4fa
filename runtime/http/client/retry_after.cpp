#include "runtime/http/client/retry_after.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace motorcade {

std::optional<std::chrono::milliseconds>
parse_retry_after(const std::string& text) {
  constexpr std::chrono::hours longest_wait{24};
  std::chrono::seconds wait{0};
  long long seconds = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, seconds);
  if (!text.empty() && rest == end && error == std::errc{} && seconds >= 0) {
    wait = std::chrono::seconds{std::min(seconds, 1LL << 32)};
  } else {
    // A date begins with the day's name; curl_getdate would accept other texts
    // as well.
    const auto named = !text.empty() && text[0] >= 'A' && text[0] <= 'Z';
    const auto date = named ? curl_getdate(text.c_str(), nullptr) : -1;
    if (date < 0)
      return std::nullopt;
    wait = std::chrono::ceil<std::chrono::seconds>(
        std::chrono::system_clock::from_time_t(date)
        - std::chrono::system_clock::now());
  }
  return std::clamp<std::chrono::seconds>(wait, std::chrono::seconds{0},
                                          longest_wait);
}

} // namespace motorcade
