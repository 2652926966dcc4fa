#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The secrets of a task's config, kept for as long as the task lives, to hide
/// them in messages about its end. Thousands of tasks may be kept: the memory
/// of each is bounded, and if its secrets do not fit, texts are withheld.
class task_secrets {
public:
  /// The most bytes of one task's secrets.
  static constexpr size_t most_bytes = 16 << 10;

  /// Stands in place of a text if not all secrets are known.
  static constexpr std::string_view withheld =
      "(not shown: the task's config has more secrets than syncctl keeps in "
      "memory to mask them; the task's own log says more)";

  task_secrets() = default;

  /// @param secrets What `find_config_secrets` found.
  explicit task_secrets(std::vector<std::string> secrets);

  /// @returns the bytes of the secrets that are kept.
  size_t bytes() const noexcept;

  /// @returns the text with every secret replaced, or `withheld` if the secrets
  /// did not fit; an empty text stays empty.
  std::string hide_in(std::string text) const;

private:
  std::vector<std::string> secrets_;
  bool complete_ = true;
};

} // namespace motorcade
