#include "runtime/http/client/curl_library.hpp"

#include <curl/curl.h>

#include <cstdlib>
#include <new>
#include <stdexcept>

namespace motorcade {

namespace {

std::string environment(const char* name) {
  auto value = std::getenv(name);
  return value == nullptr ? "" : value;
}

} // namespace

void append(curl_list& list, const std::string& line) {
  auto* longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr)
    throw std::bad_alloc{};
  // Only the first append changes the head of the list.
  if (!list)
    list.reset(longer);
}

void prepare_curl() {
  static const auto code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK)
    throw std::runtime_error{curl_easy_strerror(code)};
}

certificate_paths certificates_of_environment() {
  return {environment("SSL_CERT_FILE"), environment("SSL_CERT_DIR")};
}

bool is_final_refusal(CURLcode code) {
  switch (code) {
  case CURLE_URL_MALFORMAT:
  case CURLE_UNSUPPORTED_PROTOCOL:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_CRL_BADFILE:
  case CURLE_SSL_INVALIDCERTSTATUS:
    return true;
  default:
    return false;
  }
}

} // namespace motorcade
