#include "runtime/destination/tables/table_layout.hpp"

#include "runtime/destination/tables/column_names.hpp"
#include "runtime/destination/tables/exact_value.hpp"
#include "schema/base/utf8.hpp"

namespace motorcade {

namespace {

/// @returns the type of a new column without a schema: arrays are text.
column_type inferred_type(const cell& value) {
  return value.type == column_type::json ? column_type::string : value.type;
}

/// @returns the type that a column of the key gets by its first value. Texts
/// stay so: two of them may name one moment.
column_type type_in_key(const cell& value) {
  const auto type = inferred_type(value);
  const auto is_text =
      type == column_type::timestamp
      || (type == column_type::floating && !is_exact_double(value.text));
  return is_text ? column_type::string : type;
}

bool is_number(column_type type) {
  return type == column_type::integer || type == column_type::floating;
}

} // namespace

void table_layout::set_target(std::vector<target_column> columns) {
  for (auto& column : columns)
    target_.emplace(dialect_.fold(column.name), std::move(column.shape));
  untouched_ = target_.size();
}

void table_layout::set_key(const std::vector<std::string>& names) {
  for (const auto& name : names)
    key_.insert(dialect_.fold(name));
}

column_shape table_layout::shape_of(const std::string& name,
                                    column_type type) const {
  const auto in_key = key_.contains(dialect_.fold(name));
  return dialect_.shape_of(type, in_key ? key_.size() : 0);
}

std::optional<size_t> table_layout::find(std::string_view name) const {
  const auto found = by_name_.find(dialect_.fold(name));
  return found == by_name_.end() ? std::nullopt : std::optional{found->second};
}

bool table_layout::target_has(std::string_view name) const {
  return target_.contains(dialect_.fold(name));
}

std::optional<size_t> table_layout::add(const std::string& name,
                                        column_type type, bool fixed) {
  const auto known = target_.find(dialect_.fold(name));
  const auto in_target = known != target_.end();
  // A place is kept for `_unmapped_data`.
  const auto limit = dialect_.max_columns - (name == unmapped_column ? 0 : 1);
  const auto full = !in_target && columns_.size() + untouched_ >= limit;
  if (full || (in_target && known->second.read_only))
    return std::nullopt;
  table_column column;
  column.name = name;
  column.fixed = fixed || in_target;
  column.in_target = in_target;
  column.in_key = key_.contains(dialect_.fold(name));
  column.parts.push_back(
      {name, in_target ? known->second : shape_of(name, type)});
  untouched_ -= in_target ? 1 : 0;
  ++version_;
  by_name_.emplace(dialect_.fold(name), columns_.size());
  columns_.push_back(std::move(column));
  return columns_.size() - 1;
}

void table_layout::fix(size_t column, column_shape shape) {
  columns_[column].parts = {{columns_[column].name, std::move(shape)}};
  columns_[column].fixed = true;
  ++version_;
}

std::optional<size_t> table_layout::add_for(const std::string& name,
                                            const cell& value) {
  const auto in_key = key_.contains(dialect_.fold(name));
  return add(name, in_key ? type_in_key(value) : inferred_type(value), false);
}

void table_layout::widen_for(size_t column, const cell& value) {
  if (columns_[column].in_key)
    widen_key(column, value);
  else
    widen(column, inferred_type(value));
}

void table_layout::widen_key(size_t column, const cell& value) {
  auto& into = columns_[column];
  const auto from = into.shape().type;
  const auto to = type_in_key(value);
  if (to == column_type::integer && !into.beyond_double)
    into.beyond_double = !is_exact_double(value.text);
  if (from == to)
    return;
  // An integer that becomes a double may become another's, and `true` 1.
  const auto stays_number =
      is_number(from) && is_number(to) && !into.beyond_double;
  widen(column, stays_number ? to : column_type::string);
}

void table_layout::widen(size_t column, column_type type) {
  auto& parts = columns_[column].parts;
  const auto wider = common_ancestor(parts.back().shape.type, type);
  if (wider == parts.back().shape.type)
    return;
  // No column can have this name: a number sign does not survive naming.
  const auto suffix = "#" + std::to_string(parts.size());
  auto name = std::string{cut_bytes(columns_[column].name,
                                    dialect_.max_name_bytes - suffix.size()
                                        - std::to_string(column).size() - 1)};
  name += '#' + std::to_string(column) + suffix;
  parts.push_back({std::move(name), shape_of(columns_[column].name, wider)});
  has_parts_ = true;
  ++version_;
}

} // namespace motorcade
