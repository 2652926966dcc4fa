#include "runtime/destination/object_storage/csv_rows.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

namespace motorcade {

namespace {

using length = uint32_t;

constexpr auto null_cell = std::numeric_limits<length>::max();
constexpr auto row_end = null_cell - 1;

/// The bytes that are gathered before they are given away.
constexpr size_t portion = 64u << 10;

/// The bytes that are spooled as one block.
constexpr size_t spooled_at_once = 128u << 10;

void append_length(wire_buffer& out, length size) {
  std::memcpy(out.room(sizeof size), &size, sizeof size);
  out.use(sizeof size);
}

/// @returns whether the text needs quotes. An empty text has them: without, a
/// row of it alone would be a blank line.
bool needs_quotes(std::string_view text) {
  return text.empty() || text.front() == ' ' || text.back() == ' '
         || text.find_first_of(",\"\r\n") != std::string_view::npos;
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    out += c;
    if (c == '"')
      out += c;
  }
  out += '"';
}

/// Takes a row off the beginning of cells.
/// @returns its values, in the order of the columns; null ones have no data.
void take_row(std::string_view& cells, std::vector<std::string_view>& row) {
  row.clear();
  for (;;) {
    length size = 0;
    std::memcpy(&size, cells.data(), sizeof size);
    cells.remove_prefix(sizeof size);
    if (size == row_end)
      return;
    if (size == null_cell) {
      row.emplace_back();
      continue;
    }
    row.push_back(cells.substr(0, size));
    cells.remove_prefix(size);
  }
}

} // namespace

void csv_cells::put(wire_buffer& out, const cell& value) {
  std::string_view text = value.text;
  if (value.form == cell_form::escaped || value.form == cell_form::json) {
    text_.clear();
    if (value.form == cell_form::escaped)
      append_decoded(text_, value.text);
    else
      append_compact_json(text_, value.text);
    text = text_;
  }
  if (needs_quotes(text)) {
    quoted_.clear();
    append_quoted(quoted_, text);
    text = quoted_;
  }
  append_length(out, static_cast<length>(text.size()));
  out.append(text);
}

void csv_cells::put_null(wire_buffer& out) {
  append_length(out, null_cell);
}

void csv_cells::end_row(wire_buffer& out) {
  append_length(out, row_end);
}

result<void> csv_rows::append(std::string_view cells) {
  gathered_ += cells;
  return gathered_.size() >= spooled_at_once ? spool() : result<void>{};
}

result<void> csv_rows::spool() {
  if (!spool_) {
    auto made = spool_file::create(folder_);
    if (!made)
      return made.error();
    spool_ = *std::move(made);
  }
  auto ok = spool_->append(*make_block(gathered_, 0));
  gathered_.clear();
  return ok;
}

result<void>
csv_rows::write(const table_layout& layout,
                const std::function<result<void>(std::string_view)>& to) {
  const auto& columns = layout.columns();
  std::vector<size_t> order(columns.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return columns[a].name < columns[b].name;
  });
  std::string out;
  for (const auto& i : order) {
    out += &i == &order.front() ? "" : ",";
    if (needs_quotes(columns[i].name))
      append_quoted(out, columns[i].name);
    else
      out += columns[i].name;
  }
  out += '\n';
  const auto unbounded =
      std::make_shared<byte_window>(std::numeric_limits<size_t>::max() / 2);
  std::vector<std::string_view> row;
  const auto write_rows = [&](std::string_view cells) -> result<void> {
    while (!cells.empty()) {
      take_row(cells, row);
      const auto begin = out.size();
      for (const auto& i : order) {
        out += &i == &order.front() ? "" : ",";
        // Columns that came later are null here.
        out += i < row.size() ? row[i] : std::string_view{};
      }
      if (out.size() == begin)
        out += R"("")";
      out += '\n';
      if (out.size() < portion)
        continue;
      if (auto ok = to(out); !ok)
        return ok;
      out.clear();
    }
    return {};
  };
  for (size_t block = 0; spool_ && block < spool_->size(); ++block) {
    const auto cells = spool_->read(block, unbounded);
    if (!cells)
      return cells.error();
    if (auto ok = write_rows((*cells)->view()); !ok)
      return ok;
  }
  if (auto ok = write_rows(gathered_); !ok)
    return ok;
  return to(out);
}

} // namespace motorcade
