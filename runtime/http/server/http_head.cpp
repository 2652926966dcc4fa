#include "runtime/http/server/http_head.hpp"

#include "runtime/base/text.hpp"
#include "runtime/http/server/host_name.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/trim.hpp"

#include <algorithm>
#include <charconv>

namespace motorcade {

namespace {

bool is_token_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z')
         || (c >= 'A' && c <= 'Z')
         || std::string_view{"!#$%&'*+-.^_`|~"}.find(c)
                != std::string_view::npos;
}

/// @returns whether the list, parts separated by commas, has that part.
bool lists(std::string_view list, std::string_view part) {
  while (!list.empty()) {
    auto comma = std::min(list.find(','), list.size());
    if (equal_ignoring_case(trim(list.substr(0, comma), header_blanks), part))
      return true;
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return false;
}

using refusal = std::optional<http_refusal>;

refusal read_request_line(std::string_view line, http_head& head) {
  auto first = line.find(' ');
  auto last = line.rfind(' ');
  if (first == std::string_view::npos || last == first)
    return http_refusal{400, "not an HTTP request"};
  auto target = line.substr(first + 1, last - first - 1);
  auto version = line.substr(last + 1);
  head.method = line.substr(0, first);
  if (!is_http_token(head.method) || version.substr(0, 5) != "HTTP/")
    return http_refusal{400, "not an HTTP request"};
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return http_refusal{505, "only HTTP/1.1 and HTTP/1.0 are spoken here"};
  if (target.empty() || target[0] != '/'
      || std::any_of(target.begin(), target.end(), [](char c) {
           return c <= ' ' || c == '#' || static_cast<unsigned char>(c) >= 0x7F;
         }))
    return http_refusal{400, "the target is not a path as RFC 3986 has it"};
  head.target = target;
  head.old_version = version == "HTTP/1.0";
  return {};
}

refusal read_header(std::string_view line, http_head& head) {
  if (!is_http_header(line))
    return http_refusal{400, "a line of the head is no header, or holds a "
                             "control character"};
  auto colon = line.find(':');
  head.headers.emplace_back(ascii_lower(line.substr(0, colon)),
                            trim(line.substr(colon + 1), header_blanks));
  return {};
}

/// Decides how the body ends.
refusal weigh_length(http_head& head) {
  const auto* length = head.find("content-length");
  const auto* coding = head.find("transfer-encoding");
  if (coding != nullptr) {
    if (length != nullptr || head.old_version)
      return http_refusal{400, "the length of the body is ambiguous"};
    if (coding->empty())
      return http_refusal{400, "the header transfer-encoding is empty"};
    if (!equal_ignoring_case(*coding, "chunked"))
      return http_refusal{501, "the only transfer coding known is chunked"};
    head.chunked = true;
  } else if (length != nullptr) {
    const auto* last = length->data() + length->size();
    auto [end, error] =
        std::from_chars(length->data(), last, head.content_length);
    if (length->empty() || end != last)
      return http_refusal{400, "the header content-length is no number"};
    if (error == std::errc::result_out_of_range)
      return http_refusal{413, "the body is too large"};
  }
  return {};
}

/// Decides what the headers mean for the connection and the body.
refusal weigh_headers(http_head& head) {
  for (std::string_view single :
       {"content-length", "transfer-encoding", "authorization", "host",
        "content-encoding", "expect"})
    if (std::count_if(
            head.headers.begin(), head.headers.end(),
            [&](const auto& header) { return header.first == single; })
        > 1)
      return http_refusal{400, "the header " + std::string{single}
                                   + " is there twice"};
  auto connection = head.header("connection");
  head.keep_alive = head.old_version ? lists(connection, "keep-alive")
                                     : !lists(connection, "close");
  // RFC 9112, section 3.2: a request has exactly one host.
  const auto* host = head.find("host");
  if (host == nullptr && !head.old_version)
    return http_refusal{400, "the header host is missing"};
  if (host != nullptr && !parse_host(*host))
    return http_refusal{400, "the header host names no host"};
  if (auto no = weigh_length(head))
    return no;
  auto content_coding = head.header("content-encoding");
  if (!content_coding.empty()
      && !equal_ignoring_case(content_coding, "identity"))
    return http_refusal{415, "a compressed body is not taken"};
  auto expectation = head.header("expect");
  head.expects_continue =
      !head.old_version && equal_ignoring_case(expectation, "100-continue");
  if (!expectation.empty() && !head.expects_continue && !head.old_version)
    return http_refusal{417, "the only expectation known is 100-continue"};
  return {};
}

} // namespace

const std::string* http_head::find(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (key == name)
      return &value;
  return nullptr;
}

std::string_view http_head::header(std::string_view name) const {
  const auto* found = find(name);
  return found == nullptr ? std::string_view{} : *found;
}

bool is_http_token(std::string_view text) {
  return !text.empty()
         && std::all_of(text.begin(), text.end(), is_token_character);
}

bool is_http_header(std::string_view line) {
  auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_http_token(line.substr(0, colon)))
    return false;
  auto value = line.substr(colon + 1);
  return std::none_of(value.begin(), value.end(), [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7F;
  });
}

