#include "runtime/http/client/http_answer_reader.hpp"

#include "schema/base/trim.hpp"

#include <optional>
#include <string>
#include <strings.h>
#include <utility>

namespace motorcade {

namespace {

constexpr size_t kept_answer = 64 << 10;
constexpr size_t longest_answer = 1 << 20;

/// @returns the field's value if the line is the field `name`.
std::optional<std::string> field_value(std::string_view line,
                                       std::string_view name) {
  if (line.size() <= name.size() || line[name.size()] != ':'
      || ::strncasecmp(line.data(), name.data(), name.size()) != 0)
    return std::nullopt;
  return std::string{trim(line.substr(name.size() + 1))};
}

/// @returns whether a body begins as an object of JSON does.
bool is_object(std::string_view body) {
  const auto begin = body.find_first_not_of(" \t\r\n");
  return begin != std::string_view::npos && body[begin] == '{';
}

long parse_status(std::string_view line) {
  auto blank = line.find(' ');
  if (blank == std::string_view::npos)
    return 0;
  long status = 0;
  for (char c : line.substr(blank + 1, 3)) {
    if (c < '0' || c > '9')
      break;
    status = status * 10 + (c - '0');
  }
  return status;
}

} // namespace

void http_answer_reader::take_line(std::string_view line) {
  received_ += line.size();
  if (answered_)
    return;
  if (line.starts_with("HTTP/")) {
    answer_ = {};
    answer_.status = parse_status(line);
  } else if (line == "\r\n" || line == "\n") {
    answered_ = answer_.status >= 200;
  } else if (auto location = field_value(line, "Location")) {
    answer_.location = std::move(*location);
  } else if (auto delay = field_value(line, "Retry-After")) {
    answer_.retry_after = std::move(*delay);
  }
}

bool http_answer_reader::take_body(std::string_view bytes) {
  received_ += bytes.size();
  body_size_ += bytes.size();
  answer_.body += bytes;
  const auto most =
      success() && is_object(answer_.body) ? longest_answer : kept_answer;
  if (answer_.body.size() > most)
    answer_.body.resize(most);
  return !too_long();
}

bool http_answer_reader::too_long() const noexcept {
  return body_size_ > longest_answer;
}

void http_answer_reader::take_raw(std::string_view bytes) {
  if (!bytes.starts_with("HTTP/1."))
    return;
  while (!answered_) {
    auto end = bytes.find('\n');
    if (end == std::string_view::npos)
      return;
    take_line(bytes.substr(0, end + 1));
    bytes.remove_prefix(end + 1);
  }
  take_body(bytes);
}

http_answer http_answer_reader::release() {
  if (!answered_)
    answer_ = {};
  return std::exchange(answer_, {});
}

} // namespace motorcade
