#include "runtime/control_plane/output_place.hpp"

#include "runtime/base/text.hpp"
#include "runtime/files/private_file.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

namespace motorcade {

namespace {

constexpr auto content_type = "Content-Type: application/json";

/// Writes a document to one kind of place.
struct writing {
  const std::string& document;
  const api_patience& patience;
  const retry_wait& wait;

  result<void> operator()(const output_file& place) const {
    std::error_code failed;
    const auto folder = std::filesystem::path{place.path}.parent_path();
    if (place.make_folders)
      std::filesystem::create_directories(folder, failed);
    if (failed)
      return failure{ec::system_failed, "making the folder " + folder.string()
                                            + ": " + failed.message()};
    return write_private_file(place.path, document + "\n");
  }

  result<void> operator()(const s3_object& place) const {
    api_client client;
    return call(place.url, [&](api_request one) -> result<api_answer> {
      auto keys = get_aws_keys(place.login, client, one);
      if (!keys)
        return keys.error();
      one.method = "PUT";
      one.headers = {content_type};
      one.body = document;
      one.sign = &*keys;
      return client.send(one);
    });
  }

  result<void> operator()(const google_object& place) const {
    api_client client;
    // The upload of a whole object in one request.
    const auto url = place.server + "/upload/storage/v1/b/"
                     + percent_encode(place.bucket)
                     + "/o?uploadType=media&name=" + percent_encode(place.name);
    return call(url, [&](api_request one) -> result<api_answer> {
      auto token = get_google_token(place.account, client, one, utc_now());
      if (!token)
        return token.error();
      one.method = "POST";
      // As the platform's own client calls it.
      one.headers = {"Content-Type: application/octet-stream",
                     "Authorization: Bearer " + *token};
      one.body = document;
      return client.send(one);
    });
  }

  result<void> operator()(const azure_blob& place) const {
    api_client client;
    return call(place.account.blob_url, [&](const api_request& limits) {
      auto one = make_azure_put(place.account, place.container, place.name,
                                document, utc_now());
      one.connect_timeout = limits.connect_timeout;
      one.answer_timeout = limits.answer_timeout;
      one.go_on = limits.go_on;
      return client.send(one);
    });
  }

  result<void> call(const std::string& url, const api_attempt& attempt) const {
    api_request request;
    request.url = url;
    return call_patiently(attempt, std::move(request),
                          "writing the result document", patience, wait);
  }
};

} // namespace

result<output_place> find_output_place(const std::string& where,
                                       const std::string& endpoint,
                                       const aws_login& login) {
  constexpr std::string_view file = "file://";
  constexpr std::string_view s3 = "s3://";
  if (where.starts_with('/'))
    return output_place{output_file{where}};
  if (where.starts_with(file) && where.size() > file.size()
      && where[file.size()] == '/')
    return output_place{output_file{where.substr(file.size())}};
  auto rest = where.starts_with(s3) ? where.substr(s3.size()) : std::string{};
  auto slash = rest.find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == rest.size())
    return failure{ec::invalid_argument,
                   "must be /path, file:///path or s3://bucket/key"};
  return output_place{
      s3_object{s3_object_url(endpoint, login.region, rest.substr(0, slash),
                              rest.substr(slash + 1)),
                login}};
}

std::string output_key(const std::string& workload_id) {
  constexpr std::string_view prefix = "/workload/output";
  if (workload_id.starts_with(prefix))
    return workload_id;
  const auto begin = workload_id.find_first_not_of('/');
  return std::string{prefix} + '/'
         + (begin == std::string::npos ? "" : workload_id.substr(begin));
}

std::string s3_object_url(const std::string& endpoint,
                          const std::string& region, const std::string& bucket,
                          const std::string& key) {
  return bucket_url(endpoint, region, bucket) + '/' + percent_encode_path(key);
}

result<void> put_output(const output_place& place, const std::string& document,
                        const api_patience& patience, const retry_wait& wait) {
  return std::visit(writing{document, patience, wait}, place);
}

} // namespace motorcade
