#include "runtime/destination/object_storage/object_storage_config.hpp"

#include "runtime/base/text.hpp"
#include "schema/base/ascii.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>
#include <map>

namespace motorcade {

namespace {

constexpr std::string_view google = "https://storage.googleapis.com";

/// The parts of a place, by the names of a destinationConfig.
using members = std::map<std::string, std::string, std::less<>>;

/// @returns invalid_argument; `about` says where the member stands.
failure invalid(std::string_view about, std::string_view what) {
  return {ec::invalid_argument, std::string{about} + std::string{what}};
}

constexpr std::string_view of_config = "destinationConfig: ";
constexpr std::string_view of_url = "the destination's URL: ";

bool consists_of(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return is_ascii_alphanumeric(c) || others.find(c) != std::string_view::npos;
  });
}

/// @returns whether a header can hold the text.
bool is_printable(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~'; });
}

/// @returns the URL of a server: a host, with or without a port and a path,
/// gets `https://` before it.
std::string to_endpoint(std::string text) {
  if (text.find("://") == std::string::npos)
    text = "https://" + text;
  const auto scheme =
      text.starts_with("https://")  ? std::string_view{"https://"}
      : text.starts_with("http://") ? std::string_view{"http://"}
                                    : std::string_view{};
  const auto rest = std::string_view{text}.substr(scheme.size());
  const auto fine = !scheme.empty() && !rest.empty() && rest.front() != '/'
                    && is_printable(rest)
                    && rest.find_first_of("@?# ") == std::string_view::npos;
  return fine ? text : std::string{};
}

/// @returns the folder without slashes at its ends; nothing if a part of it
/// would lead elsewhere, or cannot stand in a name.
std::optional<std::string> to_folder(std::string_view text) {
  while (text.starts_with('/'))
    text.remove_prefix(1);
  while (text.ends_with('/'))
    text.remove_suffix(1);
  for (auto rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('/'), rest.size());
    const auto step = rest.substr(0, end);
    if (step.empty() || step == "." || step == ".."
        || std::any_of(step.begin(), step.end(),
                       [](unsigned char c) { return c < 0x20 || c == 0x7F; }))
      return {};
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return std::string{text};
}

result<void> set_form(object_storage_config& out, const members& given,
                      std::string_view about) {
  const auto find = [&](std::string_view name, std::string_view fallback) {
    const auto found = given.find(name);
    return found == given.end() || found->second.empty() ? std::string{fallback}
                                                         : found->second;
  };
  const auto format = find("format", "ndjson");
  if (format == "ndjson")
    out.format = object_format::ndjson;
  else if (format == "ndjson_flat")
    out.format = object_format::ndjson_flat;
  else if (format == "csv")
    out.format = object_format::csv;
  else
    return invalid(about, "format must be ndjson, ndjson_flat or csv");
  const auto compression = find("compression", "none");
  if (compression != "none" && compression != "gzip")
    return invalid(about, "compression must be gzip or none");
  out.gzip = compression == "gzip";
  return {};
}

result<object_storage_config> to_config(object_storage_config out,
                                        const members& given,
                                        std::string endpoint,
                                        std::string_view about) {
  const auto of = [&](std::string_view name) {
    const auto found = given.find(name);
    return found == given.end() ? std::string{} : found->second;
  };
  out.bucket = of("bucket");
  if (out.bucket.empty())
    return invalid(about, "bucket is required");
  if (!consists_of(out.bucket, ".-_") || out.bucket.front() == '.')
    return invalid(about, "bucket must be the name of a bucket, as my-bucket, "
                          "without s3:// and a folder");
  if (!consists_of(out.keys.region, "-_"))
    return invalid(about, "region must be like us-east-1");
  if (!endpoint.empty() && to_endpoint(endpoint).empty())
    return invalid(about, "endpoint must be like https://minio.example:9000, "
                          "without a login, a query or a fragment");
  const auto folder = to_folder(of("folder"));
  if (!folder)
    return invalid(about, "folder must be like rows/[DATE], without empty "
                          "parts, . and .., and control characters");
  out.folder = *folder;
  out.url =
      bucket_url(endpoint.empty() ? endpoint : to_endpoint(std::move(endpoint)),
                 out.keys.region, out.bucket);
  if (auto ok = set_form(out, given, about); !ok)
    return ok.error();
  return out;
}

result<members> members_of(const json_view& config) {
  members out;
  for (const auto* name :
       {"authenticationMethod", "accessKeyId", "secretAccessKey", "bucket",
        "region", "endpoint", "folder", "format", "compression"}) {
    const auto value = config.find(name);
    if (!value || value->is_null())
      continue;
    if (!value->is_string() || value->text().find('\0') != std::string::npos)
      return invalid(of_config,
                     std::string{name} + " must be a text without NUL");
    out[name] = value->text();
  }
  return out;
}

