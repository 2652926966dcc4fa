#pragma once

#include "schema/base/result.hpp"
#include "schema/base/row_meta.hpp"
#include "schema/sync/notification_channel.hpp"
#include "schema/sync/schema_policy.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// A stream of a sync as a person chose it.
struct stream_choice {
  std::string name;
  std::string name_space;
  /// `full_refresh` or `incremental`; empty: incremental if the stream can be
  /// read so without further settings.
  std::string sync_mode;
  /// The path to the cursor; empty: the connector's own.
  std::vector<std::string> cursor_field;
  /// The paths of the key's columns; empty: the connector's own.
  std::vector<std::vector<std::string>> primary_key;
  /// The columns to read, of the top level; empty: all.
  std::vector<std::string> columns;
};

/// The options of `/read` that a sync keeps.
struct sync_options {
  std::string target_namespace;
  std::string table_name_prefix;
  bool to_same_case = false;
  row_meta add_meta = row_meta::none;
  bool deduplicate = true;
  bool debug = false;
};

/// How often and when a run is repeated after a failure that may pass.
struct retry_policy {
  /// The pauses before the first, second … further try.
  std::vector<std::chrono::seconds> delays{std::chrono::minutes{1},
                                           std::chrono::minutes{5},
                                           std::chrono::minutes{25}};
  /// The sync is paused after so many failed runs, one after another; 0: never.
  uint64_t pause_after = 10;
};

/// A sync that is kept: what `PUT /syncs/{syncId}` takes.
struct sync_definition {
  std::string package;
  std::string version;
  /// JSON objects. Secret. The destination is empty if rows go to BULKER_URL.
  std::string config;
  std::string destination;
  /// A digest of the config as a client last gave it; empty: the connector has
  /// not changed it since.
  std::string client_digest = {};
  /// Nothing: all.
  std::optional<std::vector<stream_choice>> streams;
  /// A JSON object that `sync_schedule` takes; empty: none.
  std::string schedule;
  sync_options options;
  retry_policy retries;
  schema_change_rule schema_changes;
  std::vector<notification_channel> notifications;
  std::map<std::string, std::string> labels;
};

/// Reads a definition. Members that are not known are refused, so that a
/// misspelled one is not lost.
/// @param body A valid JSON object.
/// @param sync_id The sync's own.
/// @returns invalid_argument with the place and what would be right, e.g.
/// `schedule.cron: …`.
result<sync_definition> parse_sync(std::string_view body,
                                   std::string_view sync_id);

/// @returns the definition as JSON without its secrets (`config`,
/// `destination`, those of `notifications`): the part that is stored as it is.
std::string write_open_part(const sync_definition& sync);

/// @returns the secret documents, JSON:
/// `{"config":…,"clientDigest":…,"destination":…,"notifications":…}`.
std::string write_secret_part(const sync_definition& sync);

/// The inverse of the two above.
/// @returns invalid_argument if the texts are not what they wrote.
result<sync_definition> read_parts(std::string_view open,
                                   std::string_view secret,
                                   std::string_view sync_id);

/// @returns the definition as JSON for people, without its config and its
/// destination, which are null.
/// @param open As of `read_parts`.
std::string show_open_part(std::string_view open);

/// @returns the definition as JSON for people: secrets hidden
/// (`hide_secrets`), and of a config all texts and numbers (`hide_all`) unless
/// the spec tells which of them are secret.
/// @param spec As of `hide_secrets`.
std::string show_sync(const sync_definition& sync, std::string_view spec);

} // namespace motorcade
