#include "config/storage_settings.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/excerpt.hpp"

#include <utility>

namespace motorcade {

namespace {

constexpr std::pair<std::string_view, storage_type> types[] = {
    {"azure", storage_type::azure}, {"gcs", storage_type::gcs},
    {"local", storage_type::local}, {"minio", storage_type::minio},
    {"s3", storage_type::s3},
};

storage_type read_type(settings_reader& in) {
  const auto given = in.text("STORAGE_TYPE");
  for (const auto& [name, type] : types)
    if (ascii_lower(given) == name)
      return type;
  if (!given.empty())
    in.report("STORAGE_TYPE", excerpt(given)
                                  + " is not known, must be AZURE, GCS, LOCAL, "
                                    "MINIO or S3");
  return storage_type::none;
}

/// Reads what one type alone needs.
std::string read_needed(settings_reader& in, std::string_view name,
                        bool is_needed, const char* type) {
  // It may be a document of many lines.
  auto value = in.raw(name);
  if (is_needed && value.empty())
    in.report(name,
              "missing, must be set with STORAGE_TYPE=" + std::string{type});
  return value;
}

} // namespace

storage_settings read_storage_settings(settings_reader& in) {
  storage_settings out;
  out.type = read_type(in);
  out.bucket = in.text("STORAGE_BUCKET_WORKLOAD_OUTPUT");
  if (out.bucket.empty() && out.type != storage_type::none
      && out.type != storage_type::local)
    in.report("STORAGE_BUCKET_WORKLOAD_OUTPUT",
              "missing, must be set with STORAGE_TYPE");
  out.minio_endpoint = in.base_url("MINIO_ENDPOINT");
  if (out.type == storage_type::minio && out.minio_endpoint.empty())
    in.report("MINIO_ENDPOINT", "missing, must be set with STORAGE_TYPE=MINIO");
  out.google_credentials = read_needed(in, "GOOGLE_APPLICATION_CREDENTIALS",
                                       out.type == storage_type::gcs, "GCS");
  if (auto server = in.base_url("STORAGE_EMULATOR_HOST"); !server.empty())
    out.google_server = std::move(server);
  out.azure_connection = read_needed(in, "AZURE_STORAGE_CONNECTION_STRING",
                                     out.type == storage_type::azure, "AZURE");
  out.local_root = in.path("STORAGE_LOCAL_ROOT", presence::optional,
                           std::move(out.local_root));
  return out;
}

} // namespace motorcade
