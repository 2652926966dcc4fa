// Keys, tokens and signatures of clouds, over real HTTP.

#include "runtime/cloud/aws_keys.hpp"
#include "runtime/cloud/azure_login.hpp"
#include "runtime/cloud/google_login.hpp"
#include "schema/base/base64.hpp"
#include "support/api_stand_in.hpp"
#include "support/scratch_folder.hpp"

#include <catch2/catch_all.hpp>
#include <nlohmann/json.hpp>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <fstream>
#include <memory>

using namespace motorcade;
using namespace motorcade::test;
using Catch::Matchers::ContainsSubstring;
using nlohmann::json;
using namespace std::chrono_literals;

namespace {

using key_handle = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

key_handle make_rsa_key() {
  return {EVP_RSA_gen(2048), EVP_PKEY_free};
}

std::string to_pem(EVP_PKEY* key) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out{BIO_new(BIO_s_mem()),
                                                      BIO_free};
  REQUIRE(PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0,
                                        nullptr, nullptr)
          == 1);
  char* text = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<size_t>(size)};
}

bool is_signed_by(EVP_PKEY* key, const std::string& text,
                  const std::string& signature) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{
      EVP_MD_CTX_new(), EVP_MD_CTX_free};
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr,
                              key)
             == 1
         && EVP_DigestVerify(
                context.get(),
                reinterpret_cast<const unsigned char*>(signature.data()),
                signature.size(),
                reinterpret_cast<const unsigned char*>(text.data()),
                text.size())
                == 1;
}

