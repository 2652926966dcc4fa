#include "runtime/base/digest.hpp"

#include "schema/base/hex.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

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

sha256_sum::sha256_sum() : context_{EVP_MD_CTX_new()} {
  if (!context_
      || EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_.get()),
                           EVP_sha256(), nullptr)
             != 1)
    throw std::bad_alloc{};
}

sha256_sum::~sha256_sum() = default;

void sha256_sum::context_deleter::operator()(void* context) const noexcept {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context));
}

void sha256_sum::add(std::string_view bytes) {
  if (EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_.get()), bytes.data(),
                       bytes.size())
      != 1)
    throw std::bad_alloc{};
}

std::string sha256_sum::take_hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  auto* context = static_cast<EVP_MD_CTX*>(context_.get());
  if (EVP_DigestFinal_ex(context, digest.data(), &size) != 1
      || EVP_DigestInit_ex(context, EVP_sha256(), nullptr) != 1)
    throw std::bad_alloc{};
  return to_hex({reinterpret_cast<const char*>(digest.data()), size});
}

std::string hmac_sha256(std::string_view key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (::HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
             reinterpret_cast<const unsigned char*>(text.data()), text.size(),
             out.data(), &size)
      == nullptr)
    throw std::bad_alloc{};
  return {reinterpret_cast<const char*>(out.data()), size};
}

std::string sha512_hex(std::string_view text) {
  return to_hex(digest_of(text, EVP_sha512()));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size()
         && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

} // namespace motorcade
