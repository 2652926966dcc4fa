#pragma once

#include "runtime/destination/destination.hpp"
#include "runtime/http/client/object_store.hpp"
#include "schema/base/result.hpp"

#include <string>
#include <string_view>

namespace motorcade {

class json_view;

/// The form of rows in an object.
enum class object_format : uint8_t {
  /// As they came, one a line.
  ndjson,
  /// JSON objects without objects in them.
  ndjson_flat,
  csv,
};

/// A folder of a bucket that rows go to.
struct object_storage_config {
  /// For people: `s3` or `gs`.
  std::string scheme = "s3";
  std::string bucket;
  /// `http(s)://…` of the bucket.
  std::string url;
  /// Without slashes at its ends; `[DATE]` and `[TIMESTAMP]` stand for the time
  /// of a table's first request. Empty: the bucket itself.
  std::string folder;
  object_format format = object_format::ndjson;
  bool gzip = false;
  aws_keys keys;

  /// @returns `.ndjson`, `.csv`, `.ndjson.gz` or `.csv.gz`.
  std::string suffix() const;

  /// @returns the media type of its objects.
  std::string media_type() const;
};

/// Reads a destinationConfig of Jitsu whose `destinationType` is `s3`:
/// accessKeyId, secretAccessKey, bucket, region, endpoint, folder, format,
/// compression.
/// @returns invalid_argument, which names the key and no value.
result<object_storage_config> read_s3_config(const json_view& config);

/// Reads one of `gcs`, whose keys are those of HMAC.
/// @returns invalid_argument, which names the key and no value.
result<object_storage_config> read_gcs_config(const json_view& config);

/// Reads `s3://bucket/folder?region=…&endpoint=…&format=…&compression=…`.
/// @param login The key, and what the URL does not say.
/// @returns invalid_argument, without any part of the URL.
result<object_storage_config>
read_object_storage_url(std::string_view url, const object_login& login);

} // namespace motorcade
