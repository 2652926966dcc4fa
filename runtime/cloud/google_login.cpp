#include "runtime/cloud/google_login.hpp"

#include "runtime/base/text.hpp"
#include "runtime/http/client/api_call.hpp"
#include "schema/base/base64.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <chrono>
#include <memory>
#include <utility>

namespace motorcade {

namespace {

using nlohmann::json;
using namespace std::chrono_literals;

constexpr std::string_view scope =
    "https://www.googleapis.com/auth/devstorage.read_write";

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};

using memory = std::unique_ptr<BIO, freed_by<BIO_free>>;
using private_key = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using signing = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX_free>>;

/// Keys that need a password are refused, not asked for on a terminal.
int no_password(char*, int, int, void*) {
  return 0;
}

result<std::string> sign_rs256(const std::string& pem,
                               const std::string& text) {
  const memory source{
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  const private_key key{
      PEM_read_bio_PrivateKey(source.get(), nullptr, no_password, nullptr)};
  const signing context{EVP_MD_CTX_new()};
  size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::string out;
  if (key && context
      && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr,
                            key.get())
             == 1
      && EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size())
             == 1) {
    out.resize(size);
    if (EVP_DigestSign(context.get(),
                       reinterpret_cast<unsigned char*>(out.data()), &size,
                       bytes, text.size())
        == 1) {
      out.resize(size);
      return out;
    }
  }
  return failure{ec::invalid_argument, "private_key is no RSA key in PEM"};
}

} // namespace

result<google_account> read_google_account(std::string_view document) {
  const auto tree = json::parse(document, nullptr, false);
  if (!tree.is_object())
    return failure{ec::invalid_argument, "no JSON object"};
  if (const auto type = text_at(tree, "type"); type != "service_account")
    return failure{ec::invalid_argument,
                   "type must be service_account: the key of a service account "
                   "is needed, as a JSON document"};
  google_account out{text_at(tree, "client_email"),
                     text_at(tree, "private_key_id"),
                     text_at(tree, "private_key"), text_at(tree, "token_uri")};
  if (out.client_email.empty())
    return failure{ec::invalid_argument, "client_email is missing"};
  if (out.private_key.empty())
    return failure{ec::invalid_argument, "private_key is missing"};
  if (!out.token_uri.starts_with("https://")
      && !out.token_uri.starts_with("http://"))
    return failure{ec::invalid_argument, "token_uri must be a URL"};
  return out;
}

result<std::string> sign_google_assertion(const google_account& account,
                                          wall_time now) {
  const auto begin =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  const json head{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", account.key_id}};
  const json claims{{"iss", account.client_email},
                    {"scope", scope},
                    {"aud", account.token_uri},
                    {"iat", begin.count()},
                    {"exp", (begin + 1h).count()}};
  auto out =
      to_base64url(write_json(head)) + '.' + to_base64url(write_json(claims));
  auto signature = sign_rs256(account.private_key, out);
  if (!signature)
    return signature;
  return out + '.' + to_base64url(*signature);
}

result<std::string> get_google_token(const google_account& account,
                                     api_client& client,
                                     const api_request& limits, wall_time now) {
  auto assertion = sign_google_assertion(account, now);
  if (!assertion)
    return assertion;
  auto call = make_call_within(limits, "POST", account.token_uri);
  call.headers = {"Content-Type: application/x-www-form-urlencoded"};
  call.body = "grant_type="
              + percent_encode("urn:ietf:params:oauth:grant-type:jwt-bearer")
              + "&assertion=" + *assertion;
  const auto who = "Google's tokens for " + account.client_email;
  auto answer = client.send(call);
  if (!answer)
    return failure{answer.error().code, who + ": " + answer.error().what};
  const auto tree = json::parse(answer->body, nullptr, false);
  if (answer->fine())
    if (auto token = text_at(tree, "access_token"); !token.empty())
      return token;
  const auto final = answer->status >= 400 && !may_pass_later(answer->status);
  // E.g. `invalid_grant`; what else the answer says may hold the assertion.
  const auto error = text_at(tree, "error");
  return failure{final ? ec::invalid_argument : ec::service_unavailable,
                 who + ": " + host_of(call.url) + " answered HTTP "
                     + std::to_string(answer->status)
                     + (error.empty() ? "" : ' ' + error.substr(0, 64))};
}

} // namespace motorcade
