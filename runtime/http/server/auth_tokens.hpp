#pragma once

#include "schema/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Knows the tokens of an HTTP API: SYNCCTL_AUTH_TOKENS, a list separated by
/// commas of tokens and of hashed tokens, `salt.hash`, the hash being the
/// lower-case hexadecimal SHA-512 of token, salt and SYNCCTL_TOKEN_SECRET.
class auth_tokens {
public:
  /// @param list Blanks around its parts are ignored; blank: all requests
  /// are allowed.
  /// @param secret Secret.
  /// @returns invalid_argument if a token holds anything but letters, digits,
  /// `_` and `-`, or a hash is malformed; the message names its place in the
  /// list, never its text.
  static result<auth_tokens> read(std::string_view list, std::string secret);

  /// @param authorization The header's value: a token, `Bearer ` before it or
  /// not; empty: there was none.
  /// @returns whether the request is allowed, in a time that reveals nothing of
  /// tokens.
  bool allow(std::string_view authorization) const;

  /// @returns whether all requests are allowed.
  bool open() const { return plain_.empty() && hashed_.empty(); }

private:
  struct hashed_token {
    std::string salt;
    std::string hash;
  };

  std::string secret_;
  std::vector<std::string> plain_;
  std::vector<hashed_token> hashed_;
};

/// @returns whether the text may be a token.
bool is_token(std::string_view text);

/// @param salt Consists of the characters of a token.
/// @returns `salt.hash`, in the form of SYNCCTL_AUTH_TOKENS.
std::string hash_token(std::string_view token, std::string_view salt,
                       std::string_view secret);

} // namespace motorcade
