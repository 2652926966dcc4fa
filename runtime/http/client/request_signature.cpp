#include "runtime/http/client/request_signature.hpp"

#include "runtime/base/digest.hpp"
#include "schema/base/ascii.hpp"
#include "schema/base/hex.hpp"
#include "schema/base/trim.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace motorcade {

namespace {

/// @returns the host that libcurl would name: without the scheme's own port.
std::string host_header(const std::string& url) {
  auto host = host_of(url);
  const std::string_view port = url.starts_with("https:") ? ":443" : ":80";
  if (host.ends_with(port))
    host.resize(host.size() - port.size());
  return host;
}

/// @returns e.g. `20260131T235959Z`.
std::string time_of_signature(wall_time now) {
  auto out = to_iso8601_millis(now).substr(0, 19);
  std::erase_if(out, [](char c) { return c == '-' || c == ':'; });
  return out + 'Z';
}

/// @returns the parameters by name, each with an equals sign.
std::string sorted_query(std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> parameters;
  while (!query.empty()) {
    const auto one = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(one.size() + 1, query.size()));
    const auto name = one.substr(0, one.find('='));
    if (!one.empty())
      parameters.emplace_back(
          name, one.substr(std::min(name.size() + 1, one.size())));
  }
  std::sort(parameters.begin(), parameters.end());
  std::string out;
  for (const auto& [name, value] : parameters) {
    out += out.empty() ? "" : "&";
    out.append(name).append("=").append(value);
  }
  return out;
}

/// @returns the values by their names in lower case.
std::map<std::string, std::string>
by_lower_name(const std::vector<std::string>& lines) {
  std::map<std::string, std::string> out;
  for (const std::string_view line : lines) {
    const auto colon = std::min(line.find(':'), line.size());
    out[ascii_lower(line.substr(0, colon))] =
        trim(line.substr(std::min(colon + 1, line.size())));
  }
  return out;
}

} // namespace

std::vector<std::string> signed_headers(const api_request& request,
                                        const std::string& body_sha256,
                                        wall_time now) {
  const auto& keys = *request.sign;
  auto out = request.headers;
  auto present = by_lower_name(out);
  const auto add = [&](const std::string& name, const std::string& value) {
    if (present.emplace(ascii_lower(name), value).second)
      out.push_back(name + ": " + value);
  };
  add("Host", host_header(request.url));
  add("x-amz-date", time_of_signature(now));
  add("x-amz-content-sha256", body_sha256);
  if (!keys.session_token.empty())
    add("x-amz-security-token", keys.session_token);

  std::string names;
  std::string lines;
  for (const auto& [name, value] : present) {
    names += (names.empty() ? "" : ";") + name;
    lines += name + ':' + value + '\n';
  }
  std::string_view rest = request.url;
  rest.remove_prefix(std::min(rest.find("://") + 3, rest.size()));
  rest.remove_prefix(std::min(rest.find_first_of("/?"), rest.size()));
  const auto path = rest.substr(0, rest.find('?'));
  rest.remove_prefix(std::min(path.size() + 1, rest.size()));
  const auto call =
      request.method + '\n' + (path.empty() ? "/" : std::string{path}) + '\n'
      + sorted_query(rest) + '\n' + lines + '\n' + names + '\n' + body_sha256;

  const auto& time = present["x-amz-date"];
  const auto day = time.substr(0, 8);
  const auto scope = day + '/' + keys.region + "/s3/aws4_request";
  const auto text =
      "AWS4-HMAC-SHA256\n" + time + '\n' + scope + '\n' + sha256_hex(call);
  auto key = hmac_sha256("AWS4" + keys.secret_access_key, day);
  for (const std::string_view part :
       {std::string_view{keys.region}, std::string_view{"s3"},
        std::string_view{"aws4_request"}})
    key = hmac_sha256(key, part);
  out.push_back("Authorization: AWS4-HMAC-SHA256 Credential="
                + keys.access_key_id + '/' + scope + ", SignedHeaders=" + names
                + ", Signature=" + to_hex(hmac_sha256(key, text)));
  return out;
}

} // namespace motorcade
