#include "runtime/destination/tables/table_builder.hpp"

#include "runtime/destination/tables/column_names.hpp"
#include "runtime/destination/tables/exact_value.hpp"
#include "runtime/destination/tables/refused_row.hpp"
#include "runtime/destination/tables/time_text.hpp"
#include "schema/json/json_view.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

/// The bytes that are gathered before the sink gets them.
constexpr size_t portion = 64u << 10;

std::unordered_set<std::string>
names_of(const std::vector<schema_field>& fields) {
  std::unordered_set<std::string> out;
  for (const auto& field : fields)
    out.insert(field.name);
  return out;
}

} // namespace

table_builder::table_builder(table_rules rules, wire_format& wire)
    : rules_{std::move(rules)},
      wire_{wire},
      layout_{rules_.dialect},
      paths_{names_of(rules_.fields), rules_.dialect, rules_.to_same_case},
      key_{rules_.key, rules_.dialect, rules_.to_same_case} {
  layout_.set_target(std::move(rules_.target));
  layout_.set_key(key());
  for (const auto& field : rules_.fields) {
    auto column =
        make_column_name(field.name, rules_.dialect, rules_.to_same_case);
    if (layout_.find(column))
      continue;
    if (rules_.dialect.fold(column) == rules_.dialect.fold(unmapped_column))
      layout_.add(std::string{unmapped_column}, column_type::json, true);
    else
      layout_.add(column, column_type_of(field.type), true);
  }
  // A merged row replaces its `_unmapped_data` too, by null if all values fit.
  if (!key().empty() && layout_.target_has(unmapped_column))
    layout_.add(std::string{unmapped_column}, column_type::json, true);
}

result<void> table_builder::add(std::string_view rows, table_sink& sink) {
  if (auto fault = key_.fault(); !fault.empty())
    return failure{ec::destination_rejected, std::move(fault)};
  if (!index_.index(rows))
    return failure{ec::destination_rejected, "a row is no valid JSON"};
  for (size_t at = 0; at < index_.count();) {
    if (index_.at(at) != '{')
      return failure{ec::destination_rejected, "a row is no JSON object"};
    ++rows_;
    const auto columns_before = layout_.columns().size();
    at = walk_object(at, row_paths::root);
    apply_types(columns_before);
    if (auto ok = write_row(sink); !ok)
      return ok;
    strays_.clear();
    paths_.end_row();
  }
  return flush(sink);
}

// -- reading a row -----------------------------------------------------------

size_t table_builder::walk_object(size_t at, size_t node) {
  ++at;
  for (size_t nth = 0; index_.at(at) != '}'; ++nth) {
    if (index_.at(at) == ',')
      ++at;
    const auto* key = index_.base() + index_.offset(at) + 1;
    const size_t room = index_.offset(at + 1) - index_.offset(at) - 1;
    auto* path = paths_.guess(node, nth, {key, room});
    if (path == nullptr)
      path = &paths_.find(node, nth, index_.string_at(at));
    at = walk_value(at + 2, *path);
  }
  return at + 1;
}

size_t table_builder::walk_value(size_t at, row_path& path) {
  if (!path.typed_column.empty()) {
    take_type(path, at);
    return index_.skip(at);
  }
  switch (index_.at(at)) {
  case '"': {
    const auto text = index_.string_at(at);
    const auto escaped = text.find('\\') != std::string_view::npos;
    take(path, {column_type::string,
                escaped ? cell_form::escaped : cell_form::plain, text});
    return at + 1;
  }
  case '{':
    if (!path.declared) {
      const auto node = paths_.inside(path);
      if (node != row_path::none)
        return walk_object(at, node);
    }
    [[fallthrough]];
  case '[': {
    const auto end = index_.skip(at);
    const auto begin = index_.offset(at);
    take(path, {column_type::json,
                cell_form::json,
                {index_.base() + begin, index_.offset(end - 1) + 1 - begin}});
    return end;
  }
  case 't':
    take(path, {column_type::boolean, cell_form::plain, "true"});
    return at + 1;
  case 'f':
    take(path, {column_type::boolean, cell_form::plain, "false"});
    return at + 1;
  case 'n':
    if (!path.was_null)
      take_null(path);
    return at + 1;
  default:
    take(path, number_cell(index_.word_at(at)));
    return at + 1;
  }
}

