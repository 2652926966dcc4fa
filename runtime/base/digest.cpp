#include "runtime/base/digest.hpp"

#include "schema/base/hex.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <array>
#include <new>

namespace motorcade {

namespace {

std::string digest_of(std::string_view text, const EVP_MD* kind) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (EVP_Digest(text.data(), text.size(), digest.data(), &size, kind, nullptr)
      != 1)
    throw std::bad_alloc{};
  return {reinterpret_cast<const char*>(digest.data()), size};
}

} // namespace

std::string sha256(std::string_view text) {
  return digest_of(text, EVP_sha256());
}

std::string sha256_hex(std::string_view text) {
  return to_hex(sha256(text));
}

std::string sha512_hex(std::string_view text) {
  return to_hex(digest_of(text, EVP_sha512()));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size()
         && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace motorcade
