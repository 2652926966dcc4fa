#pragma once

#include "schema/base/row_meta.hpp"
#include "schema/lines/message.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The settings of the columns that each row gets at its end.
struct row_tail_settings {
  row_meta which = row_meta::none;
  std::string sync_id = {};
  /// The generation of each stream, e.g. `12`; an empty one becomes `0`.
  std::vector<std::string> generations = {};
};

/// Makes the columns that ADD_META adds to rows, as the text that stands before
/// the last brace of a row: `,"_airbyte_raw_id":"…",…`. Not thread-safe.
class row_tail {
public:
  /// @param settings Name a generation for each stream of the catalog, or for
  /// none.
  explicit row_tail(row_tail_settings settings);

  /// @returns whether each row has a text of its own, which `make` makes.
  bool differs() const { return settings_.which == row_meta::airbyte; }

  /// Begins a slab: notes the time that its rows are given.
  void begin();

  /// Makes the text of a row.
  /// Precondition: `differs`.
  void make(uint32_t stream, const record_message& record);

  /// @returns the text of the row that was made last, or of all rows since
  /// `begin` if they do not differ; empty: rows stay as they are. Valid until
  /// the next call of another function.
  std::string_view text() const { return text_; }

private:
  const row_tail_settings settings_;
  /// The end of a row's text by stream, up to the list of changes.
  std::vector<std::string> ends_;
  std::string text_;
};

} // namespace motorcade
