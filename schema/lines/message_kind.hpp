#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace motorcade {

/// The messages of the Airbyte protocol that a connector must not lose.
enum class message_kind : uint8_t {
  /// A message whose type is not known.
  unknown,
  record,
  state,
  trace,
  control,
  spec,
  connection_status,
  catalog,
  /// A line of log: one that cannot be read is text.
  log,
};

/// The number of enumerators of `message_kind`.
constexpr size_t message_kind_count = 9;

/// @returns the protocol's name of the type, e.g. `CONNECTION_STATUS`;
/// `UNKNOWN` for `unknown`.
std::string_view to_string(message_kind kind);

/// @returns the kind that a type names, in any case of its letters.
std::optional<message_kind> find_message_kind(std::string_view type);

/// @returns the kind whose name a type holds as words of its own, whatever else
/// stands around them: ` RECORD`, `AIRBYTE_RECORD`, `Type.STATE`,
/// `ConnectionStatus`.
std::optional<message_kind> find_similar_message_kind(std::string_view type);

/// @returns a kind whose name begins with `text`; `unknown` if several do.
/// Nothing: no name begins so.
std::optional<message_kind> find_cut_message_kind(std::string_view text);

/// @returns whether `key` names the member with the content of this kind of
/// message, e.g. `connectionStatus`. Only letters and digits count, in any
/// case.
bool is_own_member(message_kind kind, std::string_view key);

/// @returns whether the protocol knows such a `type` within an own member, e.g.
/// `STREAM` of a STATE.
bool is_type_of_member(std::string_view type);

/// @returns the kind whose own member is written exactly so.
std::optional<message_kind> find_kind_of_member(std::string_view key);

/// @returns whether the protocol puts such a key into the kind's own member.
/// Only letters and digits count, in any case.
bool is_inner_key(message_kind kind, std::string_view key);

} // namespace motorcade
