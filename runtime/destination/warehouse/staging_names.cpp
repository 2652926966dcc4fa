#include "runtime/destination/warehouse/staging_names.hpp"

#include "schema/base/utf8.hpp"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <random>

namespace motorcade {

namespace {

constexpr size_t time_digits = 13;
constexpr size_t number_digits = 3;
constexpr std::string_view mark = "_tmp";
constexpr std::string_view comment_head = "motorcade: a request of sync ";

constexpr long long oldest_ms = 24LL * 60 * 60 * 1000;

long long now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

} // namespace

staging_names::staging_names(std::string_view table, size_t max_name_bytes)
    : head_{cut_bytes(table, max_name_bytes - mark.size() - time_digits
                                 - number_digits)} {
  head_ += mark;
}

std::string staging_names::make() const {
  return make(now_ms());
}

std::string staging_names::make(long long now) const {
  // The counter begins by chance: two processes may make names in the same
  // millisecond.
  static std::atomic<unsigned> counter{std::random_device{}()};
  char digits[32];
  std::snprintf(digits, sizeof digits, "%013lld%03u", now, counter++ % 1000);
  return head_ + digits;
}

long long staging_names::made_at(std::string_view name) const {
  if (!name.starts_with(head_)
      || name.size() != head_.size() + time_digits + number_digits)
    return -1;
  const auto digits = name.substr(head_.size());
  long long out = 0;
  const auto* end = digits.data() + time_digits;
  const auto read = std::from_chars(digits.data(), end, out);
  const auto all = std::all_of(digits.begin(), digits.end(),
                               [](char c) { return c >= '0' && c <= '9'; });
  return all && read.ptr == end ? out : -1;
}

bool staging_names::is_old(std::string_view name) const {
  const auto made = made_at(name);
  return made >= 0 && now_ms() - made > oldest_ms;
}

bool staging_names::is_like_one(std::string_view target) {
  const auto at = target.rfind(mark);
  return at != std::string_view::npos
         && staging_names{target.substr(0, at), target.size()}.made_at(target)
                >= 0;
}

bool staging_names::is_foreign(std::string_view comment) {
  return !comment.empty() && !comment.starts_with(comment_head);
}

std::string staging_names::comment(std::string_view sync,
                                   std::string_view task) {
  return std::string{comment_head} + std::string{sync} + ", task "
         + std::string{task};
}

std::optional<std::string_view> staging_names::maker_of(std::string_view text,
                                                        std::string_view sync) {
  const auto head = comment(sync, "");
  return text.starts_with(head) ? std::optional{text.substr(head.size())}
                                : std::nullopt;
}

} // namespace motorcade
