#pragma once

#include <string_view>

namespace motorcade {

/// @returns whether the body of an answer is a JSON object with `"ok":false` or
/// with an `error` other than null, false and the empty text. A gateway may
/// send such a body with 200.
///
/// A body of which only the beginning is there says no if its beginning does:
/// an `error` whose value is not there counts, too. What is no JSON object says
/// nothing.
bool says_no(std::string_view body);

} // namespace motorcade
