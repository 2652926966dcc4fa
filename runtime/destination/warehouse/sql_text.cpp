#include "runtime/destination/warehouse/sql_text.hpp"

#include "schema/task/tables.hpp"

namespace motorcade {

std::string quote(const table_name& name) {
  return quote_identifier(name.schema) + '.' + quote_identifier(name.table);
}

std::set<std::string> schemas_of(std::span<const table_name> tables) {
  std::set<std::string> out;
  for (const auto& one : tables)
    out.insert(one.schema);
  return out;
}

std::string quote_literal(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'')
      out += '\'';
    out += c;
  }
  return out + '\'';
}

std::string quote_all(std::span<const std::string> names) {
  std::string out;
  for (const auto& name : names)
    out += (out.empty() ? "" : ", ") + quote_identifier(name);
  return out;
}

} // namespace motorcade
