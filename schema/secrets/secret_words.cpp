#include "schema/secrets/secret_words.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/hex.hpp"
#include "schema/secrets/config_secrets.hpp"

#include <algorithm>
#include <array>

namespace motorcade {

namespace {

// The page has these lists, too: controller/page/forms/secret_names.js.

/// Words in a key that mark the value as secret.
constexpr std::array<std::string_view, 32> secret_words = {
    "password",   "passwords",   "passwd",  "passphrase",    "pass",
    "pwd",        "pw",          "secret",  "secrets",       "token",
    "tokens",     "key",         "keys",    "apikey",        "apikeys",
    "credential", "credentials", "creds",   "authorization", "private",
    "bearer",     "cookie",      "cookies", "jwt",           "signature",
    "otp",        "pin",         "sas",     "dsn",           "passcode",
    "auth",       "sig"};

/// Keys that hold such a word and no secret.
constexpr std::array<std::string_view, 38> plain_keys = {"primary key",
                                                         "primary keys",
                                                         "cursor key",
                                                         "sort key",
                                                         "partition key",
                                                         "foreign key",
                                                         "record key",
                                                         "key name",
                                                         "key type",
                                                         "key format",
                                                         "key field",
                                                         "key fields",
                                                         "key column",
                                                         "key columns",
                                                         "token type",
                                                         "token uri",
                                                         "token url",
                                                         "token endpoint",
                                                         "token expiry",
                                                         "auth type",
                                                         "auth method",
                                                         "auth uri",
                                                         "auth url",
                                                         "credential type",
                                                         "credentials type",
                                                         "credentials title",
                                                         "auth mode",
                                                         "private network",
                                                         "private link",
                                                         "key size",
                                                         "key length",
                                                         "object key",
                                                         "key prefix",
                                                         "key pattern",
                                                         "password type",
                                                         "secret type",
                                                         "keys",
                                                         "public key"};

/// The ends of keys of ordinary settings, even below `credentials`.
constexpr std::array<std::string_view, 14> plain_settings = {
    "id",     "ids",    "user",   "username", "email",   "login", "port",
    "schema", "region", "domain", "project",  "account", "scope", "scopes"};

/// The ends of keys that are about a secret and hold none.
constexpr std::array<std::string_view, 21> plain_ends = {
    "type",    "uri",  "url",    "endpoint", "expiry", "date",  "path",
    "format",  "name", "method", "mode",     "header", "field", "length",
    "expires", "in",   "at",     "enabled",  "ttl",    "host",  "location"};

constexpr std::array<std::string_view, 52> common_words = {
    "access",   "account",       "admin",    "anonymous", "apikey",
    "auth",     "authorization", "basic",    "bearer",    "client",
    "config",   "connector",     "cursor",   "data",      "database",
    "default",  "disabled",      "enabled",  "error",     "example",
    "false",    "events",        "header",   "https",     "localhost",
    "message",  "none",          "null",     "number",    "oauth",
    "oauth1.0", "oauth2",        "oauth2.0", "object",    "optional",
    "password", "production",    "public",   "required",  "root",
    "sandbox",  "secret",        "service",  "source",    "stream",
    "string",   "test",          "testing",  "token",     "true",
    "user",     "username"};

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

/// @returns the words of a key, in lower case, separated by a blank: of
/// `api_key`, `apiKey`, `API-Key`, `x.api.key`.
std::string words_of(std::string_view key) {
  std::string out;
  for (size_t i = 0; i < key.size(); ++i) {
    char c = key[i];
    if (!is_ascii_alphanumeric(c)) {
      if (!out.empty() && out.back() != ' ')
        out += ' ';
      continue;
    }
    auto begins = is_upper(c) && i > 0
                  && (is_lower(key[i - 1]) || is_ascii_digit(key[i - 1])
                      || (is_upper(key[i - 1]) && i + 1 < key.size()
                          && is_lower(key[i + 1])));
    if (begins && !out.empty() && out.back() != ' ')
      out += ' ';
    out += ascii_lower(c);
  }
  while (!out.empty() && out.back() == ' ')
    out.pop_back();
  return out;
}

template <class Words>
bool holds(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// Takes `name=value` pairs out of a text, separated by one of `separators`.
void add_pairs(std::vector<std::string>& out, std::string_view text,
               std::string_view separators) {
  while (!text.empty()) {
    auto end = std::min(text.find_first_of(separators), text.size());
    auto pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    auto equals = pair.find('=');
    if (equals == std::string_view::npos)
      continue;
    auto value = pair.substr(equals + 1);
    if (names_a_secret(pair.substr(0, equals)) && !is_common_word(value))
      out.emplace_back(value);
  }
}

/// @returns `password` of `password2`. Auth0 is a company.
std::string_view without_number(std::string_view word) {
  auto last = word.find_last_not_of("0123456789");
  return word == "auth0" || last == std::string_view::npos
             ? word
             : word.substr(0, last + 1);
}

/// @returns what follows `postgres://`; nothing if the text is no URL.
std::string_view behind_scheme(std::string_view text) {
  auto scheme = text.find("://");
  return scheme != std::string_view::npos && scheme < 20
             ? text.substr(scheme + 3)
             : std::string_view{};
}

} // namespace

bool names_a_secret(std::string_view key) {
  auto words = words_of(key);
  if (words.empty() || holds(plain_keys, words))
    return false;
  auto last = words.substr(words.rfind(' ') + 1);
  if (words != last && holds(plain_ends, last))
    return false;
  for (std::string_view rest = words; !rest.empty();) {
    auto end = std::min(rest.find(' '), rest.size());
    auto word = without_number(rest.substr(0, end));
    if (holds(secret_words, word))
      return true;
    // `accesstoken`, `clientsecret`, `dbpassword`; but no `monkey`.
    for (std::string_view tail : {"password", "secret", "token", "apikey",
                                  "accesskey", "secretkey", "privatekey"})
      if (word.size() > tail.size() && word.ends_with(tail))
        return true;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return words == "connection string" || words == "connectionstring";
}

bool names_a_setting(std::string_view key) {
  auto words = words_of(key);
  auto last = words.substr(words.rfind(' ') + 1);
  return holds(plain_ends, last) || holds(plain_settings, last)
         || holds(plain_keys, words);
}

bool is_common_word(std::string_view text) {
  constexpr size_t shortest = 4;
  constexpr size_t shortest_number = 6;
  constexpr size_t shortest_plain_word = 6;
  if (text.size() < shortest)
    return true;
  if (std::all_of(text.begin(), text.end(), is_ascii_digit))
    return text.size() < shortest_number;
  auto plain = std::all_of(text.begin(), text.end(), is_ascii_letter);
  if (plain && text.size() < shortest_plain_word)
    return true;
  return holds(common_words, ascii_lower(text));
}

bool looks_random(std::string_view text) {
  constexpr size_t shortest = 8;
  if (text.size() < shortest || text.find(' ') != std::string_view::npos
      || text.find("://") != std::string_view::npos
      || text.find('@') != std::string_view::npos || is_common_word(text))
    return false;
  auto count = [text](bool (*is)(char)) {
    return std::count_if(text.begin(), text.end(), is);
  };
  auto digits = count(is_ascii_digit);
  auto lowers = count(is_lower);
  auto uppers = count(is_upper);
  auto letters = lowers + uppers;
  // Times, versions, addresses and regions such as `eu-central-1` are no
  // keys.
  if (letters == 0)
    return false;
  auto dots = std::count(text.begin(), text.end(), '.');
  auto dashes = std::count(text.begin(), text.end(), '-')
                + std::count(text.begin(), text.end(), '_');
  constexpr size_t long_one = 20;
  if (text.size() >= long_one && dots + dashes < 3)
    return digits > 0 || (lowers > 0 && uppers > 0);
  return digits >= 2 && letters >= 2 && (dots == 0 || text.size() >= long_one)
         && (uppers > 0 || dashes < 2);
}

std::string_view without_auth_scheme(std::string_view text) {
  for (std::string_view scheme : {"bearer ", "basic ", "token ", "apikey "})
    if (equal_ignoring_case(text.substr(0, scheme.size()), scheme))
      return text.substr(scheme.size());
  return text;
}

std::optional<std::string_view> password_of_url(std::string_view text) {
  auto rest = behind_scheme(text);
  auto authority =
      rest.substr(0, std::min(rest.find_first_of("/?#"), rest.size()));
  // A password may hold an @ of its own, the host does not.
  auto at = authority.rfind('@');
  auto colon = authority.find(':');
  // If there is no @ there is nothing behind a colon but a port.
  if (at == std::string_view::npos || colon >= at || colon + 1 == at)
    return std::nullopt;
  return authority.substr(colon + 1, at - colon - 1);
}

std::vector<std::string> secrets_within(std::string_view text) {
  std::vector<std::string> out;
  if (auto rest = behind_scheme(text); !rest.empty()) {
    if (auto password = password_of_url(text))
      for (auto& form : {std::string{*password}, decode_percents(*password)})
        if (!is_common_word(form))
          out.push_back(form);
    if (auto query = rest.find('?'); query != std::string_view::npos) {
      std::vector<std::string> found;
      add_pairs(found, rest.substr(query + 1), "&#");
      for (auto& value : found) {
        if (auto plain = decode_percents(value); plain != value)
          out.push_back(std::move(plain));
        out.push_back(std::move(value));
      }
    }
    return out;
  }
  // `Server=…;Password=…`, `AccountName=…;AccountKey=…`.
  if (text.find(';') != std::string_view::npos
      && text.find('=') != std::string_view::npos)
    add_pairs(out, text, ";");
  return out;
}

} // namespace motorcade
