#pragma once

#include "schema/base/stream_id.hpp"
#include "schema/json/json_view.hpp"

#include <optional>
#include <string_view>
#include <vector>

namespace motorcade {

/// @returns the stream that a `stream_descriptor` names; nothing if the
/// object has none.
/// @param holder The object that has the member `stream_descriptor`.
std::optional<stream_id> stream_described_in(json_view holder);

/// @returns the streams that a GLOBAL state has states of, in its order.
/// @param global Valid JSON: the member `global` of the message.
std::vector<stream_id> streams_of_global_state(std::string_view global);

} // namespace motorcade
