#pragma once

#include "runtime/cloud/aws_keys.hpp"
#include "runtime/cloud/azure_login.hpp"
#include "runtime/cloud/google_login.hpp"
#include "runtime/control_plane/control_plane.hpp"
#include "schema/base/result.hpp"

#include <string>
#include <variant>

namespace motorcade {

/// An object of S3, or of a server that speaks its protocol.
struct s3_object {
  /// `http(s)://…` of the object.
  std::string url;
  aws_login login;
};

/// An object of Google Cloud Storage.
struct google_object {
  /// `http(s)://…` of the server.
  std::string server;
  std::string bucket;
  std::string name;
  google_account account;
};

/// A blob of Azure.
struct azure_blob {
  azure_account account;
  std::string container;
  std::string name;
};

/// A file of this machine.
struct output_file {
  /// Absolute.
  std::string path;
  /// Whether missing folders above it are made.
  bool make_folders = false;
};

/// The place of a task's result document.
using output_place =
    std::variant<output_file, s3_object, google_object, azure_blob>;

/// Finds the place that WORKLOAD_OUTPUT names.
/// @param where An absolute path, `file:///path` or `s3://bucket/key`.
/// @param endpoint `http(s)://…` of the server, whose buckets are folders below
/// it; empty: Amazon's, by bucket name, or by folder if the name has a dot,
/// which no certificate covers.
/// @returns invalid_argument for anything else.
result<output_place> find_output_place(const std::string& where,
                                       const std::string& endpoint,
                                       const aws_login& login);

/// @returns the key at which Airbyte's platform looks for a workload's result,
/// in a bucket of any kind; it begins with a slash.
std::string output_key(const std::string& workload_id);

/// @returns the URL of an object in a bucket of S3.
/// @param key May begin with a slash, which is a part of it.
std::string s3_object_url(const std::string& endpoint,
                          const std::string& region, const std::string& bucket,
                          const std::string& key);

/// Puts the document there: a file by temporary file and rename (mode 0600), an
/// object by one PUT that is repeated like other reports.
result<void> put_output(const output_place& place, const std::string& document,
                        const api_patience& patience, const retry_wait& wait);

} // namespace motorcade
