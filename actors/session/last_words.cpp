#include "actors/session/last_words.hpp"

#include "runtime/log/stderr_log.hpp"
#include "schema/base/cut_text.hpp"
#include "schema/log/log_text.hpp"

#include <utility>

namespace motorcade {

namespace {

void keep(std::string& kept, std::string_view text) {
  if (!text.empty())
    kept = fit_for_reason(text);
}

} // namespace

std::string fit_for_reason(std::string_view text) {
  constexpr size_t longest_reason = 2000;
  return cut_middle(clean_and_mask(text), longest_reason);
}

void last_words::add(const log_batch& lines) {
  std::string_view last;
  for (size_t i = 0; i < lines.size(); ++i)
    if (auto entry = lines[i];
        entry.level >= log_level::error && out_.take(entry.text))
      last = entry.text;
  keep(error_, last);
}

void last_words::add_stderr(const log_batch& lines) {
  std::string_view error;
  std::string_view last;
  for (size_t i = 0; i < lines.size(); ++i) {
    auto entry = lines[i];
    if (entry.level < log_level::warn || !err_.take(entry.text))
      continue;
    last = entry.text;
    if (entry.level >= log_level::error)
      error = entry.text;
  }
  keep(error_, error);
  keep(stderr_, last);
}

} // namespace motorcade
