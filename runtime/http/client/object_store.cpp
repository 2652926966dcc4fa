#include "runtime/http/client/object_store.hpp"

#include "runtime/base/text.hpp"

namespace motorcade {

std::string bucket_url(std::string endpoint, const std::string& region,
                       const std::string& bucket) {
  while (endpoint.ends_with('/'))
    endpoint.pop_back();
  const auto name = percent_encode(bucket);
  if (!endpoint.empty())
    return endpoint + "/" + name;
  // Regions of China have a domain of their own.
  const auto host = "s3." + region + ".amazonaws.com"
                    + (region.starts_with("cn-") ? ".cn" : "");
  return bucket.find('.') == std::string::npos ? "https://" + name + "." + host
                                               : "https://" + host + "/" + name;
}

} // namespace motorcade
