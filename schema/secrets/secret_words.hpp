#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns whether a text is too short, or too ordinary a word, to be hidden
/// wherever it stands: `true`, `oauth2`, `public`, `test`.
bool is_common_word(std::string_view text);

/// @returns whether a key names an ordinary setting, such as `client_id` or
/// `token_type`, even below one that names a secret.
bool names_a_setting(std::string_view key);

/// @returns whether a text looks like a key and not like a name, a word, an
/// address, a time or a number.
bool looks_random(std::string_view text);

/// @returns what follows `Bearer `, `Basic `, `Token ` or `ApiKey `; the whole
/// text if it begins otherwise.
std::string_view without_auth_scheme(std::string_view text);

/// @returns the password before the host of a URL, as it stands there; nothing
/// if there is none, or the text is no URL.
std::optional<std::string_view> password_of_url(std::string_view text);

/// @returns the secrets within a text that is none as a whole: the password of
/// `postgres://user:password@host`, the `api_key` of a URL's query, the
/// `AccountKey=…;` of a connection string.
std::vector<std::string> secrets_within(std::string_view text);

} // namespace motorcade
