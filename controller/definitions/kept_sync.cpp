#include "controller/definitions/kept_sync.hpp"

#include "runtime/base/digest.hpp"
#include "schema/schedule/sync_schedule.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

/// @returns what the answer to a discover depends on. Secret.
std::string discovered_by(const sync_definition& sync, const std::string& id) {
  return id + '\n' + sync.package + '\n' + sync.version + '\n'
         + (sync.client_digest.empty() ? sha256_hex(sync.config)
                                       : sync.client_digest);
}

std::string discover_key(const std::string& id, const std::string& digest) {
  constexpr size_t digits = 16;
  // Enough of a sync's id remains for a person to recognize it.
  constexpr size_t longest = 100;
  return "sync:" + id.substr(0, longest) + ':' + digest.substr(0, digits);
}

} // namespace

std::string seal_purpose(const std::string& id) {
  // A sealed text opens in the row of this sync alone.
  return "sync_definition.secrets of " + id;
}

result<sync_definition> open_sync(const stored_sync& row,
                                  const sealing_keys& keys) {
  auto secrets = keys.open(row.secrets, seal_purpose(row.id));
  if (!secrets)
    return failure{secrets.error().code,
                   "the config of sync " + row.id
                       + " cannot be read: " + secrets.error().what};
  auto out = read_parts(row.open, *secrets, row.id);
  if (!out)
    return failure{out.error().code,
                   "the row of sync " + row.id
                       + " cannot be read: " + out.error().what};
  return out;
}

result<sync_definition> open_part_of(const stored_sync& row) {
  return read_parts(row.open, R"({"config":{}})", row.id);
}

std::string stable_id(const std::string& text) {
  // The digits of a SHA-256 in the form of a UUID of version 8 (RFC 9562),
  // whose digits are free.
  auto hex = sha256_hex(text);
  hex[12] = '8';
  hex[16] = '8';
  return hex.substr(0, 8) + '-' + hex.substr(8, 4) + '-' + hex.substr(12, 4)
         + '-' + hex.substr(16, 4) + '-' + hex.substr(20, 12);
}

std::string seal_secrets(const sync_definition& sync, const std::string& id,
                         const sealing_keys& keys) {
  return keys.seal(write_secret_part(sync), seal_purpose(id));
}

std::optional<wall_time> next_run_of(const sync_definition& sync,
                                     const std::string& id, wall_time after) {
  if (sync.schedule.empty())
    return {};
  const auto schedule = sync_schedule::parse(sync.schedule, id);
  if (!schedule)
    return {};
  const auto next =
      schedule->next(std::chrono::floor<std::chrono::seconds>(after));
  if (!next)
    return {};
  return wall_time{*next};
}

void take_connector_config(sync_definition& sync, std::string config) {
  if (sync.client_digest.empty())
    sync.client_digest = sha256_hex(sync.config);
  sync.config = std::move(config);
}

std::string discover_key_of(const sync_definition& sync, const std::string& id,
                            const sealing_keys& keys) {
  return discover_key(
      id, keys.digests(discovered_by(sync, id), "discover").front());
}

bool is_discover_key_of(std::string_view key, const sync_definition& sync,
                        const std::string& id, const sealing_keys& keys) {
  const auto text = discovered_by(sync, id);
  auto digests = keys.digests(text, "discover");
  // A discover may have been started by an earlier version, which used no key.
  digests.push_back(sha256_hex(text));
  return std::any_of(digests.begin(), digests.end(), [&](const auto& digest) {
    return key == discover_key(id, digest);
  });
}

task_request discover_task(const sync_definition& sync, const std::string& id,
                           const sealing_keys& keys, wall_time now) {
  task_request out;
  out.command = "discover";
  out.package = sync.package;
  out.version = sync.version;
  out.config = sync.config;
  out.storage_key = discover_key_of(sync, id, keys);
  out.sync_id = id;
  out.started_at = now;
  out.debug = sync.options.debug;
  return out;
}

} // namespace motorcade
