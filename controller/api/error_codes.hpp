#pragma once

#include <array>
#include <string_view>

namespace motorcade {

/// The `code` of errors that say more than their status, as `error_code_of`
/// names it. They are stable: clients tell errors apart by them.
inline constexpr std::array<std::string_view, 7> error_codes{
    "missing_parameter", "no_such_path",    "no_such_task", "syncs_not_kept",
    "unknown_parameter", "wrong_parameter", "wrong_body"};

} // namespace motorcade