void table_builder::take(row_path& path, cell value) {
  const auto known =
      path.column != row_path::none && layout_[path.column].fixed;
  if (!known && value.form == cell_form::plain
      && value.type == column_type::string && looks_like_timestamp(value.text))
    value.type = column_type::timestamp;
  if (path.column == row_path::none && !path.excess)
    find_column(path, value);
  if (path.excess) {
    strays_.add_without_column(path, paths_.text_of(path), value);
    return;
  }
  if (slots_.size() < layout_.columns().size())
    slots_.resize(layout_.columns().size());
  auto& mine = slots_[path.column];
  if (mine.row == rows_ && mine.path != &path) {
    if (goes_before(*mine.path, path)) {
      strays_.add_without_column(path, paths_.text_of(path), value);
      return;
    }
    strays_.add_without_column(*mine.path, paths_.text_of(*mine.path),
                               mine.value);
  } else if (mine.row == rows_ && !rules_.changes_column.empty()
             && path.name.starts_with("_airbyte_")) {
    // The row's own member of that name stands before the added one.
    strays_.add_without_column(path, paths_.text_of(path), mine.value);
  }
  if (!layout_[path.column].fixed && !rules_.dialect.keeps_values)
    layout_.widen_for(path.column, value);
  mine = {value, rows_, &path};
}

void table_builder::take_null(row_path& path) {
  path.was_null = true;
  if (!key().empty() && path.column == row_path::none
      && !layout_.find(path.name) && layout_.target_has(path.name))
    layout_.add(path.name, column_type::string, true);
}

void table_builder::find_column(row_path& path, const cell& value) {
  // With another's value, rows of different keys would become one.
  const auto* member = key_.member_of(path.name);
  path.excess = member != nullptr && !paths_.leads_to(member->names, path);
  if (path.excess)
    return;
  auto column = layout_.find(path.name);
  if (!column)
    column = layout_.add_for(path.name, value);
  path.column = column.value_or(row_path::none);
  path.excess = !column;
}

bool table_builder::goes_before(const row_path& first, const row_path& second) {
  // Names that are one for the warehouse: the first has the column. Keys that
  // have one name, e.g. `a.b` and `a_b`: the last has it.
  return first.name != second.name;
}

void table_builder::take_type(const row_path& path, size_t at) {
  // `"type"` or `["type", "ddl"]`, of which the type counts.
  if (index_.at(at) == '[')
    ++at;
  if (index_.at(at) == '"')
    asked_types_.emplace_back(path.typed_column,
                              decode_json_string(index_.string_at(at)));
}

void table_builder::apply_types(size_t first_new) {
  for (const auto& [name, sql] : asked_types_) {
    const auto column = layout_.find(name);
    if (!column || *column < first_new || layout_[*column].in_target
        || rules_.dialect.shape_of_sql == nullptr)
      continue;
    if (auto shape = rules_.dialect.shape_of_sql(sql))
      layout_.fix(*column, *std::move(shape));
  }
  asked_types_.clear();
}

// -- writing a row -----------------------------------------------------------

result<void> table_builder::flush(table_sink& sink) {
  if (out_.size() == 0)
    return {};
  auto ok = sink.on_rows(out_.view());
  out_.cut(0);
  return ok;
}

