#include "controller/page.hpp"

#include "runtime/base/digest.hpp"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <array>

namespace motorcade {

namespace {

/// @returns the source of what stands between the element's tags, as Content
/// Security Policy Level 3, 2.3.1, has it.
std::string hash_source(std::string_view html, std::string_view element) {
  auto open = "<" + std::string{element} + ">";
  auto start = html.find(open) + open.size();
  auto text = html.substr(
      start, html.find("</" + std::string{element} + ">", start) - start);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         digest.data());
  std::array<unsigned char, 4 * ((SHA256_DIGEST_LENGTH + 2) / 3) + 1> base64;
  auto size = EVP_EncodeBlock(base64.data(), digest.data(), digest.size());
  return "'sha256-"
         + std::string{reinterpret_cast<const char*>(base64.data()),
                       static_cast<size_t>(size)}
         + "'";
}

} // namespace

const page_document& web_page() {
  static const auto whole = [] {
    auto html = page_html();
    return page_document{
        html, '"' + sha256_hex(html).substr(0, 32) + '"',
        "default-src 'none'; script-src " + hash_source(html, "script")
            + "; style-src " + hash_source(html, "style")
            + "; connect-src 'self'; img-src data:; base-uri 'none'; "
              "form-action 'none'; frame-ancestors 'none'; "
              "require-trusted-types-for 'script'; trusted-types 'none'"};
  }();
  return whole;
}

} // namespace motorcade
