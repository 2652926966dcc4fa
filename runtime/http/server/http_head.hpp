#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace motorcade {

/// The limits of a head.
struct http_head_limits {
  /// The most bytes of the line with method and target; 414 beyond.
  size_t request_line = 16 << 10;
  /// The most bytes of each line of the head; 431 beyond.
  size_t header_line = 8 << 10;
  /// The most bytes of all lines together; 431 beyond.
  size_t head = 32 << 10;
  size_t headers = 100;
};

/// A refusal: an HTTP status and one line for a person, with nothing in it that
/// the client sent.
struct http_refusal {
  int status = 400;
  std::string error;
};

/// Texts in pairs, in the order they came in.
using http_fields = std::vector<std::pair<std::string, std::string>>;

/// The head of a request, checked.
struct http_head {
  std::string method;
  /// As it came: a path that begins with `/`, and perhaps a query.
  std::string target;
  /// Names in lower case; values without blanks around them.
  http_fields headers;
  /// HTTP/1.0.
  bool old_version = false;
  /// Whether the connection may serve another request afterwards.
  bool keep_alive = true;
  bool chunked = false;
  size_t content_length = 0;
  /// The client waits for `100 Continue` before it sends its body.
  bool expects_continue = false;

  /// @returns the value of the first header of that name, in lower case; null:
  /// there is none.
  const std::string* find(std::string_view name) const;

  /// @returns the same, but empty if there is none.
  std::string_view header(std::string_view name) const;
};

/// @returns whether the text is a token of RFC 9110, section 5.6.2.
bool is_http_token(std::string_view text);

/// @returns whether the line, without its end, is a header as RFC 9112 has it:
/// a name, a colon directly behind it, and no control characters.
bool is_http_header(std::string_view line);

/// @returns the number of bytes of the head at the start of `text`, with the
/// blank line; nothing if its end has not come yet.
/// @param from The place to search from; the bytes before were searched
/// already.
std::optional<size_t> find_head_end(std::string_view text, size_t from);

/// Reads a whole head. Stricter than RFC 9112: a head that two programs could
/// read in two ways is refused.
std::variant<http_head, http_refusal>
parse_http_head(std::string_view text, const http_head_limits& limits);

/// A target taken apart and decoded.
struct http_target {
  /// `/a/b%2Fc` is `a` and `b/c`; `/` is one empty segment.
  std::vector<std::string> segments;
  http_fields query;
};

/// @returns nothing if a `%` is not followed by two hexadecimal digits.
std::optional<http_target> parse_http_target(std::string_view target);

} // namespace motorcade