constexpr wall_time noon{std::chrono::seconds{1'800'000'000}};

} // namespace

// -- Amazon -------------------------------------------------------------------

TEST_CASE("keys that are given are asked for nowhere") {
  api_client client;
  aws_login login;
  login.region = "eu-west-1";
  login.access_key_id = "id";
  login.secret_access_key = "secret";
  login.role_arn = "arn";
  login.token_file = "/nowhere";
  login.container_url = login.metadata_url = "http://127.0.0.1:1";
  auto keys = get_aws_keys(login, client, {});
  REQUIRE(keys);
  CHECK(keys->access_key_id == "id");
}

TEST_CASE("a container's keys are asked for with its token") {
  api_stand_in server;
  api_client client;
  scratch_folder folder;
  std::ofstream{folder.path("token")} << "from-file\n";
  aws_login login;
  login.region = "eu-west-1";
  login.container_url = server.url() + "/keys";
  login.container_token = "given";
  server.answer_with([](const api_call&) {
    return api_reply{200,
                     R"({"AccessKeyId":"i","SecretAccessKey":"s",)"
                     R"("Token":"t","Expiration":"2026-01-01T00:00:00Z"})"};
  });
  auto keys = get_aws_keys(login, client, {});
  REQUIRE(keys);
  CHECK(keys->access_key_id == "i");
  CHECK(keys->secret_access_key == "s");
  CHECK(keys->session_token == "t");
  CHECK(keys->region == "eu-west-1");
  login.container_token_file = folder.path("token");
  REQUIRE(get_aws_keys(login, client, {}));
  auto calls = server.calls();
  REQUIRE(calls.size() == 2);
  CHECK(calls[0].line() == "GET /keys");
  CHECK(calls[0].headers["authorization"] == "given");
  CHECK(calls[1].headers["authorization"] == "from-file");
}

TEST_CASE("an instance's keys are asked for as IMDSv2 wants it") {
  api_stand_in server;
  api_client client;
  aws_login login;
  login.metadata_url = server.url();
  server.answer_with([](const api_call& call) -> api_reply {
    if (call.method == "PUT")
      return call.path == "/latest/api/token"
                     && call.headers.count(
                         "x-aws-ec2-metadata-token-ttl-seconds")
                 ? api_reply{200, "imds-token"}
                 : api_reply{400, {}};
    if (const auto token = call.headers.find("x-aws-ec2-metadata-token");
        token == call.headers.end() || token->second != "imds-token")
      return {401, {}};
    if (call.path == "/latest/meta-data/iam/security-credentials/")
      return {200, "my role\n"};
    if (call.path == "/latest/meta-data/iam/security-credentials/my%20role")
      return {200, R"({"Code":"Success","AccessKeyId":"i",)"
                   R"("SecretAccessKey":"s","Token":"t"})"};
    return {404, {}};
  });
  auto keys = get_aws_keys(login, client, {});
  REQUIRE(keys);
  CHECK(keys->access_key_id == "i");
  CHECK(keys->session_token == "t");
}

TEST_CASE("keys that cannot be had are told by their place") {
  struct trouble {
    std::string name;
    api_reply reply;
    ec code;
    std::string text;
  };

  const std::vector<trouble> troubles = {
      {"refused",
       {403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error>"
             "</ErrorResponse>"},
       ec::invalid_argument,
       "HTTP 403 AccessDenied"},
      {"too many", {429, {}}, ec::service_unavailable, "HTTP 429"},
      {"broken", {500, {}}, ec::service_unavailable, "HTTP 500"},
      {"no key",
       {200, "<html>hush</html>"},
       ec::service_unavailable,
       "answered without a key"},
  };
  for (const auto& one : troubles) {
    INFO(one.name);
    api_stand_in server;
    api_client client;
    scratch_folder folder;
    std::ofstream{folder.path("token")} << "hush";
    aws_login login;
    login.role_arn = "arn:aws:iam::1:role/writer";
    login.token_file = folder.path("token");
    login.sts_url = server.url();
    server.answer_with([&](const api_call&) { return one.reply; });
    auto keys = get_aws_keys(login, client, {});
    REQUIRE_FALSE(keys);
    CHECK(keys.error().code == one.code);
    CHECK_THAT(keys.error().what, ContainsSubstring(one.text)
                                      && ContainsSubstring("AWS_ROLE_ARN")
                                      && !ContainsSubstring("hush"));
  }
  api_client client;
  aws_login login;
  login.metadata_url.clear();
  CHECK_THAT(get_aws_keys(login, client, {}).error().what,
             ContainsSubstring("AWS_ACCESS_KEY_ID"));
  login.role_arn = "arn";
  login.token_file = "/nowhere/token";
  CHECK_THAT(get_aws_keys(login, client, {}).error().what,
             ContainsSubstring("AWS_WEB_IDENTITY_TOKEN_FILE: cannot open "
                               "/nowhere/token"));
  login.role_arn.clear();
  login.metadata_url = "http://127.0.0.1:1";
  auto keys = get_aws_keys(login, client, {});
  CHECK(keys.error().code == ec::service_unavailable);
  CHECK_THAT(keys.error().what, ContainsSubstring("AWS_ACCESS_KEY_ID")
                                    && ContainsSubstring("metadata"));
}

// -- Google -------------------------------------------------------------------

TEST_CASE("a service account's key is read, or its fault named") {
  const auto refused = [](const std::string& document) {
    auto account = read_google_account(document);
    REQUIRE_FALSE(account);
    CHECK(account.error().code == ec::invalid_argument);
    CHECK_THAT(account.error().what, !ContainsSubstring("hush"));
    return account.error().what;
  };
  CHECK_THAT(refused("hush"), ContainsSubstring("JSON"));
  CHECK_THAT(refused(R"({"type":"authorized_user"})"),
             ContainsSubstring("service_account"));
  CHECK_THAT(refused(R"({"type":"service_account"})"),
             ContainsSubstring("client_email"));
  CHECK_THAT(refused(R"({"type":"service_account","client_email":"a"})"),
             ContainsSubstring("private_key"));
  CHECK_THAT(refused(R"({"type":"service_account","client_email":"a",)"
                     R"("private_key":"hush","token_uri":"ftp://x"})"),
             ContainsSubstring("token_uri"));
  google_account account{"a", "k", "hush", "http://x"};
  auto assertion = sign_google_assertion(account, noon);
  REQUIRE_FALSE(assertion);
  CHECK_THAT(assertion.error().what,
             ContainsSubstring("private_key") && !ContainsSubstring("hush"));
}

TEST_CASE("a service account asks with a token that its key has signed") {
  api_stand_in server;
  api_client client;
  const auto key = make_rsa_key();
  google_account account{"me@p.iam.gserviceaccount.com", "k1",
                         to_pem(key.get()), server.url() + "/token"};
  server.answer_with([](const api_call&) {
    return api_reply{200, R"({"access_token":"ya29.x","expires_in":3599})"};
  });
  auto token = get_google_token(account, client, {}, noon);
  REQUIRE(token);
  CHECK(*token == "ya29.x");
  const auto body = server.calls().at(0).body;
  constexpr std::string_view begin =
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&"
      "assertion=";
  REQUIRE(body.starts_with(begin));
  const auto assertion = body.substr(begin.size());
  const auto dot = assertion.find('.');
  const auto last = assertion.rfind('.');
  CHECK(json::parse(*from_base64url(assertion.substr(0, dot)))
        == json{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", "k1"}});
  CHECK(json::parse(*from_base64url(assertion.substr(dot + 1, last - dot - 1)))
        == json{
            {"iss", account.client_email},
            {"scope", "https://www.googleapis.com/auth/devstorage.read_write"},
            {"aud", account.token_uri},
            {"iat", 1'800'000'000},
            {"exp", 1'800'003'600}});
  CHECK(is_signed_by(key.get(), assertion.substr(0, last),
                     *from_base64url(assertion.substr(last + 1))));
  server.answer_with([](const api_call&) {
    return api_reply{400, R"({"error":"invalid_grant"})"};
  });
  auto refused = get_google_token(account, client, {}, noon);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ec::invalid_argument);
  CHECK_THAT(refused.error().what,
             ContainsSubstring("HTTP 400 invalid_grant")
                 && ContainsSubstring(account.client_email));
}

// -- Azure --------------------------------------------------------------------

TEST_CASE("a connection string is read, or its fault named") {
  struct good {
    std::string text;
    std::string blob_url;
  };

  const std::vector<good> readable = {
      {"DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=a2V5;"
       "EndpointSuffix=core.windows.net",
       "https://acc.blob.core.windows.net"},
      {" AccountName=acc ; AccountKey=a2V5 ;;",
       "https://acc.blob.core.windows.net"},
      {"AccountName=acc;AccountKey=a2U=;BlobEndpoint=http://here:1/acc/",
       "http://here:1/acc"},
      {"UseDevelopmentStorage=true", "http://127.0.0.1:10000/devstoreaccount1"},
      {"BlobEndpoint=https://b.example;SharedAccessSignature=?sv=1&sig=a%3D",
       "https://b.example"},
  };
  for (const auto& one : readable) {
    INFO(one.text);
    auto account = read_azure_account(one.text);
    REQUIRE(account);
    CHECK(account->blob_url == one.blob_url);
  }

  struct bad {
    std::string text;
    std::string fault;
  };

  const std::vector<bad> refused = {
      {"hush", "NAME=VALUE"},
      {"AccountKey=a2V5", "AccountName"},
      {"AccountName=acc", "AccountKey"},
      {"AccountName=acc;AccountKey=hush!", "base64"},
      {"SharedAccessSignature=hush", "BlobEndpoint"},
      {"AccountName=a;AccountKey=a2V5;BlobEndpoint=ftp://x", "http"},
  };
  for (const auto& one : refused) {
    INFO(one.text);
    auto account = read_azure_account(one.text);
    REQUIRE_FALSE(account);
    CHECK(account.error().code == ec::invalid_argument);
    CHECK_THAT(account.error().what,
               ContainsSubstring(one.fault) && !ContainsSubstring("hush"));
  }
}

TEST_CASE("a blob is written with the account's signature, or its own") {
  azure_account account{"acc", "key", {}, "http://here:1/acc"};
  auto put = make_azure_put(account, "box", "/workload/output/w 1", "{}", noon);
  CHECK(put.method == "PUT");
  CHECK(put.url == "http://here:1/acc/box/%2Fworkload%2Foutput%2Fw%201");
  CHECK(put.body == "{}");
  CHECK(put.headers
        == std::vector<std::string>{
            "Content-Type: application/json", "x-ms-blob-type: BlockBlob",
            "x-ms-date: Fri, 15 Jan 2027 08:00:00 GMT",
            "x-ms-version: 2021-08-06",
            // Of the text by Python, with hmac and hashlib.
            std::string{"Authorization: SharedKey "}
                + "acc:oMe5XJ6p6ABQtKAM/v2+LvY7R7BIFFaEyy21XSIp2Dk="});
  account.key.clear();
  account.shared_access_signature = "sv=1&sig=a%3D";
  auto by_signature = make_azure_put(account, "box", "k", "{}", noon);
  CHECK(by_signature.url == "http://here:1/acc/box/k?sv=1&sig=a%3D");
  CHECK(by_signature.headers.size() == 4);
}
