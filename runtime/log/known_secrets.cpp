// The secrets that this process knows, and what hides them.
#include "runtime/base/log.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/secrets/config_secrets.hpp"
#include "schema/secrets/secret_mask.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <shared_mutex>

namespace motorcade {

namespace {

struct known_secrets {
  std::shared_mutex mutex;
  /// Secrets of this program: tokens, the database's password.
  secret_mask own;
  /// These, and what stands in the connector's config.
  secret_mask all;
  std::atomic<bool> connector_lines = true;
  /// The warnings that were given.
  std::atomic<bool> told_of_long = false;
  std::atomic<bool> told_of_many = false;
};

known_secrets& known() {
  static known_secrets secrets;
  return secrets;
}

/// The most secrets of one config; they are looked for under a lock.
constexpr size_t most_of_config = 4096;

/// Warns once of each. Not to be called under the lock: lines of log are
/// masked.
void tell_limits(known_secrets& secrets, bool is_long, bool many) {
  if (is_long && !secrets.told_of_long.exchange(true))
    log::warn("a secret is longer than {} bytes or has more than {} lines: "
              "a text in which its beginning stands is masked from there "
              "on, but an excerpt of a later part alone is not; see "
              "docs/secrets.md",
              secret_mask::looked_at, secret_mask::most_lines);
  if (many && !secrets.told_of_many.exchange(true))
    log::warn("there are more secrets of configs than can be masked at a "
              "time ({} of a config, {} MiB with all their spellings): the "
              "oldest ones are no longer masked; see docs/secrets.md",
              most_of_config, secret_mask::most_weight >> 20);
}

/// @returns whether there was a secret in one of the texts.
bool mask_texts(nlohmann::ordered_json& value) {
  auto found = false;
  if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    auto masked = mask_secrets(text);
    found = masked != text;
    text = std::move(masked);
  } else if (value.is_structured()) {
    for (auto& member : value)
      found = mask_texts(member) || found;
  }
  return found;
}

} // namespace

void keep_secret(std::string secret) {
  auto& secrets = known();
  auto whole = true;
  {
    std::unique_lock lock{secrets.mutex};
    whole = secrets.own.add(secret, secret_mask::stay::always);
    secrets.all.add(secret, secret_mask::stay::always);
  }
  tell_limits(secrets, !whole, false);
}

void keep_config_secrets(std::string_view config, std::string_view spec) {
  auto found = find_config_secrets(config, spec);
  auto& secrets = known();
  auto many = found.size() > most_of_config;
  found.resize(std::min(found.size(), most_of_config));
  auto is_long = false;
  {
    std::unique_lock lock{secrets.mutex};
    auto before = secrets.all.forgotten();
    for (const auto& secret : found)
      is_long = !secrets.all.add(secret) || is_long;
    many = many || secrets.all.forgotten() > before;
  }
  tell_limits(secrets, is_long, many);
}

void mask_connector_lines(bool on) {
  known().connector_lines = on;
}

std::string mask_secrets(std::string text) {
  auto& secrets = known();
  std::shared_lock lock{secrets.mutex};
  return secrets.all.apply(std::move(text));
}

failure_reason mask_secrets(failure_reason reason) {
  for (auto* text :
       {&reason.message, &reason.internal_message, &reason.stack_trace})
    *text = mask_secrets(std::move(*text));
  return reason;
}

std::string mask_document(std::string document) {
  auto tree = nlohmann::ordered_json::parse(document, nullptr, false);
  if (tree.is_discarded())
    return mask_secrets(std::move(document));
  if (!mask_texts(tree))
    return document;
  return write_json(tree);
}

std::string mask_line(std::string_view logger, std::string_view text) {
  auto& secrets = known();
  std::shared_lock lock{secrets.mutex};
  auto every = logger != "source" || secrets.connector_lines;
  return (every ? secrets.all : secrets.own).apply(std::string{text});
}

} // namespace motorcade