/// Puts the key in place.
result<void> set_keys(aws_keys& out, const members& given) {
  for (const auto& [name, to] :
       {std::pair{"accessKeyId", &out.access_key_id},
        std::pair{"secretAccessKey", &out.secret_access_key}}) {
    const auto found = given.find(name);
    if (found == given.end() || found->second.empty())
      return invalid(of_config, std::string{name} + " is required");
    if (!is_printable(found->second)
        || (to == &out.access_key_id
            && found->second.find_first_of(": ") != std::string::npos))
      return invalid(of_config, std::string{name}
                                    + " has characters that no key has; copy "
                                      "it again");
    *to = found->second;
  }
  return {};
}

} // namespace

std::string object_storage_config::suffix() const {
  return std::string{format == object_format::csv ? ".csv" : ".ndjson"}
         + (gzip ? ".gz" : "");
}

std::string object_storage_config::media_type() const {
  if (gzip)
    return "application/gzip";
  return format == object_format::csv ? "text/csv" : "application/x-ndjson";
}

result<object_storage_config> read_s3_config(const json_view& config) {
  auto given = members_of(config);
  if (!given)
    return given.error();
  if (const auto& method = (*given)["authenticationMethod"];
      !method.empty() && method != "accessKey")
    return invalid(of_config,
                   "authenticationMethod must be accessKey: roles are not "
                   "supported; give accessKeyId and secretAccessKey");
  object_storage_config out;
  if (auto ok = set_keys(out.keys, *given); !ok)
    return ok.error();
  if (auto& region = (*given)["region"]; !region.empty())
    out.keys.region = region;
  return to_config(std::move(out), *given, (*given)["endpoint"], of_config);
}

result<object_storage_config> read_gcs_config(const json_view& config) {
  auto given = members_of(config);
  if (!given)
    return given.error();
  const auto account = config.find("accessKey");
  if ((*given)["accessKeyId"].empty() && account && !account->is_null())
    return invalid(of_config,
                   "accessKey, the JSON of a service account, is not taken "
                   "here: make an HMAC key of that account (Cloud Storage, "
                   "Settings, Interoperability) and give its two parts as "
                   "accessKeyId and secretAccessKey");
  object_storage_config out;
  out.scheme = "gs";
  if (auto ok = set_keys(out.keys, *given); !ok)
    return ok.error();
  auto& region = (*given)["region"];
  out.keys.region = region.empty() ? "auto" : region;
  auto& endpoint = (*given)["endpoint"];
  return to_config(std::move(out), *given,
                   endpoint.empty() ? std::string{google} : endpoint,
                   of_config);
}

result<object_storage_config>
read_object_storage_url(std::string_view url, const object_login& login) {
  const auto wrong =
      invalid(of_url, "must be like s3://bucket/folder?region=eu-west-1, with "
                      "region, endpoint, format and compression; the key comes "
                      "from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  constexpr std::string_view scheme = "s3://";
  if (!url.starts_with(scheme))
    return wrong;
  url.remove_prefix(scheme.size());
  const auto query = std::min(url.find('?'), url.size());
  auto parameters = url.substr(std::min(query + 1, url.size()));
  url = url.substr(0, query);
  const auto slash = std::min(url.find('/'), url.size());
  const auto folder = percent_decode(url.substr(slash));
  if (!folder || url.substr(0, slash).find('@') != std::string_view::npos)
    return wrong;
  members given = {{"bucket", std::string{url.substr(0, slash)}},
                   {"folder", *folder}};
  while (!parameters.empty()) {
    const auto end = std::min(parameters.find('&'), parameters.size());
    const auto one = parameters.substr(0, end);
    const auto equals = std::min(one.find('='), one.size());
    const auto name = one.substr(0, equals);
    auto value = percent_decode(one.substr(std::min(equals + 1, one.size())));
    if (!value
        || (name != "region" && name != "endpoint" && name != "format"
            && name != "compression"))
      return wrong;
    given[std::string{name}] = *std::move(value);
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
  }
  if (login.access_key_id.empty() || login.secret_access_key.empty())
    return failure{ec::invalid_argument,
                   "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are missing, "
                   "must be set where rows go to s3://…"};
  if (!is_printable(login.access_key_id)
      || login.access_key_id.find_first_of(": ") != std::string::npos
      || !is_printable(login.secret_access_key)
      || !is_printable(login.session_token))
    return failure{ec::invalid_argument,
                   "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY or "
                   "AWS_SESSION_TOKEN has characters that no key has; copy "
                   "it again"};
  object_storage_config out;
  const auto& region = given["region"];
  out.keys = {login.access_key_id, login.secret_access_key, login.session_token,
              region.empty() ? login.region : region};
  const auto& endpoint = given["endpoint"];
  return to_config(std::move(out), given,
                   endpoint.empty() ? login.endpoint : endpoint, of_url);
}

} // namespace motorcade
