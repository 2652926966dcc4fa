#include "schema/secrets/secret_forms.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/base64.hpp"
#include "schema/base/hex.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// A line of a PEM key has 64 characters, its last one may be short.
constexpr size_t shortest_line = 12;

constexpr size_t shortest_piece = 6;

/// @param kept Punctuation that is not encoded.
/// @param plus Whether a blank becomes `+`.
/// @param upper Whether the digits of `%C3` are upper-case ones.
std::string percent_encode(std::string_view text, std::string_view kept,
                           bool plus, bool upper) {
  std::string out;
  for (const char c : text) {
    if (is_ascii_alphanumeric(c) || kept.find(c) != std::string_view::npos) {
      out += c;
    } else if (plus && c == ' ') {
      out += '+';
    } else if (upper) {
      append_percent(out, c);
    } else {
      out += '%' + to_hex({&c, 1});
    }
  }
  return out;
}

/// @param ascii Whether other characters are escaped, as Python's json does.
/// @param slash Whether a slash is, as PHP does.
std::string json_escape(std::string_view text, bool ascii, bool slash) {
  const auto quoted = encode_json_string(text, ascii);
  std::string out;
  for (const char c : std::string_view{quoted}.substr(1, quoted.size() - 2)) {
    if (slash && c == '/')
      out += '\\';
    out += c;
  }
  return out;
}

/// @returns the form of Python's `repr` and Go's `%q`, without quotes.
std::string backslash_escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\\')
      out += "\\\\";
    else
      out += c;
  }
  return out;
}

std::string html_escape(std::string_view text) {
  std::string out;
  for (char c : text) {
    switch (c) {
    case '&':
      out += "&amp;";
      break;
    case '<':
      out += "&lt;";
      break;
    case '>':
      out += "&gt;";
      break;
    case '"':
      out += "&quot;";
      break;
    case '\'':
      out += "&#39;";
      break;
    default:
      out += c;
    }
  }
  return out;
}

/// @returns the base64 of those bits of the text that fill whole characters.
/// @param last_two The characters for 62 and 63.
std::string whole_base64(std::string_view text, std::string_view last_two) {
  auto out = to_base64(text);
  out.resize(text.size() * 8 / 6);
  for (char& c : out)
    c = c == '+' ? last_two[0] : c == '/' ? last_two[1] : c;
  return out;
}

} // namespace

std::vector<std::string> written_forms(std::string_view secret) {
  std::vector<std::string> out;
  auto add = [&](std::string form) {
    if (form != secret)
      out.push_back(std::move(form));
  };
  // RFC 3986, JavaScript's encodeURIComponent, and Python's quote, which keeps
  // slashes.
  for (std::string_view kept : {"-._~", "-._~!*'()", "-._~/", "-._*"})
    for (auto plus : {false, true})
      for (auto upper : {true, false})
        add(percent_encode(secret, kept, plus, upper));
  // Some programs encode nothing but the blanks of a URL.
  if (secret.find(' ') != std::string_view::npos) {
    std::string blanks;
    std::string pluses;
    for (char c : secret) {
      blanks += c == ' ' ? "%20" : std::string{c};
      pluses += c == ' ' ? '+' : c;
    }
    add(std::move(blanks));
    add(std::move(pluses));
  }
  for (auto ascii : {false, true})
    for (auto slash : {false, true})
      add(json_escape(secret, ascii, slash));
  add(backslash_escape(secret));
  add(html_escape(secret));
  return out;
}

std::vector<base64_piece> base64_forms(std::string_view secret) {
  std::vector<base64_piece> out;
  for (size_t before = 0; before < 3; ++before) {
    std::string padded(before, '\0');
    padded += secret;
    auto bits = padded.size() * 8;
    // The first characters hold bits of the text before the secret, too.
    auto skipped = before == 0 ? 0 : before + 1;
    for (std::string_view last_two : {"+/", "-_"}) {
      auto text = whole_base64(padded, last_two);
      if (text.size() < skipped + shortest_piece)
        continue;
      text.erase(0, skipped);
      auto ends_within = bits % 6 != 0;
      if (last_two == "+/" && text.find_first_of(last_two) != std::string::npos)
        for (auto upper : {true, false})
          out.push_back({percent_encode(text, "", false, upper), before > 0,
                         ends_within});
      out.push_back({std::move(text), before > 0, ends_within});
    }
  }
  return out;
}

std::vector<std::string> lines_of_secret(std::string_view secret) {
  std::vector<std::string> out;
  for (std::string_view separator : {"\n", "\\n"}) {
    if (secret.find(separator) == std::string_view::npos)
      continue;
    auto rest = secret;
    for (;;) {
      auto end = rest.find(separator);
      auto line = rest.substr(0, end);
      while (!line.empty() && (line.front() == ' ' || line.front() == '\t'))
        line.remove_prefix(1);
      while (
          !line.empty()
          && (line.back() == ' ' || line.back() == '\r' || line.back() == '\t'))
        line.remove_suffix(1);
      if (line.size() >= shortest_line
          && line.find("-----") == std::string_view::npos)
        out.emplace_back(line);
      if (end == std::string_view::npos)
        break;
      rest.remove_prefix(end + separator.size());
    }
  }
  return out;
}

} // namespace motorcade
