#include "config/s3_settings.hpp"

namespace motorcade {

s3_settings read_s3_settings(settings_reader& in, std::string_view user) {
  const auto needed = user.empty() ? presence::optional : presence::required;
  s3_settings out;
  for (const auto* name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"})
    if (out.endpoint.empty())
      out.endpoint = in.url(name, presence::optional, {"http://", "https://"});
  for (const auto* name : {"AWS_DEFAULT_REGION", "AWS_REGION"})
    if (auto region = in.text(name); !region.empty())
      out.region = std::move(region);
  out.access_key_id = in.text("AWS_ACCESS_KEY_ID", needed);
  out.secret_access_key = in.secret("AWS_SECRET_ACCESS_KEY");
  if (!user.empty() && out.secret_access_key.empty())
    in.report("AWS_SECRET_ACCESS_KEY", "missing, must be set where "
                                           + std::string{user}
                                           + " leads to S3");
  out.session_token = in.secret("AWS_SESSION_TOKEN");
  return out;
}

} // namespace motorcade
