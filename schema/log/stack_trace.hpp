#pragma once

#include "schema/log/log_level.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace motorcade {

/// @returns the level of a line that begins a stack trace or tells a crash,
/// although no logger wrote it: an exception with its name, a panic, a signal,
/// or a warning of an interpreter. Of Python, Java, Node, Go, Rust, Ruby, .NET
/// and PHP.
std::optional<log_level> find_crash_level(std::string_view body);

/// Knows the lines that stand only behind others of a stack trace. Takes the
/// lines of one pipe in their order; blank ones are left out.
class stack_trace {
public:
  /// Takes the next line.
  /// @param body The line without the blanks before it.
  /// @returns whether the line continues a trace.
  bool take(std::string_view body, bool indented);

  /// @returns whether the next line has the words of a panic of Rust, which
  /// stand behind its place.
  bool expects_words() const noexcept { return part_ == part::rust_words; }

private:
  /// The lines that may follow, though they do not look like a trace's.
  enum class part : uint8_t {
    none,
    /// Functions and the exit code behind `goroutine 1 [running]:`.
    go,
    /// The words of a panic, behind its place.
    rust_words,
    /// The list behind `Require stack:`.
    node_modules,
    /// `#0 …` behind `Stack trace:`.
    php,
  };

  /// @returns whether the line may stand behind the last one according to
  /// `part_`.
  bool continues_part(std::string_view body, bool indented) const;

  part part_ = part::none;
};

} // namespace motorcade
