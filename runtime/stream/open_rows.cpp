#include "runtime/stream/open_rows.hpp"

#include <cstring>
#include <memory>

namespace motorcade {

namespace {

char* put(char* to, std::string_view text) {
  std::memcpy(to, text.data(), text.size());
  return to + text.size();
}

/// Writes the row with the tail before its closing brace; of two equal keys the
/// last counts.
/// @returns the end of what was written.
char* put_with_tail(char* to, std::string_view row, std::string_view tail) {
  row.remove_suffix(1);
  to = put(to, row);
  const auto has_members =
      row.find_first_not_of(" \t\r", 1) != std::string_view::npos;
  to = put(to, has_members ? tail : tail.substr(1));
  *to = '}';
  return to + 1;
}

} // namespace

std::string_view open_rows::tail_of(size_t row) const {
  const auto begin = row == 0 ? 0 : tail_ends_[row - 1];
  return std::string_view{tails_}.substr(begin, tail_ends_[row] - begin);
}

block_ptr open_rows::take(std::string_view text, std::string_view tail,
                          const byte_window_ptr& window) {
  auto bytes = std::make_unique_for_overwrite<char[]>(
      content_ + tails_.size() + spans_.size() * (1 + tail.size()));
  auto* to = bytes.get();
  const auto* rows = changed_.empty() ? text.data() : changed_.data();
  const auto row_at = [rows](span one) {
    return std::string_view{rows + one.offset, one.length};
  };
  if (!tail_ends_.empty()) {
    for (size_t row = 0; row < spans_.size(); ++row) {
      to = put_with_tail(to, row_at(spans_[row]), tail_of(row));
      *to++ = '\n';
    }
  } else if (!tail.empty()) {
    for (const auto one : spans_) {
      to = put_with_tail(to, row_at(one), tail);
      *to++ = '\n';
    }
  } else {
    for (const auto one : spans_) {
      to = put(to, row_at(one));
      *to++ = '\n';
    }
  }
  const auto size = static_cast<size_t>(to - bytes.get());
  auto out = std::make_shared<const block>(
      std::move(bytes), size, spans_.size(), window_share{window, size},
      std::exchange(files_, {}));
  spans_.clear();
  bytes_ = 0;
  content_ = 0;
  changed_.clear();
  tails_.clear();
  tail_ends_.clear();
  return out;
}

} // namespace motorcade
