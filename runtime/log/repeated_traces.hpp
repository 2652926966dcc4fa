#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motorcade {

/// Keeps a stack trace from being shown twice: a connector often logs it,
/// writes it to stderr and sends it in a TRACE.
///
/// Lines are given one by one. A trace that begins like one that was shown is
/// held back. If it then differs, its lines are shown after all; if it ends
/// alike, one line (`remark`) is shown in its place. Python's traces are known,
/// and those whose lines begin with `at`.
///
/// Each writer has an object of its own; all share the list of shown traces.
class repeated_traces {
public:
  /// Hashes of the lines of traces that were shown.
  using shown_traces = std::shared_ptr<std::vector<std::vector<size_t>>>;

  /// @param known Shared by all writers that show lines at one place; not null.
  explicit repeated_traces(shown_traces known) : known_{std::move(known)} {}

  /// @param text The line, by which traces are compared.
  /// @param shown The line as it is to be shown.
  /// @returns the texts to show now, each with its line's `shown`.
  std::vector<std::string> push(std::string_view text, std::string shown);

  /// Ends a message, or all output, and with it a trace in it.
  /// @returns the texts to show now.
  std::vector<std::string> close();

  /// The text in place of a trace that is not shown again.
  static constexpr std::string_view remark =
      "  (a stack trace that is shown above)";

private:
  enum class kind : uint8_t { none, python, java };

  /// Adds a line to the trace under way: shows it, or holds it back while the
  /// trace begins like a known one.
  void feed(std::string_view text, std::string shown,
            std::vector<std::string>& out);

  /// Ends the trace under way: shows `remark` in its place if it is a known
  /// one; else shows what was held back, and keeps the trace as known.
  void finish(std::vector<std::string>& out);

  struct held_line {
    std::string shown;
    size_t text_bytes = 0;
  };

  shown_traces known_;
  kind kind_ = kind::none;
  std::vector<size_t> block_;
  std::vector<held_line> held_;
  /// Indexes of known traces that begin like this one.
  std::vector<size_t> alike_;
};

/// @returns the text with nothing but the last line of each Python trace: that
/// line names the error.
std::string without_stack_traces(std::string_view text);

} // namespace motorcade
