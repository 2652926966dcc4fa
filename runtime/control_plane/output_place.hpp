#pragma once

#include "runtime/control_plane/control_plane.hpp"
#include "schema/base/result.hpp"

#include <string>

namespace motorcade {

/// The place of a task's result document: a file, or an object of
/// an object storage.
struct output_place {
  /// Absolute; empty: an object.
  std::string path;
  /// `http(s)://…` of the object.
  std::string url;
  aws_keys keys;
};

/// Finds the place that WORKLOAD_OUTPUT names.
/// @param where An absolute path, `file:///path` or `s3://bucket/key`.
/// @param endpoint `http(s)://…` of the server, whose buckets are folders below
/// it; empty: Amazon's, by bucket name, or by folder if the name has a dot,
/// which no certificate covers.
/// @returns invalid_argument for anything else.
result<output_place> find_output_place(const std::string& where,
                                       const std::string& endpoint,
                                       aws_keys keys);

/// Puts the document there: a file by temporary file and rename (mode 0600), an
/// object by one signed PUT that is repeated like other reports.
result<void> put_output(const output_place& place, const std::string& document,
                        const control_plane_settings& patience,
                        const retry_wait& wait);

} // namespace motorcade
