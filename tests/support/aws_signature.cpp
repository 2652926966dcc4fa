#include "support/aws_signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace motorcade::test {

namespace {

std::string hex(const std::string& bytes) {
  std::string out;
  for (auto c : bytes) {
    constexpr const char* digits = "0123456789abcdef";
    out += digits[static_cast<unsigned char>(c) >> 4];
    out += digits[static_cast<unsigned char>(c) & 15];
  }
  return out;
}

std::string hmac(const std::string& key, const std::string& text) {
  std::string out(32, '\0');
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(out.data()), nullptr);
  return out;
}

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> out(1);
  for (auto c : text) {
    if (c == at)
      out.emplace_back();
    else
      out.back() += c;
  }
  return out;
}

/// By name, each with an equals sign.
std::string canonical_query(const std::string& query) {
  if (query.empty())
    return {};
  auto parameters = split(query, '&');
  for (auto& one : parameters)
    if (one.find('=') == std::string::npos)
      one += '=';
  std::sort(parameters.begin(), parameters.end());
  std::string out;
  for (const auto& one : parameters)
    out += (out.empty() ? "" : "&") + one;
  return out;
}

} // namespace

std::string part_of_authorization(const std::string& authorization,
                                  const std::string& name) {
  auto at = authorization.find(name + "=");
  if (at == std::string::npos)
    throw std::runtime_error{"no " + name + " in " + authorization};
  at += name.size() + 1;
  return authorization.substr(at, authorization.find(',', at) - at);
}

std::string sha256_digits(const std::string& text) {
  std::string out(32, '\0');
  EVP_Digest(text.data(), text.size(),
             reinterpret_cast<unsigned char*>(out.data()), nullptr,
             EVP_sha256(), nullptr);
  return hex(out);
}

std::string aws_signature(const signed_request& request,
                          const std::string& secret) {
  const auto& authorization = request.headers.at("authorization");
  auto scope = split(part_of_authorization(authorization, "Credential"), '/');
  auto names = part_of_authorization(authorization, "SignedHeaders");
  auto mark = std::min(request.target.find('?'), request.target.size());
  auto query = request.target.substr(std::min(mark + 1, request.target.size()));
  auto canonical = request.method + "\n" + request.target.substr(0, mark) + "\n"
                   + canonical_query(query) + "\n";
  for (const auto& name : split(names, ';'))
    canonical += name + ":" + request.headers.at(name) + "\n";
  canonical += "\n" + names + "\n" + request.body_sha256;
  // Key id, date, region, service, aws4_request.
  auto where =
      scope.at(1) + "/" + scope.at(2) + "/" + scope.at(3) + "/" + scope.at(4);
  auto text = "AWS4-HMAC-SHA256\n" + request.headers.at("x-amz-date") + "\n"
              + where + "\n" + sha256_digits(canonical);
  auto key = "AWS4" + secret;
  for (size_t i = 1; i < scope.size(); ++i)
    key = hmac(key, scope[i]);
  return hex(hmac(key, text));
}

} // namespace motorcade::test
