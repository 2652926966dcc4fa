#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Finds what of a connector's config must never be shown.
///
/// That is every text that the spec marks `airbyte_secret`; every text whose
/// key says so by itself (`password`, `api_key`, `clientSecret`,
/// `access_token`, `Authorization`, `private_key` …), in objects and lists
/// below it as well, in JSON that stands in a text, and where the key is the
/// `name` of an object with a `value`; and the password or key within a URL or
/// a connection string. Of what is too short or too common a word to be told
/// from ordinary text nothing is found.
/// @param config JSON; anything else holds no secrets.
/// @param spec What the connector answered to `spec`: an object with
/// `connectionSpecification`; empty or anything else: not known.
std::vector<std::string> find_config_secrets(std::string_view config,
                                             std::string_view spec = {});

/// @returns whether a key's name says that its value is secret.
bool names_a_secret(std::string_view key);

} // namespace motorcade
