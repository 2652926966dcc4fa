#pragma once

#include <string>
#include <string_view>

namespace motorcade {

/// @returns the dotted paths at which two configs differ, in a sentence, never
/// their values; or that it is not known what changed, and why.
std::string name_config_changes(std::string_view before,
                                std::string_view after);

/// @returns a line for the log: that the connector changed its config, and the
/// dotted paths at which the two configs differ, never their values; or that it
/// sent the config as it was.
/// If the old config is empty, or one of the two is no JSON object, the line
/// says instead that it is not known what changed, and why.
std::string describe_config_change(std::string_view before,
                                   std::string_view after);

} // namespace motorcade
