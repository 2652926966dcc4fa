#pragma once

#include <string>
#include <string_view>

namespace motorcade {

/// @returns whether a key names something that must not be shown, e.g.
/// `client_secret` or `apiKey`; rather too many than too few.
bool names_secret(std::string_view key);

/// @returns `text` with the values under such keys replaced by `***`, whatever
/// quotes are used and whatever is broken about it, and with passwords in URLs
/// replaced as well. For excerpts of lines that could not be read.
std::string mask_secret_values(std::string_view text);

/// @returns where in a text the config of a connector may begin: what is said
/// of a CONTROL, or a member `connectorConfig`; npos: there seems to be none.
size_t find_connector_config(std::string_view text);

} // namespace motorcade
