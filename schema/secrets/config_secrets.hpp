#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Finds the secrets in a connector's config: texts that must never be shown.
///
/// A secret is every text that the spec marks `airbyte_secret`; every text
/// whose key names a secret (`password`, `api_key`, `clientSecret`,
/// `access_token`, `Authorization`, `private_key` …), in objects and lists
/// below it as well, in JSON that stands in a text, and where the key is the
/// `name` of an object with a `value`; and the password or key within a URL or
/// a connection string. Numbers of six digits and more count as texts, booleans
/// do not. Texts that are too short or too common to be told from ordinary text
/// are not found. Of a long one the beginning is told, a byte more than
/// `secret_mask::looked_at`.
/// @param config JSON, also such that no connector could be given: with members
/// that are there twice, numbers of any size, half characters. If it is no
/// valid JSON, or nests too deep, what stands behind a key in it counts, and
/// what looks like a secret. A text that is no object and no array holds none.
/// @param spec The connector's answer to `spec`: an object with
/// `connectionSpecification`. Empty or anything else: not known.
std::vector<std::string> find_config_secrets(std::string_view config,
                                             std::string_view spec = {});

/// @returns whether a key's name says that its value is secret.
bool names_a_secret(std::string_view key);

} // namespace motorcade
