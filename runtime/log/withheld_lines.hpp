#pragma once

#include "schema/secrets/cited_config.hpp"

#include <cstddef>
#include <string_view>

namespace motorcade {

/// Knows which lines of text may be the rest of a connector's config that began
/// in a line before them, e.g. of a CONTROL that is indented or broken.
///
/// The rest goes on until the brackets are closed, a message comes, or for
/// `longest_rest` lines. A line that evidently is a logger's own is none of it;
/// behind one, neither are its trace and plain words.
class withheld_lines {
public:
  /// The most lines that the rest of one config is taken to have.
  static constexpr int longest_rest = 500;

  /// Notes that a config begins in a line.
  /// @param at Its place there.
  /// @returns whether lines behind this one may be its rest.
  bool begin(std::string_view line, size_t at);

  /// Notes that a message came.
  void end() { left_ = 0; }

  /// @returns whether the next line may be of the rest.
  bool expects_rest() const { return left_ > 0; }

  /// Takes the next line that is not blank.
  /// @param line Without escape sequences.
  /// @returns whether it must not be shown.
  bool take(std::string_view line) { return left_ > 0 && is_rest(line); }

private:
  /// Does what `take` says while a rest is expected.
  bool is_rest(std::string_view line);

  /// The number of lines that may still belong to the rest of a config.
  int left_ = 0;
  open_config config_;
  bool logger_spoke_ = false;
};

} // namespace motorcade
