#pragma once

#include "schema/base/result.hpp"

#include <string_view>

namespace motorcade {

/// Classifies libpq's message about a failure to connect: a wrong setting is
/// `database_rejected`, everything else may pass.
ec classify_connect(std::string_view text);

/// Classifies an SQLSTATE: `database_unavailable` if the same statement may
/// pass later, else `database_rejected`.
/// https://www.postgresql.org/docs/current/errcodes-appendix.html
ec classify_sqlstate(std::string_view state);

} // namespace motorcade
