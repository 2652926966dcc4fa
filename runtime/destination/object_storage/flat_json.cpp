#include "runtime/destination/object_storage/flat_json.hpp"

#include "schema/json/json_view.hpp"

namespace motorcade {

void flat_json::set_columns(const table_layout& layout) {
  names_.clear();
  for (const auto& column : layout.columns())
    names_.push_back(encode_json_string(column.name) + ':');
}

void flat_json::begin_row(wire_buffer& out) {
  column_ = 0;
  first_ = true;
  out.append('{');
}

void flat_json::put(wire_buffer& out, const cell& value) {
  if (!first_)
    out.append(',');
  first_ = false;
  out.append(names_[column_++]);
  text_.clear();
  if (value.form == cell_form::json) {
    append_compact_json(text_, value.text);
    text_ = encode_json_string(text_);
  } else if (value.form == cell_form::digits) {
    text_ = value.text;
  } else {
    append_as_json(text_, value);
  }
  out.append(text_);
}

void flat_json::end_row(wire_buffer& out) {
  out.append("}\n");
}

} // namespace motorcade
