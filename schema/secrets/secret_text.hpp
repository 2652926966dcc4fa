#pragma once

#include <string>
#include <string_view>

namespace motorcade {

/// @returns `text` with the values under keys that name secrets, e.g.
/// `client_secret` or `apiKey`, replaced by `***`, with any kind of quotes and
/// even if the text is broken, and with passwords in URLs replaced as well. For
/// excerpts of lines that could not be read.
std::string mask_secret_values(std::string_view text);

/// @returns the place in a text where the config of a connector may begin: the
/// content of a CONTROL, or a member `connectorConfig`; npos: there seems to be
/// none.
size_t find_connector_config(std::string_view text);

/// @returns the place of a member `connectorConfig` behind `from`, however it
/// is written; npos: there is none.
size_t find_config_key(std::string_view text, size_t from = 0);

/// @returns the place where a CONTROL names its type, as far as it may hold a
/// config; npos: there seems to be none.
size_t find_control(std::string_view text);

} // namespace motorcade
