#pragma once

#include "controller/api/api_parameters.hpp"
#include "controller/syncs/sync_service.hpp"
#include "runtime/http/server/http_server.hpp"
#include "schema/task/failure_reason.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What the answers about syncs have in common.
namespace motorcade {

/// @returns the refusal of a request about syncs whose parameters were read: an
/// id that cannot be a sync's, a wrong parameter, syncs that are not kept;
/// nothing: it may be answered.
std::optional<http_reply> refuse_of_syncs(const http_request& request,
                                          const api_parameters& from,
                                          const sync_service* syncs);

/// @returns the value of a header, those of several joined by commas; nothing:
/// it was not sent.
/// @param name In lower case.
std::optional<std::string> header_of(const http_request& request,
                                     std::string_view name);

/// @returns the time as text, or null.
nlohmann::ordered_json time_or_null(const std::optional<wall_time>& time);

/// @returns the text; null if it is empty.
nlohmann::ordered_json text_or_null(const std::string& text);

/// @returns the number, or null.
nlohmann::ordered_json number_or_null(const std::optional<uint64_t>& number);

/// @returns the kind of failure that a run's error tells; nothing: the run has
/// not failed.
std::optional<failure_type> failure_type_of(const sync_run& run);

/// @returns a run as `Run` of the description; its error at most 500 characters
/// long.
nlohmann::ordered_json to_tree(const sync_run& run);

/// @returns a sync as `SyncShown` of the description.
nlohmann::ordered_json to_tree(const shown_sync& sync);

/// @returns the newest runs of a sync, the oldest of them first, for a small
/// chart.
nlohmann::ordered_json runs_of(const shown_sync& sync, size_t most);

/// @returns the beginning of an answer: `{"ok":true}`.
nlohmann::ordered_json fine();

/// @returns the tree as an answer.
http_reply tree_reply(const nlohmann::ordered_json& tree);

} // namespace motorcade
