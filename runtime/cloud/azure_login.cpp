#include "runtime/cloud/azure_login.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/text.hpp"
#include "schema/base/base64.hpp"
#include "schema/base/trim.hpp"

#include <array>
#include <chrono>
#include <ctime>
#include <map>
#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view version = "2021-08-06";

/// The account that every emulator has, with its published key.
constexpr std::string_view development_account = "devstoreaccount1";
constexpr std::string_view development_key =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/"
    "K1SZFPTOtr/KBHBeksoGMGw==";
constexpr std::string_view development_url =
    "http://127.0.0.1:10000/devstoreaccount1";

using parts = std::map<std::string, std::string, std::less<>>;

/// @returns the parts of a connection string by their names.
result<parts> take_parts(std::string_view text) {
  parts out;
  while (!text.empty()) {
    const auto end = text.find(';');
    const auto one = trim(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view{}
                                         : text.substr(end + 1);
    if (one.empty())
      continue;
    // Keys and signatures hold more signs of equality.
    const auto sign = one.find('=');
    if (sign == 0 || sign == std::string_view::npos)
      return failure{ec::invalid_argument,
                     "must be parts NAME=VALUE with ; between them"};
    out[std::string{one.substr(0, sign)}] = one.substr(sign + 1);
  }
  return out;
}

std::string take(parts& from, const char* name) {
  return std::exchange(from[name], {});
}

/// @returns e.g. `Fri, 24 May 2013 00:00:00 GMT`.
std::string to_http_date(wall_time time) {
  const auto seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
  std::tm parts_of_time{};
  ::gmtime_r(&seconds, &parts_of_time);
  std::array<char, 64> out{};
  // This program never leaves the locale "C", whose names are English.
  const auto size = std::strftime(out.data(), out.size(),
                                  "%a, %d %b %Y %H:%M:%S GMT", &parts_of_time);
  return {out.data(), size};
}

/// @returns the path of a URL, from its slash on.
std::string_view path_of(std::string_view url) {
  const auto host = url.find("://");
  const auto slash =
      url.find('/', host == std::string_view::npos ? 0 : host + 3);
  return slash == std::string_view::npos ? std::string_view{"/"}
                                         : url.substr(slash);
}

} // namespace

result<azure_account> read_azure_account(std::string_view connection_string) {
  auto given = take_parts(connection_string);
  if (!given)
    return given.error();
  azure_account out;
  auto key = take(*given, "AccountKey");
  out.name = take(*given, "AccountName");
  out.blob_url = take(*given, "BlobEndpoint");
  out.shared_access_signature = take(*given, "SharedAccessSignature");
  if (take(*given, "UseDevelopmentStorage") == "true") {
    out.name = development_account;
    key = development_key;
    if (out.blob_url.empty())
      out.blob_url = development_url;
  }
  if (out.name.empty() && out.shared_access_signature.empty())
    return failure{ec::invalid_argument, "AccountName is missing"};
  if (key.empty() && out.shared_access_signature.empty())
    return failure{ec::invalid_argument,
                   "AccountKey or SharedAccessSignature is missing"};
  if (auto bytes = from_base64(key); !bytes)
    return failure{ec::invalid_argument, "AccountKey must be base64"};
  else
    out.key = std::move(*bytes);
  if (out.shared_access_signature.starts_with('?'))
    out.shared_access_signature.erase(0, 1);
  if (out.blob_url.empty()) {
    if (out.name.empty())
      return failure{ec::invalid_argument,
                     "AccountName or BlobEndpoint is missing"};
    auto protocol = take(*given, "DefaultEndpointsProtocol");
    auto suffix = take(*given, "EndpointSuffix");
    out.blob_url = (protocol.empty() ? "https" : protocol) + "://" + out.name
                   + ".blob." + (suffix.empty() ? "core.windows.net" : suffix);
  }
  while (out.blob_url.ends_with('/'))
    out.blob_url.pop_back();
  if (!out.blob_url.starts_with("https://")
      && !out.blob_url.starts_with("http://"))
    return failure{ec::invalid_argument,
                   "BlobEndpoint and DefaultEndpointsProtocol must be http or "
                   "https"};
  return out;
}

api_request make_azure_put(const azure_account& account,
                           std::string_view container, std::string_view blob,
                           std::string body, wall_time now) {
  api_request out;
  out.method = "PUT";
  // A blob's name may begin with a slash: each of its slashes is escaped.
  out.url = account.blob_url + '/' + percent_encode(container) + '/'
            + percent_encode(blob);
  out.body = std::move(body);
  constexpr std::string_view type = "application/json";
  const auto date = to_http_date(now);
  // In the order of their names, as they are signed.
  const std::string signed_headers =
      "x-ms-blob-type:BlockBlob\nx-ms-date:" + date
      + "\nx-ms-version:" + std::string{version};
  out.headers = {"Content-Type: " + std::string{type},
                 "x-ms-blob-type: BlockBlob", "x-ms-date: " + date,
                 "x-ms-version: " + std::string{version}};
  if (account.key.empty()) {
    out.url += '?' + account.shared_access_signature;
    return out;
  }
  // Authorize with Shared Key: eleven standard headers, most of them empty, and
  // then those of Azure and the path. An empty body has no length.
  const auto length = out.body.empty() ? "" : std::to_string(out.body.size());
  const auto text = "PUT\n\n\n" + length + "\n\n" + std::string{type}
                    + "\n\n\n\n\n\n\n" + signed_headers + "\n/" + account.name
                    + std::string{path_of(out.url)};
  out.headers.push_back("Authorization: SharedKey " + account.name + ':'
                        + to_base64(hmac_sha256(account.key, text)));
  return out;
}

} // namespace motorcade
