#pragma once

#include "schema/sync/definition_reader.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// An event of which a sync sends a notification.
enum class sync_event : uint8_t {
  /// A run failed, and is not tried again by itself.
  failed,
  /// A run brought rows after such a failure.
  recovered,
  /// The sync was paused by syncctl, e.g. after many failures.
  paused,
  /// Streams, columns or types of the source changed.
  schema_changed,
  /// A client asked for a test.
  test,
};

/// @returns the spelling in a definition, e.g. `schema_changed`.
std::string_view to_string(sync_event event);

/// Reads such a spelling.
/// @returns whether it is one.
bool from_string(std::string_view name, sync_event& out);

/// The receiver of a sync's notifications: a URL that takes a POST.
struct notification_channel {
  /// Secret: to know the URL of a chat is enough to write to it.
  std::string url;
  /// Signs the messages; empty: they are not signed. Secret.
  std::string secret;
  /// The message is one for Slack's incoming webhooks.
  bool slack = false;
  /// The events that are told.
  std::set<sync_event> events{sync_event::failed, sync_event::recovered,
                              sync_event::paused, sync_event::schema_changed};
};

/// The most channels of a sync.
inline constexpr size_t most_channels = 5;

/// Reads `notifications` of a definition: what is not secret, and the rest if
/// `with_secrets`.
std::vector<notification_channel>
read_channels(json_view list, definition_reader& reader, bool with_secrets);

/// Puts the secrets that `write_channel_secrets` wrote into the channels.
void read_channel_secrets(json_view list,
                          std::vector<notification_channel>& out,
                          definition_reader& reader);

/// @returns the channels without what is secret, a JSON array.
nlohmann::ordered_json
write_channels(const std::vector<notification_channel>& channels);

/// @returns the secrets of the channels, JSON.
std::string
write_channel_secrets(const std::vector<notification_channel>& channels);

/// @returns the channels with their secrets, a JSON array. Secret.
std::string
write_whole_channels(const std::vector<notification_channel>& channels);

/// @returns the same with `***` in place of what is secret.
nlohmann::ordered_json
show_channels(const std::vector<notification_channel>& channels);

/// Puts the stored secrets where new channels have `***`.
/// @returns invalid_argument with the place if none belongs there: the rest of
/// the channel at that place is another.
result<void> restore_channels(std::vector<notification_channel>& channels,
                              const std::vector<notification_channel>& stored);

} // namespace motorcade
