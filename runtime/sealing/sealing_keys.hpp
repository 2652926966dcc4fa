#pragma once

#include "schema/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The bytes of a key.
constexpr size_t sealing_key_size = 32;

/// Keys that keep secrets unreadable in a database: AES-256-GCM of OpenSSL,
/// with a random nonce for each text. The first key seals, all of them open, so
/// that keys can be replaced one after another. Immutable; good for any thread.
///
/// A sealed text is `v1.<key>.<base64>`: the first 8 hexadecimal digits of the
/// SHA-256 of the key, and nonce (12 bytes), ciphertext and tag (16 bytes).
class sealing_keys {
public:
  /// Reads keys of 32 bytes each, in base64 or as 64 hexadecimal digits,
  /// separated by commas; blanks around them count for nothing.
  /// @returns invalid_argument, which says which of them is wrong but shows
  /// none, also if two are the same or there is none.
  static result<sealing_keys> parse(std::string_view text);

  /// @returns a new random key, in base64. Throws std::bad_alloc if the
  /// machine has no randomness.
  static std::string make_key();

  /// @returns the text, sealed by the first key.
  /// @param purpose What the text belongs to, e.g. table, column and row. It is
  /// not stored; `open` needs the same, so that a sealed text cannot be put in
  /// another's place.
  std::string seal(std::string_view text, std::string_view purpose) const;

  /// The inverse of `seal`, by any of the keys.
  /// @returns invalid_argument, in words for the operator, if the text was
  /// sealed by a key that is not here, for another purpose, or was changed.
  result<std::string> open(std::string_view sealed,
                           std::string_view purpose) const;

  /// @returns whether the text was sealed by another key than the first.
  bool is_outdated(std::string_view sealed) const;

  /// @returns a digest of the text by each key, the first one's first: 64
  /// hexadecimal digits each, which depend on key, purpose and text alone. A
  /// client without the key cannot check a guess of the text by its digest.
  /// @param purpose Digests for different purposes differ.
  std::vector<std::string> digests(std::string_view text,
                                   std::string_view purpose) const;

private:
  struct key {
    std::string bytes;
    std::string name;
  };

  std::vector<key> keys_;
};

/// Reads the key file of one machine, or makes it with a new key: readable by
/// its owner alone, whole on disk before this returns.
/// @returns system_failed if it can be neither read nor made; invalid_argument
/// if its content is no key.
result<sealing_keys> keep_sealing_keys(const std::string& path);

} // namespace motorcade
