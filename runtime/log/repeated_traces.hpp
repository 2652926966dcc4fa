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
/// Lines are given one by one. Those of a trace that began like one that was
/// shown are held back until they differ, and then shown after all, or until
/// the trace has ended, and then one line says where it was. Python's traces
/// are known, and those whose lines begin with `at`.
///
/// Each writer has one of these, and all share what was shown.
class repeated_traces {
public:
  /// Hashes of the lines of traces that were shown.
  using shown_traces = std::shared_ptr<std::vector<std::vector<size_t>>>;

  explicit repeated_traces(shown_traces known) : known_{std::move(known)} {}

  /// @param text The line, by which traces are compared.
  /// @param shown The line as it is to be shown.
  /// @returns what is to be shown now, each with its line's `shown`.
  std::vector<std::string> push(std::string_view text, std::string shown);

  /// A message, or all output, has ended, and with it a trace that it held.
  /// @returns what is to be shown now.
  std::vector<std::string> close();

  /// What stands in place of a trace that is not shown again.
  static constexpr std::string_view remark =
      "  (a stack trace that is shown above)";

private:
  enum class kind : uint8_t { none, python, java };

  void feed(std::string_view text, std::string shown,
            std::vector<std::string>& out);
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

/// @returns a text in which of each Python trace only its last line is left,
/// which says what happened.
std::string without_stack_traces(std::string_view text);

} // namespace motorcade
