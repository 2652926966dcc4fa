// The secrets that this process knows, and what hides them.
#include "runtime/base/log.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/log/log_text.hpp"
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
  /// The secrets of `own`, and those of the connector's config.
  secret_mask all;
  std::atomic<bool> connector_lines = true;
  /// The warnings that were given.
  std::atomic<bool> told_of_long = false;
  std::atomic<bool> told_of_former = false;
  std::atomic<bool> told_of_needed = false;
};

known_secrets& known() {
  static known_secrets secrets;
  return secrets;
}

/// The reasons for which a secret may not be masked.
struct lack {
  bool long_one = false;
  /// Secrets of former configs were forgotten.
  bool former = false;
  /// Secrets that must stay are not known.
  bool needed = false;
};

/// Warns of each reason once. Not to be called under the lock, which masking a
/// line of log takes.
void tell_limits(known_secrets& secrets, const lack& what) {
  if (what.long_one && !secrets.told_of_long.exchange(true))
    log::warn("a secret is longer than {} bytes or has more than {} lines: "
              "a text in which its beginning stands is masked from there "
              "on, but an excerpt of a later part alone is not; see "
              "docs/secrets.md",
              secret_mask::looked_at, secret_mask::most_lines);
  if (what.former && !secrets.told_of_former.exchange(true))
    log::warn("the connector changed its config so often that the secrets of "
              "the oldest configs are no longer masked ({} MiB of memory for "
              "all secrets); see docs/secrets.md",
              secret_mask::most_weight >> 20);
  // The text is short, since any other line would be withheld, too.
  if (what.needed && !secrets.told_of_needed.exchange(true))
    log::warn("{}", secret_mask::withheld);
}

/// Adds secrets under the lock.
template <class Add>
void add_secrets(const Add& add) {
  auto& secrets = known();
  lack what;
  {
    std::unique_lock lock{secrets.mutex};
    auto before = secrets.all.forgotten();
    what.long_one = !add(secrets);
    what.former = secrets.all.forgotten() > before;
    what.needed = !secrets.all.complete();
  }
  tell_limits(secrets, what);
}

/// Words of the protocol in a check's answer.
bool is_verdict(std::string_view text) {
  return text == "SUCCEEDED" || text == "FAILED";
}

/// @returns whether there was a secret in one of the texts.
bool mask_texts(nlohmann::ordered_json& value) {
  auto found = false;
  if (value.is_string()) {
    auto& text = value.get_ref<std::string&>();
    if (is_verdict(text))
      return false;
    auto masked = mask_secrets(text);
    found = masked != text;
    text = std::move(masked);
  } else if (value.is_structured()) {
    for (auto& member : value)
      found = mask_texts(member) || found;
  }
  return found;
}

/// Masks what a person reads of an error, the name of its stream included.
void mask_texts_of_error(auto& error) {
  for (auto* text :
       {&error.message, &error.internal_message, &error.stack_trace})
    *text = mask_secrets(std::move(*text));
  if (error.stream)
    for (auto* name : {&error.stream->name, &error.stream->target_namespace})
      *name = mask_secrets(std::move(*name));
}

} // namespace

void keep_secret(const std::string& secret) {
  add_secrets([&](known_secrets& to) {
    to.all.add(secret, secret_mask::stay::always);
    return to.own.add(secret, secret_mask::stay::always);
  });
}

void keep_config_secrets(std::string_view config, std::string_view spec) {
  add_secrets([found = find_config_secrets(config, spec)](known_secrets& to) {
    auto whole = true;
    for (const auto& secret : found)
      whole = to.all.add(secret, secret_mask::stay::always) && whole;
    return whole;
  });
}

void keep_changed_config_secrets(std::string_view config,
                                 std::string_view spec) {
  add_secrets([found = find_config_secrets(config, spec)](known_secrets& to) {
    to.all.begin_config();
    auto whole = true;
    for (const auto& secret : found)
      whole = to.all.add(secret) && whole;
    return whole;
  });
}

void mask_connector_lines(bool on) {
  known().connector_lines = on;
}

std::string mask_secrets(std::string text) {
  auto& secrets = known();
  std::shared_lock lock{secrets.mutex};
  return secrets.all.apply(std::move(text));
}

std::string clean_and_mask(std::string_view text) {
  auto out = mask_secrets(std::string{text});
  return is_clean_log_text(out) ? out : mask_secrets(clean_log_text(out));
}

failure_reason mask_secrets(failure_reason reason) {
  mask_texts_of_error(reason);
  return reason;
}

error_trace mask_secrets(error_trace error) {
  mask_texts_of_error(error);
  return error;
}

std::string mask_document(std::string document) {
  auto tree = read_ordered_tree(document);
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
