#pragma once

#include <set>
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

/// @returns the schemas of the tables, each once.
std::set<std::string> schemas_of(std::span<const table_name> tables);

/// @returns the text as a literal of SQL.
std::string quote_literal(std::string_view text);

/// @returns `"a", "b"`.
std::string quote_all(std::span<const std::string> names);

} // namespace motorcade
