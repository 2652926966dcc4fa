#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace motorcade {

/// @returns the 32 bytes of the text's SHA-256. Throws std::bad_alloc if memory
/// is lacking, as the two below.
std::string sha256(std::string_view text);

/// @returns the SHA-256 of the text as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view text);

/// A SHA-256 of bytes that come one after another. Not thread-safe.
class sha256_sum {
public:
  /// Throws std::bad_alloc.
  sha256_sum();
  ~sha256_sum();
  sha256_sum(const sha256_sum&) = delete;
  sha256_sum& operator=(const sha256_sum&) = delete;

  /// Adds bytes to the sum. Throws std::bad_alloc.
  void add(std::string_view bytes);

  /// @returns the sum of all that was added as 64 lower-case hexadecimal
  /// digits, and begins anew.
  std::string take_hex();

private:
  struct context_deleter {
    void operator()(void* context) const noexcept;
  };

  std::unique_ptr<void, context_deleter> context_;
};

/// @returns the 32 bytes of the text's HMAC with SHA-256 (RFC 2104). Throws
/// std::bad_alloc if memory is lacking.
/// @param key Secret.
std::string hmac_sha256(std::string_view key, std::string_view text);

/// @returns the SHA-512 of the text as 128 lower-case hexadecimal digits.
std::string sha512_hex(std::string_view text);

/// @returns whether both are equal, in a time that depends on the lengths
/// alone.
bool equal_in_constant_time(std::string_view a, std::string_view b);

} // namespace motorcade
