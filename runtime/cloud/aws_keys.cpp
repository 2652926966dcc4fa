#include "runtime/cloud/aws_keys.hpp"

#include "runtime/base/found_file.hpp"
#include "runtime/base/text.hpp"
#include "runtime/http/client/api_call.hpp"
#include "schema/base/trim.hpp"
#include "schema/base/xml_text.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr size_t longest_token_file = 64 << 10;

/// The metadata service is in the same machine, or nowhere.
constexpr std::chrono::milliseconds metadata_patience = 2s;

/// @returns what a call that was not answered with 2xx means.
failure refusal(const std::string& who, const api_answer& answer) {
  return {may_pass_later(answer.status) ? ec::service_unavailable
                                        : ec::invalid_argument,
          who + " answered HTTP " + std::to_string(answer.status)};
}

/// @returns the body of a 2xx answer.
result<std::string> fetch(api_client& client, const api_request& call,
                          const std::string& who) {
  auto answer = client.send(call);
  if (!answer)
    return failure{answer.error().code, who + ": " + answer.error().what};
  if (!answer->fine())
    return refusal(who, *answer);
  return std::move(answer->body);
}

result<std::string> read_token(const std::string& path) {
  auto text = read_found_file(path, longest_token_file, links::followed);
  if (!text)
    return text;
  return std::string{trim(*text)};
}

/// @returns the keys of a document as ECS, EKS and EC2 give it.
result<aws_keys> keys_of(const std::string& document, const std::string& region,
                         const std::string& who) {
  const auto tree = json::parse(document, nullptr, false);
  aws_keys out{text_at(tree, "AccessKeyId"), text_at(tree, "SecretAccessKey"),
               text_at(tree, "Token"), region};
  if (out.access_key_id.empty() || out.secret_access_key.empty())
    return failure{ec::service_unavailable, who + " answered without a key"};
  return out;
}

result<aws_keys> keys_of_web_identity(const aws_login& login,
                                      api_client& client,
                                      const api_request& limits) {
  auto token = read_token(login.token_file);
  if (!token)
    return failure{token.error().code,
                   "AWS_WEB_IDENTITY_TOKEN_FILE: " + token.error().what};
  const auto& region = login.region;
  auto url = login.sts_url;
  if (url.empty())
    url = "https://sts." + region + ".amazonaws.com"
          + (region.starts_with("cn-") ? ".cn" : "");
  auto call = make_call_within(limits, "POST", url + "/");
  call.headers = {"Content-Type: application/x-www-form-urlencoded"};
  call.body = "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn="
              + percent_encode(login.role_arn)
              + "&RoleSessionName=" + percent_encode(login.role_session)
              + "&WebIdentityToken=" + percent_encode(*token);
  const auto who = "the security token service, asked for the role "
                   + login.role_arn + " (AWS_ROLE_ARN)";
  auto answer = client.send(call);
  if (!answer)
    return failure{answer.error().code, who + ": " + answer.error().what};
  if (!answer->fine()) {
    auto refused = refusal(who, *answer);
    if (auto code = xml_value(answer->body, "Code"); !code.empty())
      refused.what += ' ' + code;
    return refused;
  }
  aws_keys out{xml_value(answer->body, "AccessKeyId"),
               xml_value(answer->body, "SecretAccessKey"),
               xml_value(answer->body, "SessionToken"), region};
  if (out.access_key_id.empty() || out.secret_access_key.empty())
    return failure{ec::service_unavailable, who + " answered without a key"};
  return out;
}

result<aws_keys> keys_of_container(const aws_login& login, api_client& client,
                                   const api_request& limits) {
  auto call = make_call_within(limits, "GET", login.container_url);
  auto token = login.container_token;
  if (!login.container_token_file.empty()) {
    auto read = read_token(login.container_token_file);
    if (!read)
      return failure{read.error().code,
                     "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: "
                         + read.error().what};
    token = std::move(*read);
  }
  if (!token.empty())
    call.headers.push_back("Authorization: " + token);
  const std::string who = "the container's service of keys";
  auto document = fetch(client, call, who);
  if (!document)
    return document.error();
  return keys_of(*document, login.region, who);
}

result<aws_keys> keys_of_instance(const aws_login& login, api_client& client,
                                  api_request limits) {
  limits.connect_timeout = std::min(limits.connect_timeout, metadata_patience);
  const std::string who =
      "no AWS_ACCESS_KEY_ID is set, and the instance metadata service";
  auto ask =
      make_call_within(limits, "PUT", login.metadata_url + "/latest/api/token");
  ask.headers = {"X-aws-ec2-metadata-token-ttl-seconds: 300"};
  auto token = fetch(client, ask, who);
  if (!token)
    return token.error();
  const auto base =
      login.metadata_url + "/latest/meta-data/iam/security-credentials/";
  auto call = make_call_within(limits, "GET", base);
  call.headers = {"X-aws-ec2-metadata-token: " + *token};
  auto role = fetch(client, call, who);
  if (!role)
    return role.error();
  const auto name = trim(std::string_view{*role}.substr(0, role->find('\n')));
  if (name.empty())
    return failure{ec::invalid_argument, who + " knows no role"};
  call.url = base + percent_encode(name);
  auto document = fetch(client, call, who);
  if (!document)
    return document.error();
  return keys_of(*document, login.region, who);
}

} // namespace

result<aws_keys> get_aws_keys(const aws_login& login, api_client& client,
                              const api_request& limits) {
  if (!login.access_key_id.empty())
    return aws_keys{login.access_key_id, login.secret_access_key,
                    login.session_token, login.region};
  if (!login.role_arn.empty() && !login.token_file.empty())
    return keys_of_web_identity(login, client, limits);
  if (!login.container_url.empty())
    return keys_of_container(login, client, limits);
  if (!login.metadata_url.empty())
    return keys_of_instance(login, client, limits);
  return failure{ec::invalid_argument,
                 "there is no key for S3: set AWS_ACCESS_KEY_ID and "
                 "AWS_SECRET_ACCESS_KEY"};
}

} // namespace motorcade