std::optional<size_t> find_head_end(std::string_view text, size_t from) {
  // The blank line may have begun before `from`.
  for (auto at = text.find('\n', from < 2 ? 0 : from - 2);
       at != std::string_view::npos; at = text.find('\n', at + 1)) {
    if (text.substr(at + 1, 1) == "\n")
      return at + 2;
    if (text.substr(at + 1, 2) == "\r\n")
      return at + 3;
  }
  return {};
}

std::variant<http_head, http_refusal>
parse_http_head(std::string_view text, const http_head_limits& limits) {
  http_head head;
  if (text.size() > limits.head)
    return http_refusal{431, "the headers are too large"};
  for (bool first = true;; first = false) {
    auto end = text.find('\n');
    if (end == std::string_view::npos || end == 0 || text[end - 1] != '\r')
      return http_refusal{400, "a line of the head does not end in CR LF"};
    auto line = text.substr(0, end - 1);
    text.remove_prefix(end + 1);
    if (line.empty() && !first)
      break;
    refusal no;
    if (first && line.size() > limits.request_line)
      no = http_refusal{414, "the target is too long"};
    else if (first)
      no = read_request_line(line, head);
    else if (line.size() > limits.header_line
             || head.headers.size() == limits.headers)
      no = http_refusal{431, "the headers are too large"};
    else
      no = read_header(line, head);
    if (no)
      return *no;
  }
  if (auto no = weigh_headers(head))
    return *no;
  return head;
}

std::optional<http_target> parse_http_target(std::string_view target) {
  http_target out;
  auto mark = std::min(target.find('?'), target.size());
  auto path = target.substr(1, mark - 1);
  auto query = target.substr(std::min(mark + 1, target.size()));
  for (;;) {
    auto slash = std::min(path.find('/'), path.size());
    auto segment = percent_decode(path.substr(0, slash));
    if (!segment)
      return {};
    out.segments.push_back(std::move(*segment));
    if (slash == path.size())
      break;
    path.remove_prefix(slash + 1);
  }
  auto decode = [](std::string_view text) {
    std::string plain{text};
    std::replace(plain.begin(), plain.end(), '+', ' ');
    return percent_decode(plain);
  };
  while (!query.empty()) {
    auto end = std::min(query.find('&'), query.size());
    auto part = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (part.empty())
      continue;
    auto equals = std::min(part.find('='), part.size());
    auto name = decode(part.substr(0, equals));
    auto value = decode(part.substr(std::min(equals + 1, part.size())));
    if (!name || !value)
      return {};
    out.query.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

} // namespace motorcade
