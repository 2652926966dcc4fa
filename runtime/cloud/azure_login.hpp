#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/http/client/api_client.hpp"
#include "schema/base/result.hpp"

#include <string>
#include <string_view>

namespace motorcade {

/// A storage account of Azure, as its connection string says.
struct azure_account {
  std::string name;
  /// The shared key's bytes; empty: the signature below is used. Secret.
  std::string key;
  /// A shared access signature: the query of a URL, without `?`. Secret.
  std::string shared_access_signature;
  /// `http(s)://…` of its blobs, without a slash at its end.
  std::string blob_url;
};

/// Reads e.g. `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=…;
/// EndpointSuffix=core.windows.net`, also with `BlobEndpoint`,
/// `SharedAccessSignature` or `UseDevelopmentStorage=true`.
/// @returns invalid_argument that names the part which is missing or wrong.
result<azure_account> read_azure_account(std::string_view connection_string);

/// Makes the request that writes a whole blob, signed by the account's key for
/// some minutes from `now` on.
/// @param container Its name is that of a bucket elsewhere.
/// @param blob Any text; slashes part virtual folders.
api_request make_azure_put(const azure_account& account,
                           std::string_view container, std::string_view blob,
                           std::string body, wall_time now);

} // namespace motorcade
