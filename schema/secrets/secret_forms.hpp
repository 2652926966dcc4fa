#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns how programs write a secret into URLs, JSON, HTML and Python's
/// `repr`, as far as that differs from the secret itself.
std::vector<std::string> written_forms(std::string_view secret);

/// A part of a base64 that holds nothing but bits of the secret.
struct base64_piece {
  std::string text;
  /// The character before or behind it holds bits of the secret, too.
  bool begins_within = false;
  bool ends_within = false;
};

/// @returns the pieces that stand in the base64 of any text with the secret in
/// it: one for each of the three places that its first byte may have within a
/// group, in both alphabets and percent-encoded. None of fewer than six
/// characters, which other texts hold by chance.
std::vector<base64_piece> base64_forms(std::string_view secret);

/// @returns the lines of a secret that has several, a PEM key for example, also
/// where the lines are separated by a backslash and an `n`: those that are long
/// enough to be unique to the secret, except for `-----BEGIN …` and its like.
std::vector<std::string> lines_of_secret(std::string_view secret);

} // namespace motorcade
