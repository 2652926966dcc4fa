#include "config/s3_settings.hpp"

#include <utility>

namespace motorcade {

namespace {

/// Where the address of a container's keys lies below, in ECS.
constexpr std::string_view container_host = "http://169.254.170.2";

/// Reads where keys come from that are not set.
void read_role(settings_reader& in, aws_login& out) {
  out.role_arn = in.text("AWS_ROLE_ARN");
  if (auto name = in.text("AWS_ROLE_SESSION_NAME"); !name.empty())
    out.role_session = std::move(name);
  out.token_file = in.path("AWS_WEB_IDENTITY_TOKEN_FILE");
  for (const auto* name : {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"})
    if (out.sts_url.empty())
      out.sts_url = in.base_url(name);
  out.container_url = in.url("AWS_CONTAINER_CREDENTIALS_FULL_URI",
                             presence::optional, {"http://", "https://"});
  if (auto path = in.text("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
      !path.empty() && out.container_url.empty())
    out.container_url = std::string{container_host} + path;
  out.container_token = in.secret("AWS_CONTAINER_AUTHORIZATION_TOKEN");
  out.container_token_file = in.path("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  if (auto url = in.base_url("AWS_EC2_METADATA_SERVICE_ENDPOINT"); !url.empty())
    out.metadata_url = std::move(url);
  if (in.boolean("AWS_EC2_METADATA_DISABLED", false))
    out.metadata_url.clear();
}

} // namespace

s3_settings read_s3_settings(settings_reader& in, std::string_view user) {
  const auto needed = user.empty() ? presence::optional : presence::required;
  s3_settings out;
  auto& login = out.login;
  for (const auto* name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"})
    if (out.endpoint.empty())
      out.endpoint = in.url(name, presence::optional, {"http://", "https://"});
  for (const auto* name : {"AWS_DEFAULT_REGION", "AWS_REGION"})
    if (auto region = in.text(name); !region.empty())
      login.region = std::move(region);
  login.access_key_id = in.text("AWS_ACCESS_KEY_ID", needed);
  login.secret_access_key = in.secret("AWS_SECRET_ACCESS_KEY");
  if (!user.empty() && login.secret_access_key.empty())
    in.report("AWS_SECRET_ACCESS_KEY", "missing, must be set where "
                                           + std::string{user}
                                           + " leads to S3");
  if (user.empty()
      && login.access_key_id.empty() != login.secret_access_key.empty())
    in.report(login.access_key_id.empty() ? "AWS_ACCESS_KEY_ID"
                                          : "AWS_SECRET_ACCESS_KEY",
              "missing, must be set where the other half of the key is");
  login.session_token = in.secret("AWS_SESSION_TOKEN");
  read_role(in, login);
  return out;
}

} // namespace motorcade
