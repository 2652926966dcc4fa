#pragma once

#include "schema/base/stream_id.hpp"

#include <optional>
#include <string_view>

namespace motorcade {

/// @returns the stream that a RECORD names which cannot be read for another
/// reason. Only a name that certainly is the row's own counts: it stands before
/// the first fault, or all that is wrong are numbers like NaN. The namespace is
/// empty if it is not known.
std::optional<stream_id> read_stream_of_broken_record(std::string_view broken);

} // namespace motorcade