result<void> table_builder::write_row(table_sink& sink) {
  for (;;) {
    if (layout_.version() != told_version_) {
      if (auto ok = flush(sink); !ok)
        return ok;
      if (auto ok = sink.on_layout(layout_); !ok)
        return ok;
      told_version_ = layout_.version();
      slots_.resize(layout_.columns().size());
    }
    switch (encode()) {
    case written::whole:
      unmapped_ += strays_.size();
      return out_.size() >= portion ? flush(sink) : result<void>{};
    case written::needs_column:
      if (!layout_.add(std::string{unmapped_column}, column_type::json, true))
        return refuse_unmapped(rows_, strays_, layout_);
      break;
    case written::unmapped_unfit:
      return refuse_unmapped(rows_, strays_, layout_);
    case written::lacks_key:
      return refuse_key(rows_, key_, strays_, layout_);
    }
  }
}

cell table_builder::unmapped_cell() const {
  return {column_type::json, cell_form::json, unmapped_json_};
}

table_builder::written table_builder::encode() {
  if (layout_.columns().empty()) {
    bare_rows_ += key().empty() ? 1 : 0;
    return key().empty() ? written::whole : written::lacks_key;
  }
  for (; bare_rows_ > 0; --bare_rows_) {
    wire_.begin_row(out_);
    for (const auto& column : layout_.columns())
      for (size_t i = 0; i < column.parts.size(); ++i)
        wire_.put_null(out_);
    wire_.end_row(out_);
  }
  const auto begin = out_.size();
  for (size_t told = 0;;) {
    const auto unmapped =
        told > 0 ? layout_.find(unmapped_column) : std::nullopt;
    wire_.begin_row(out_);
    for (size_t i = 0; i < layout_.columns().size(); ++i)
      encode_column(i, i == unmapped);
    wire_.end_row(out_);
    if (!has_key()) {
      out_.cut(begin);
      return written::lacks_key;
    }
    if (strays_.size() == told)
      return written::whole;
    // The column was written before the last value that belongs into it came.
    out_.cut(begin);
    told = strays_.size();
    unmapped_json_ = strays_.to_json();
    tell_changes();
    const auto column = layout_.find(unmapped_column);
    if (!column)
      return written::needs_column;
    if (!rules_.dialect.keeps_values
        && !converter_.convert(unmapped_cell(), layout_[*column].shape()))
      return written::unmapped_unfit;
  }
}

void table_builder::encode_column(size_t column, bool is_unmapped) {
  const auto& what = layout_[column];
  for (size_t i = 1; i < what.parts.size(); ++i)
    wire_.put_null(out_);
  auto& mine = slots_[column];
  if (!is_unmapped && mine.row != rows_) {
    wire_.put_null(out_);
    return;
  }
  const auto value = is_unmapped ? unmapped_cell() : mine.value;
  // Rows of different keys must not become one.
  const auto harmed = what.in_key && !keeps_key(value, what.shape());
  if (rules_.dialect.keeps_values && !harmed) {
    wire_.put(out_, value);
    return;
  }
  if (!harmed)
    if (const auto converted = converter_.convert(value, what.shape())) {
      wire_.put(out_, *converted);
      return;
    }
  wire_.put_null(out_);
  if (is_unmapped)
    return;
  mine.row = 0;
  strays_.add_unfit(*mine.path, paths_.text_of(*mine.path), column, value);
}

bool table_builder::keeps_key(const cell& value, const column_shape& to) const {
  // Such a warehouse keeps times as texts.
  if (rules_.dialect.keeps_values && to.type == column_type::timestamp)
    return true;
  return holds_exactly(value, to);
}

void table_builder::tell_changes() {
  if (rules_.changes_column.empty())
    return;
  const auto column = layout_.find(rules_.changes_column);
  if (!column || slots_[*column].row != rows_)
    return;
  auto& value = slots_[*column].value;
  if (own_changes_row_ != rows_) {
    own_changes_row_ = rows_;
    own_changes_ = value.text;
  }
  if (value.form != cell_form::json)
    return;
  if (auto told = strays_.add_changes_to(own_changes_); !told.empty()) {
    told_changes_ = std::move(told);
    value.text = told_changes_;
  }
}

bool table_builder::has_key() {
  return std::all_of(key().begin(), key().end(), [&](const auto& name) {
    const auto column = layout_.find(name);
    return column && slots_[*column].row == rows_;
  });
}

} // namespace motorcade
