#include "runtime/destination/tables/table_layout.hpp"

#include "runtime/destination/tables/column_names.hpp"
#include "schema/base/utf8.hpp"

namespace motorcade {

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
