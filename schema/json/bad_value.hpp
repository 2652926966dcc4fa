#pragma once

#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace motorcade {

/// A value of a valid JSON document that cannot be kept exactly.
struct bad_value {
  /// The path to it, e.g. `source.config.keys[0]`; of a member's name, the path
  /// to its object; of a member that is there twice, its own. Empty: the
  /// document itself.
  std::string place;
  /// What is wrong with the value, e.g. `holds a NUL character`; never the
  /// value itself.
  std::string what;
};

/// @returns the place and what is wrong there, for a message.
std::string to_text(const bad_value& bad);

/// The most arrays and objects inside each other that a document of a client
/// may have.
constexpr size_t max_document_depth = 500;

/// The most members of one object that a document may have which is kept: to
/// find a member takes a time in proportion to it.
constexpr size_t max_kept_members = 10'000;

/// @returns whether more than `depth` arrays and objects lie inside each other.
/// @param json Any text; what stands in quotes does not count.
bool nests_deeper(std::string_view json, size_t depth);

/// Finds the first value that programs read differently, refuse, or round: a
/// whole number beyond 64 bits, a number beyond the range of a double or with
/// more digits than a double keeps, a text with half of a surrogate pair, a
/// member that its object has twice.
/// @param json Valid JSON.
/// @param nul Whether texts with NUL are to be found, too: C ends a text there.
/// @param most_members An object with more members is found, too.
std::optional<bad_value>
find_bad_value(std::string_view json, bool nul = false,
               size_t most_members = std::numeric_limits<size_t>::max());

} // namespace motorcade
