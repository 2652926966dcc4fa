#pragma once

#include "schema/base/result.hpp"

#include <string_view>

namespace motorcade {

/// What libpq said about a connection that did not come about: a setting that
/// is wrong is `database_rejected`, everything else may pass.
ec classify_connect(std::string_view text);

/// An SQLSTATE: `database_unavailable` where the same statement may pass
/// later. https://www.postgresql.org/docs/current/errcodes-appendix.html
ec classify_sqlstate(std::string_view state);

} // namespace motorcade
