#include "runtime/http/client/curl_library.hpp"

#include <curl/curl.h>

#include <cstdlib>
#include <stdexcept>

namespace motorcade {

namespace {

std::string environment(const char* name) {
  auto value = std::getenv(name);
  return value == nullptr ? "" : value;
}

} // namespace

void prepare_curl() {
  static const auto code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK)
    throw std::runtime_error{curl_easy_strerror(code)};
}

certificate_paths find_certificates() {
  return {environment("SSL_CERT_FILE"), environment("SSL_CERT_DIR")};
}

} // namespace motorcade
