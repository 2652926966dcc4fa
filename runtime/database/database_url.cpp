#include "runtime/database/database_url.hpp"

#include "runtime/base/text.hpp"
#include "schema/base/trim.hpp"
#include "schema/base/words.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <optional>

namespace motorcade {

namespace {

/// A parameter of a URL's query.
struct parameter {
  /// As it stands in the URL.
  std::string_view raw;
  std::string name;
  std::string value;
};

using options = std::map<std::string, std::string>;

failure invalid(std::string what) {
  return {ec::invalid_argument, "DATABASE_URL " + std::move(what)};
}

/// Decodes `%`.
/// @returns nothing for a text with %00, which would end it early in C.
std::optional<std::string> decode(std::string_view text) {
  auto decoded = percent_decode(text);
  if (decoded && decoded->find('\0') != std::string::npos)
    return std::nullopt;
  return decoded;
}

/// @returns the options that libpq takes from the environment and its own
/// defaults.
options libpq_defaults() {
  std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed{
      PQconndefaults(), PQconninfoFree};
  options set;
  if (!parsed)
    return set;
  for (const auto* o = parsed.get(); o->keyword != nullptr; ++o)
    if (o->val != nullptr)
      set[o->keyword] = o->val;
  return set;
}

std::string locate(options set) {
  set.merge(libpq_defaults());
  auto host = set["host"].empty() ? set["hostaddr"] : set["host"];
  auto hosts = split(host, ",");
  auto ports = split(set["port"], ",");
  std::string text;
  for (size_t i = 0; i < hosts.size(); ++i) {
    if (i > 0)
      text += ',';
    auto name = hosts[i].empty() ? std::string_view{"localhost"} : hosts[i];
    bool brackets = name.find(':') != std::string_view::npos;
    text += brackets ? "[" : "";
    text += name;
    text += brackets ? "]" : "";
    auto port = ports[std::min(i, ports.size() - 1)];
    text += ':';
    text += port.empty() ? std::string_view{"5432"} : port;
  }
  // libpq's own rule for a database that is not named.
  return text + '/' + (set["dbname"].empty() ? set["user"] : set["dbname"]);
}

/// Adds the schemas of a list, keeping commas inside double quotes.
/// @returns false if a quote is not closed.
bool add_schemas(std::string_view list, bool fold,
                 std::vector<std::string>& schemas) {
  while (true) {
    size_t end = 0;
    bool quoted = false;
    for (; end < list.size() && (quoted || list[end] != ','); ++end)
      quoted = quoted != (list[end] == '"');
    if (quoted)
      return false;
    auto item = trim(list.substr(0, end), " ");
    std::string name;
    if (item.size() >= 2 && item.front() == '"' && item.back() == '"') {
      item = item.substr(1, item.size() - 2);
      for (size_t i = 0; i < item.size(); ++i) {
        name += item[i];
        if (item[i] == '"')
          ++i;
      }
    } else {
      name = item;
      if (fold)
        std::transform(name.begin(), name.end(), name.begin(), [](char c) {
          return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        });
    }
    if (!name.empty()
        && std::find(schemas.begin(), schemas.end(), name) == schemas.end())
      schemas.push_back(std::move(name));
    if (end == list.size())
      return true;
    list.remove_prefix(end + 1);
  }
}

/// @returns where the query begins, or npos. As in libpq the credentials end at
/// the first `@`, even if they hold another one.
size_t query_start(const std::string& url) {
  auto from = url.find("://") + 3;
  auto mark = url.find_first_of("@/", from);
  if (mark != std::string::npos && url[mark] == '@')
    from = mark + 1;
  return url.find('?', from);
}

} // namespace

std::optional<std::map<std::string, std::string>>
parse_libpq_options(const std::string& text) {
  std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed{
      PQconninfoParse(text.c_str(), nullptr), PQconninfoFree};
  if (!parsed)
    return std::nullopt;
  std::map<std::string, std::string> set;
  for (const auto* o = parsed.get(); o->keyword != nullptr; ++o)
    if (o->val != nullptr)
      set[o->keyword] = o->val;
  return set;
}

result<postgres_url> parse_postgres_url(const std::string& url,
                                        const database_patience& patience) {
  // libpq would take the rest of such a password for the host, and show it.
  auto before_query = std::string_view{url}.substr(0, url.find('?'));
  if (std::count(before_query.begin(), before_query.end(), '@') > 1)
    return invalid("has more than one @: write %40 for one in a user, a "
                   "password or a name");
  if (!url.starts_with("postgres://") && !url.starts_with("postgresql://"))
    return invalid("does not begin with postgres:// or postgresql://");
  // libpq would take the start of such a password for a port, and show it.
  const auto slash = before_query.find('/', before_query.find("://") + 3);
  if (slash != std::string_view::npos
      && before_query.find('@', slash) != std::string_view::npos)
    return invalid("has a / before the @: write %2F for one in a user or a "
                   "password, and %40 for an @ in a name");
  auto question = query_start(url);
  postgres_url parsed;
  parsed.call_limit = patience.call;
  parsed.connect = url.substr(0, question);
  if (!parse_libpq_options(parsed.connect))
    return invalid("is not a URL that libpq can read; characters such as "
                   "@ : / ? % in a password must be percent-encoded");
  std::vector<parameter> kept;
  size_t number = 0;
  auto query = question == std::string::npos
                   ? std::string_view{}
                   : std::string_view{url}.substr(question + 1);
  for (auto raw : split(query, "&")) {
    if (raw.empty())
      continue;
    // A password with a bare `?` would show in the name, so the place is named.
    auto place = "query parameter number " + std::to_string(++number);
    auto equals = raw.find('=');
    auto name = decode(raw.substr(0, equals));
    auto value = equals == std::string_view::npos
                     ? std::nullopt
                     : decode(raw.substr(equals + 1));
    if (!name || !value)
      return invalid(place + " is not name=value with correct %XX escapes");
    if (*name == "search_path" || *name == "schema") {
      if (!add_schemas(*value, *name == "search_path", parsed.schemas))
        return invalid(place + " has a double quote that is not closed");
      continue;
    }
    if (!parse_libpq_options("postgres:///?" + std::string{raw}))
      return invalid(place + " is not known to libpq");
    kept.push_back({raw, *name, *value});
  }
  auto separator = '?';
  for (const auto& p : kept) {
    parsed.connect += separator;
    parsed.connect += p.raw;
    separator = '&';
  }
  // The keepalives notice a dead server after 10 + 3 * 3 s of silence, the
  // user timeout after 20 s of unanswered sending.
  auto connect_time = std::to_string(patience.connect.count());
  const std::array<std::array<std::string_view, 2>, 6> defaults = {
      {{"connect_timeout", connect_time},
       {"tcp_user_timeout", "20000"},
       {"keepalives_idle", "10"},
       {"keepalives_interval", "3"},
       {"keepalives_count", "3"},
       {"fallback_application_name", "motorcade-sidecar"}}};
  for (const auto& [name, value] : defaults) {
    auto given = std::any_of(
        kept.begin(), kept.end(),
        [&, wanted = name](const parameter& p) { return p.name == wanted; });
    if (given)
      continue;
    parsed.connect += separator;
    parsed.connect += name;
    parsed.connect += '=';
    parsed.connect += value;
    separator = '&';
  }
  auto set = parse_libpq_options(parsed.connect);
  if (!set)
    return invalid("is not a URL that libpq can read");
  // It may be a password without its user and host.
  if ((*set)["port"].find_first_not_of("0123456789,") != std::string::npos)
    return invalid("has a port that is no number: it must look like "
                   "postgres://user:password@host:port/database");
  for (const auto* secret : {"password", "sslpassword"})
    if (auto found = set->find(secret);
        found != set->end() && !found->second.empty())
      parsed.secrets.push_back(found->second);
  auto from = url.find("://") + 3;
  auto at = url.find_first_of("@/", from);
  if (at != std::string::npos && url[at] == '@')
    if (auto colon = url.find(':', from); colon + 1 < at)
      parsed.secrets.push_back(url.substr(colon + 1, at - colon - 1));
  parsed.location = mask(locate(std::move(*set)), parsed.secrets);
  return parsed;
}

result<std::string> parse_sqlite_url(const std::string& url,
                                     std::string_view subject) {
  const auto wrong = [&](std::string_view what) {
    return failure{ec::invalid_argument,
                   std::string{subject} + ' ' + std::string{what}};
  };
  constexpr std::string_view scheme = "sqlite://";
  if (!url.starts_with(scheme))
    return wrong("does not begin with sqlite://");
  auto rest = std::string_view{url}.substr(scheme.size());
  if (rest.empty() || rest.front() != '/')
    return wrong("must name an absolute path: sqlite:///path/to/file");
  if (rest.find('?') != std::string_view::npos)
    return wrong("takes no query after sqlite:///path; a question mark in "
                 "the path is written %3F");
  auto path = decode(rest);
  if (!path)
    return wrong("holds an incorrect %XX escape");
  if (path->back() == '/')
    return wrong("names a folder; it must name a file: "
                 "sqlite:///path/to/file");
  return std::move(*path);
}

std::string mask(std::string text, const std::vector<std::string>& secrets) {
  // A shorter secret occurs in other texts by chance.
  constexpr size_t shortest = 4;
  for (const auto& secret : secrets) {
    constexpr std::string_view stars = "***";
    if (secret.size() < shortest)
      continue;
    for (auto at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + stars.size()))
      text.replace(at, secret.size(), stars);
  }
  return text;
}

} // namespace motorcade
