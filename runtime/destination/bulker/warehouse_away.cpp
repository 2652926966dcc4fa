#include "runtime/destination/bulker/warehouse_away.hpp"

#include "schema/base/ascii.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

namespace motorcade {

namespace {

constexpr std::array<std::string_view, 2> steps = {"stream consume error",
                                                   "stream complete error"};

/// The beginnings of SQLSTATEs of failures that pass: connection exceptions,
/// too many connections, shutdown, crash, starting up.
constexpr std::array<std::string_view, 5> passing_states = {
    "08", "53300", "57p01", "57p02", "57p03"};

/// Texts about a connection that mean a lasting failure.
constexpr std::array<std::string_view, 12> lasting = {
    "authentication failed",
    "sasl auth",
    "password",
    "access denied",
    "permission denied",
    "pg_hba.conf",
    "certificate",
    "x509",
    "tls error",
    "refused tls",
    "does not exist",
    "unknown database",
};

constexpr std::array<std::string_view, 24> passing = {
    "failed to connect",
    "connection refused",
    "connection reset",
    "connection timed out",
    "connection closed",
    "conn closed",
    "connection is closed",
    "closed the connection",
    "broken pipe",
    "broken connection",
    "bad connection",
    "no route to host",
    "network is unreachable",
    "host is down",
    "no such host",
    "i/o timeout",
    "server misbehaving",
    "unexpected eof",
    "too many connections",
    "too many clients",
    "connection slots are reserved",
    "database system is starting up",
    "database system is shutting down",
    "database system is in recovery",
};

template <size_t N>
bool holds_any(std::string_view text,
               const std::array<std::string_view, N>& words) {
  return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
    return text.find(word) != std::string_view::npos;
  });
}

/// @returns the text of `{"error": …}`, or the body itself.
std::string error_text(std::string_view body) {
  if (!check_json(body))
    if (auto error = json_view{body}.find("error"); error && error->is_string())
      return error->text();
  return std::string{body};
}

std::string without_quotes(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    auto c = text[at];
    // An apostrophe within a word, as in `can't`, is no quote.
    auto within_word =
        at > 0 && c == '\''
        && std::isalnum(static_cast<unsigned char>(text[at - 1])) != 0;
    auto close = std::string_view::npos;
    if (c == '{')
      close = text.rfind('}'); // A whole row has quotes of its own.
    else if ((c == '"' || c == '\'' || c == '`') && !within_word)
      close = text.find(c, at + 1);
    if (close == std::string_view::npos || close <= at)
      out += c;
    else
      at = close;
  }
  return out;
}

} // namespace

bool warehouse_is_away(std::string_view body) {
  auto text = ascii_lower(without_quotes(error_text(body)));
  if (std::none_of(steps.begin(), steps.end(), [&](std::string_view step) {
        return text.starts_with(step);
      }))
    return false;
  constexpr std::string_view marker = "sqlstate ";
  if (auto at = text.rfind(marker); at != std::string::npos) {
    auto state = std::string_view{text}.substr(at + marker.size());
    return std::any_of(
        passing_states.begin(), passing_states.end(),
        [&](std::string_view one) { return state.starts_with(one); });
  }
  return !holds_any(text, lasting) && holds_any(text, passing);
}

} // namespace motorcade
