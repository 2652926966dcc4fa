#pragma once

#include <span>
#include <string>
#include <string_view>

// Text of SQL as the standard has it: names in double quotes, literals in
// single ones, in which a backslash is a character like any other.
namespace motorcade {

/// A table of a schema.
struct table_name {
  std::string schema;
  std::string table;
};

/// @returns the name for a statement, quoted and qualified.
std::string quote(const table_name& name);

/// @returns the text as a literal of SQL.
std::string quote_literal(std::string_view text);

/// @returns `"a", "b"`.
std::string quote_all(std::span<const std::string> names);

} // namespace motorcade
