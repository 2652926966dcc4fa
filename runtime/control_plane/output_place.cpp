#include "runtime/control_plane/output_place.hpp"

#include "runtime/base/text.hpp"
#include "runtime/files/private_file.hpp"

#include <utility>

namespace motorcade {

result<output_place> find_output_place(const std::string& where,
                                       const std::string& endpoint,
                                       aws_keys keys) {
  constexpr std::string_view file = "file://";
  constexpr std::string_view s3 = "s3://";
  output_place out;
  if (where.starts_with('/')) {
    out.path = where;
    return out;
  }
  if (where.starts_with(file) && where.size() > file.size()
      && where[file.size()] == '/') {
    out.path = where.substr(file.size());
    return out;
  }
  auto rest = where.starts_with(s3) ? where.substr(s3.size()) : std::string{};
  auto slash = rest.find('/');
  if (slash == 0 || slash == std::string::npos || slash + 1 == rest.size())
    return failure{ec::invalid_argument,
                   "must be /path, file:///path or s3://bucket/key"};
  auto bucket = rest.substr(0, slash);
  auto key = percent_encode_path(std::string_view{rest}.substr(slash + 1));
  out.url = bucket_url(endpoint, keys.region, bucket) + "/" + key;
  out.keys = std::move(keys);
  return out;
}

result<void> put_output(const output_place& place, const std::string& document,
                        const control_plane_settings& patience,
                        const retry_wait& wait) {
  if (!place.path.empty())
    return write_private_file(place.path, document + "\n");
  api_client client;
  api_request request;
  request.method = "PUT";
  request.url = place.url;
  request.headers = {"Content-Type: application/json"};
  request.body = document;
  request.sign = &place.keys;
  request.connect_timeout = patience.connect_timeout;
  request.answer_timeout = patience.answer_timeout;
  return call_patiently(client, std::move(request),
                        "writing the result document", patience.most_retries,
                        patience.retry_delay, wait);
}

} // namespace motorcade
