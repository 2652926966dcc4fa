#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

namespace motorcade {

/// Frees a list of headers.
struct curl_list_deleter {
  void operator()(curl_slist* list) const noexcept {
    curl_slist_free_all(list);
  }
};

/// Owns a list of headers.
using curl_list = std::unique_ptr<curl_slist, curl_list_deleter>;

/// Adds a line to a list. Throws std::bad_alloc.
void append(curl_list& list, const std::string& line);

/// Makes libcurl ready, once for the process. Throws std::runtime_error if that
/// fails.
void prepare_curl();

/// The places of certificates in the environment.
struct certificate_paths {
  std::string file;
  std::string directory;
};

/// @returns SSL_CERT_FILE and SSL_CERT_DIR as they are now; empty: the
/// system's own.
certificate_paths certificates_of_environment();

/// @returns whether the same request would fail so again: its URL or a
/// certificate is wrong.
bool is_final_refusal(CURLcode code);

} // namespace motorcade
