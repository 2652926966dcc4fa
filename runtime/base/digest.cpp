#include "runtime/base/digest.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <new>

namespace motorcade {

namespace {

std::string hex_digest(std::string_view text, const EVP_MD* kind) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, kind, nullptr)
      != 1)
    throw std::bad_alloc{};
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (unsigned i = 0; i < size; ++i) {
    out += digits[digest[i] >> 4];
    out += digits[digest[i] & 15];
  }
  return out;
}

} // namespace

std::string sha256_hex(std::string_view text) {
  return hex_digest(text, EVP_sha256());
}

std::string sha512_hex(std::string_view text) {
  return hex_digest(text, EVP_sha512());
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size()
         && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace motorcade
