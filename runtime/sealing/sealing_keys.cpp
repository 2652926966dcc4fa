#include "runtime/sealing/sealing_keys.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/base/found_file.hpp"
#include "runtime/files/private_file.hpp"
#include "schema/base/base64.hpp"
#include "schema/base/hex.hpp"
#include "schema/base/trim.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <optional>

namespace motorcade {

namespace {

constexpr size_t nonce_size = 12;
constexpr size_t tag_size = 16;
constexpr size_t name_size = 8;
constexpr std::string_view version = "v1";

struct cipher_deleter {
  void operator()(EVP_CIPHER_CTX* context) const noexcept {
    EVP_CIPHER_CTX_free(context);
  }
};

using cipher = std::unique_ptr<EVP_CIPHER_CTX, cipher_deleter>;

const unsigned char* as_bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* as_bytes(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

void expect(bool done) {
  // With a key and a nonce of the right sizes only a lack of memory can fail
  // this.
  if (!done)
    throw std::bad_alloc{};
}

cipher make_cipher() {
  cipher out{EVP_CIPHER_CTX_new()};
  expect(out != nullptr);
  return out;
}

std::string random_bytes(size_t count) {
  std::string out(count, '\0');
  expect(RAND_bytes(as_bytes(out), static_cast<int>(count)) == 1);
  return out;
}

/// A sealed text, taken apart.
struct sealed_parts {
  std::string_view key_name;
  std::string bytes;
};

std::optional<sealed_parts> take_apart(std::string_view sealed) {
  if (!sealed.starts_with(version) || sealed.size() < version.size() + 1
      || sealed[version.size()] != '.')
    return {};
  sealed.remove_prefix(version.size() + 1);
  if (sealed.size() <= name_size || sealed[name_size] != '.')
    return {};
  auto bytes = from_base64(sealed.substr(name_size + 1));
  if (!bytes || bytes->size() < nonce_size + tag_size)
    return {};
  return sealed_parts{sealed.substr(0, name_size), std::move(*bytes)};
}

std::optional<std::string> read_key(std::string_view text) {
  if (text.size() == 2 * sealing_key_size)
    if (auto bytes = from_hex(text))
      return bytes;
  auto bytes = from_base64(text);
  if (bytes && bytes->size() == sealing_key_size)
    return bytes;
  return {};
}

} // namespace

result<sealing_keys> sealing_keys::parse(std::string_view text) {
  sealing_keys out;
  for (size_t begin = 0, number = 1;; ++number) {
    const auto end = text.find(',', begin);
    const auto part = trim(text.substr(begin, end - begin));
    auto bytes = read_key(part);
    const auto which = "key " + std::to_string(number);
    if (!bytes)
      return failure{ec::invalid_argument,
                     which
                         + " is not 32 bytes in base64 or as 64 hexadecimal "
                           "digits; `openssl rand -base64 32` makes one"};
    auto name = sha256_hex(*bytes).substr(0, name_size);
    for (const auto& other : out.keys_)
      if (other.name == name)
        return failure{
            ec::invalid_argument,
            which + " is there twice, or its digest begins like another's"};
    out.keys_.push_back({std::move(*bytes), std::move(name)});
    if (end == std::string_view::npos)
      return out;
    begin = end + 1;
  }
}

std::string sealing_keys::make_key() {
  return to_base64(random_bytes(sealing_key_size));
}

std::string sealing_keys::seal(std::string_view text,
                               std::string_view purpose) const {
  const auto& by = keys_.front();
  const auto nonce = random_bytes(nonce_size);
  auto work = make_cipher();
  int size = 0;
  expect(EVP_EncryptInit_ex(work.get(), EVP_aes_256_gcm(), nullptr,
                            as_bytes(by.bytes), as_bytes(nonce))
         == 1);
  expect(EVP_EncryptUpdate(work.get(), nullptr, &size, as_bytes(purpose),
                           static_cast<int>(purpose.size()))
         == 1);
  std::string inside(text.size(), '\0');
  expect(EVP_EncryptUpdate(work.get(), as_bytes(inside), &size, as_bytes(text),
                           static_cast<int>(text.size()))
         == 1);
  std::array<unsigned char, tag_size> tag{};
  expect(EVP_EncryptFinal_ex(work.get(), tag.data(), &size) == 1);
  expect(EVP_CIPHER_CTX_ctrl(work.get(), EVP_CTRL_GCM_GET_TAG, tag_size,
                             tag.data())
         == 1);
  auto whole = nonce;
  whole += inside;
  whole.append(reinterpret_cast<const char*>(tag.data()), tag.size());
  return std::string{version} + '.' + by.name + '.' + to_base64(whole);
}

result<std::string> sealing_keys::open(std::string_view sealed,
                                       std::string_view purpose) const {
  auto parts = take_apart(sealed);
  if (!parts)
    return failure{ec::invalid_argument,
                   "what is stored is no sealed text of this program"};
  const auto found =
      std::find_if(keys_.begin(), keys_.end(),
                   [&](const key& one) { return one.name == parts->key_name; });
  if (found == keys_.end())
    return failure{ec::invalid_argument,
                   "it was sealed by the key " + std::string{parts->key_name}
                       + ", which is not among SYNCCTL_ENCRYPTION_KEYS; add "
                         "that key behind the others"};
  const std::string_view bytes{parts->bytes};
  const auto nonce = bytes.substr(0, nonce_size);
  const auto inside =
      bytes.substr(nonce_size, bytes.size() - nonce_size - tag_size);
  std::string tag{bytes.substr(bytes.size() - tag_size)};
  auto work = make_cipher();
  int size = 0;
  expect(EVP_DecryptInit_ex(work.get(), EVP_aes_256_gcm(), nullptr,
                            as_bytes(found->bytes), as_bytes(nonce))
         == 1);
  expect(EVP_DecryptUpdate(work.get(), nullptr, &size, as_bytes(purpose),
                           static_cast<int>(purpose.size()))
         == 1);
  std::string out(inside.size(), '\0');
  expect(EVP_DecryptUpdate(work.get(), as_bytes(out), &size, as_bytes(inside),
                           static_cast<int>(inside.size()))
         == 1);
  expect(EVP_CIPHER_CTX_ctrl(work.get(), EVP_CTRL_GCM_SET_TAG, tag_size,
                             tag.data())
         == 1);
  std::array<unsigned char, tag_size> rest{};
  if (EVP_DecryptFinal_ex(work.get(), rest.data(), &size) != 1)
    return failure{ec::invalid_argument,
                   "the sealed text was changed, or belongs elsewhere"};
  return out;
}

std::vector<std::string> sealing_keys::digests(std::string_view text,
                                               std::string_view purpose) const {
  std::vector<std::string> out;
  out.reserve(keys_.size());
  for (const auto& one : keys_) {
    // A key of its own, since the key itself seals.
    const auto own = hmac_sha256(one.bytes, "motorcade digest of a text for "
                                                + std::string{purpose});
    out.push_back(to_hex(hmac_sha256(own, text)));
  }
  return out;
}

bool sealing_keys::is_outdated(std::string_view sealed) const {
  const auto parts = take_apart(sealed);
  return !parts || parts->key_name != keys_.front().name;
}

result<sealing_keys> keep_sealing_keys(const std::string& path) {
  constexpr size_t most_bytes = 4096;
  auto text = read_found_file(path, most_bytes);
  if (!text && text.error().code != ec::not_found)
    return text.error();
  if (!text) {
    text = sealing_keys::make_key();
    if (auto written = write_private_file(path, *text + "\n"); !written)
      return written.error();
  }
  auto out = sealing_keys::parse(*text);
  if (!out)
    return failure{out.error().code, path + ": " + out.error().what};
  return out;
}

} // namespace motorcade
