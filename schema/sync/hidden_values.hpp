#pragma once

#include "schema/base/result.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace motorcade {

/// What stands in place of a secret where a config is shown.
inline constexpr std::string_view hidden_value = "***";

/// @returns the config with `***` in place of each text and number that may be
/// secret: what the spec marks `airbyte_secret`, what the key names as a
/// secret, and what holds one of `find_config_secrets`. Everything else stays,
/// and so does what the spec itself fixes for a member of that name, as `const`
/// or as the only value of an `enum`: by it the variants of a config are told
/// apart.
/// @param config A JSON object.
/// @param spec The connector's answer to `spec`; empty: not known.
std::string hide_secrets(std::string_view config, std::string_view spec);

/// @returns the config with `***` in place of each text that is not empty and
/// of each number. It is shown so until the connector's spec is known.
/// @param config A JSON object.
std::string hide_all(std::string_view config);

/// @returns whether the text says which members of a config are secret: a
/// connector's answer to `spec`, with a `connectionSpecification`.
bool tells_secrets(std::string_view spec);

/// @returns whether a text anywhere in the document is `***`.
/// @param document Valid JSON.
bool has_hidden_value(std::string_view document);

/// @returns the path to the first text that is `***`, e.g. `keys[0].token`;
/// nothing: there is none.
/// @param document Valid JSON.
std::optional<std::string> find_hidden_value(std::string_view document);

/// The inverse of `hide_secrets` for what a person sends back: puts the stored
/// values where the new config says `***`. What stands in an array is put back
/// only if the rest of that element is unchanged, since elements may have been
/// moved.
/// @param stored The config that is kept; empty: none.
/// @returns invalid_argument, with the place, if no stored value belongs there.
result<std::string> restore_secrets(std::string_view config,
                                    std::string_view stored,
                                    std::string_view spec);

/// As `restore_secrets`, for a connector's config, which the sender was shown
/// as one of `hide_secrets` of the specs or as `hide_all`. Of an array whose
/// elements are hidden whole none is put back if its length has changed.
/// @param specs The answers to `spec` that may have been known then; one that
/// is empty counts for nothing.
result<std::string> restore_config(std::string_view config,
                                   std::string_view stored,
                                   std::span<const std::string> specs);

} // namespace motorcade
