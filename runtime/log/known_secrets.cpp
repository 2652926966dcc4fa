// The secrets that this process knows, and what hides them.
#include "runtime/log/console.hpp"
#include "schema/secrets/config_secrets.hpp"
#include "schema/secrets/secret_mask.hpp"

#include <nlohmann/json.hpp>

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
};

known_secrets& known() {
  static known_secrets secrets;
  return secrets;
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
  std::unique_lock lock{secrets.mutex};
  secrets.own.add(secret);
  secrets.all.add(secret);
}

void keep_config_secrets(std::string_view config, std::string_view spec) {
  auto found = find_config_secrets(config, spec);
  auto& secrets = known();
  std::unique_lock lock{secrets.mutex};
  for (const auto& secret : found)
    secrets.all.add(secret);
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
  return tree.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string mask_line(std::string_view logger, std::string_view text) {
  auto& secrets = known();
  std::shared_lock lock{secrets.mutex};
  auto every = logger != "source" || secrets.connector_lines;
  return (every ? secrets.all : secrets.own).apply(std::string{text});
}

} // namespace motorcade
