#pragma once

#include "schema/base/result.hpp"

#include <string>
#include <utility>

namespace motorcade {

/// Gathers everything that is wrong with what a person gave to `sidecar run`,
/// so that all of it can be mended at once.
class run_problems {
public:
  /// Notes a problem, in one line for a person.
  void add(const std::string& what) {
    text_ += (text_.empty() ? "" : "\n") + what;
  }

  /// Notes a failure. @returns whether there was none.
  template <class T>
  bool check(const result<T>& checked) {
    if (!checked)
      add(checked.error().what);
    return static_cast<bool>(checked);
  }

  /// @returns the value, or `otherwise` if it is a failure, which is noted.
  template <class T>
  T take(result<T> checked, T otherwise) {
    return check(checked) ? *std::move(checked) : std::move(otherwise);
  }

  /// @returns whether there are problems.
  bool any() const { return !text_.empty(); }

  /// @returns one line for each, in the order in which they were found.
  const std::string& text() const { return text_; }

private:
  std::string text_;
};

} // namespace motorcade
