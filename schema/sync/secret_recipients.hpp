#pragma once

#include "schema/base/result.hpp"
#include "schema/sync/sync_definition.hpp"

namespace motorcade {

/// Refuses a change of a sync that would hand a stored secret to another
/// recipient. A secret that the sender keeps by `***` was entered for one
/// connector, or for one destination, and a client that may change a sync need
/// not know it.
/// @param changed The definition as it was sent, before `restore_secrets`.
/// @param stored The definition that is kept.
/// @returns invalid_argument that names the changed member: `source.package`
/// while `source.config` has a `***`; a member of `destination` that says where
/// rows go (its type, host, port, URL, region or bucket) or whom the connection
/// trusts (`sslServerCA`, `parameters`, a weaker `sslMode`) while the
/// destination has a `***` elsewhere.
result<void> check_secret_recipients(const sync_definition& changed,
                                     const sync_definition& stored);

} // namespace motorcade
