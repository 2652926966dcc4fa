#pragma once

#include "config/settings_reader.hpp"

#include <cstdint>
#include <string>

namespace motorcade {

/// The kinds of stores in which Airbyte's platform keeps documents.
enum class storage_type : uint8_t {
  none,
  azure,
  gcs,
  local,
  minio,
  s3,
};

/// The store of documents of Airbyte's platform, each setting named after its
/// variable.
struct storage_settings {
  /// STORAGE_TYPE, in any case.
  storage_type type = storage_type::none;
  /// STORAGE_BUCKET_WORKLOAD_OUTPUT; set unless the type is none or local.
  std::string bucket;
  /// MINIO_ENDPOINT as a URL without a slash at its end.
  std::string minio_endpoint;
  /// GOOGLE_APPLICATION_CREDENTIALS: a path, or the JSON document itself.
  /// Secret.
  std::string google_credentials;
  /// STORAGE_EMULATOR_HOST as a URL, as Google's own clients know it; else
  /// Google's server.
  std::string google_server = "https://storage.googleapis.com";
  /// AZURE_STORAGE_CONNECTION_STRING. Secret.
  std::string azure_connection;
  /// STORAGE_LOCAL_ROOT: the volume that the platform mounts.
  std::string local_root = "/storage";

  friend bool operator==(const storage_settings&,
                         const storage_settings&) = default;
};

/// Reads the settings; reports faulty ones to `in`.
storage_settings read_storage_settings(settings_reader& in);

} // namespace motorcade
