#include "runtime/task/pod_name.hpp"

#include "runtime/base/digest.hpp"
#include "schema/base/ascii.hpp"

#include <array>
#include <string_view>

namespace motorcade {

namespace {

// 63 characters: 20 and 14 for people, `discover` with 8, the task with 6, the
// digest with 11, four dashes between them.
constexpr size_t package_characters = 20;
constexpr size_t sync_characters = 14;
constexpr size_t task_characters = 6;
/// 44 bits: of a thousand Pods at one time two are alike with a chance of one
/// in 35 million, and only if everything before the digest is alike, too.
constexpr size_t digest_characters = 11;

/// @returns the text in lower case with a dash for what no DNS label may hold,
/// without dashes at its ends.
std::string to_label(std::string_view text) {
  std::string out;
  for (auto c : text) {
    c = ascii_lower(c);
    auto fits = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (fits)
      out += c;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (out.ends_with('-'))
    out.pop_back();
  return out;
}

std::string first(std::string text, size_t most) {
  if (text.size() > most)
    text.resize(most);
  while (text.ends_with('-'))
    text.pop_back();
  return text;
}

std::string last(const std::string& text, size_t most) {
  auto out = text.size() > most ? text.substr(text.size() - most) : text;
  while (out.starts_with('-'))
    out.erase(0, 1);
  return out;
}

std::string_view without_prefix(std::string_view package) {
  for (std::string_view prefix : {"airbyte/source-", "jitsucom/source-"})
    if (package.starts_with(prefix))
      return package.substr(prefix.size());
  return package;
}

} // namespace

std::string make_pod_name(const task_identity& task) {
  // Lengths before the texts, so that no two lists of texts look alike.
  std::string all;
  for (const auto* text :
       {&task.package, &task.version, &task.command, &task.sync_id,
        &task.task_id, &task.storage_key, &task.digest})
    all += std::to_string(text->size()) + ':' + *text;
  std::string out;
  for (const auto& part :
       {first(to_label(without_prefix(task.package)), package_characters),
        first(to_label(task.sync_id), sync_characters), to_label(task.command),
        last(to_label(task.task_id), task_characters)})
    if (!part.empty())
      out += part + '-';
  return out + sha256_hex(all).substr(0, digest_characters);
}

} // namespace motorcade
