#pragma once

#include "runtime/destination/tables/column_type.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace motorcade {

/// A key at its place in the rows of a stream, with its column.
struct row_path {
  static constexpr size_t none = SIZE_MAX;

  /// As it stands in the text, escapes included.
  std::string key;
  /// The node of the object that the key stands in.
  size_t within = 0;
  /// The name of the column.
  std::string name;
  /// The index of the column in the layout; `none`: not there yet, or never.
  size_t column = none;
  /// The node of the keys, if the value is an object.
  size_t node = none;
  /// The schema names it, so that an object is JSON.
  bool declared = false;
  /// There is no room for the column, it cannot be written, its name is that of
  /// `_unmapped_data`, or it belongs to another member, which the key names.
  bool excess = false;
  /// Forgotten with the row.
  bool passing = false;
  /// A row had null there.
  bool was_null = false;
  /// Not empty: the value is the SQL type of that column (`__sql_type_…`).
  std::string typed_column = {};
};

/// All paths that rows of a stream have had, each looked up by the text of its
/// key. Rows have their keys in the same order most of the time, which costs
/// one comparison a key.
class row_paths {
public:
  /// More paths, or longer ones, are not kept: rows whose keys are data must
  /// not fill memory.
  static constexpr size_t most_kept = 20'000;
  static constexpr size_t most_kept_bytes = 16u << 20;

  /// The longest path of an object that is flattened, in bytes. All columns
  /// within one of a longer path would have one name.
  static constexpr size_t longest_path = 1'024;

  /// @param declared Names in the stream's schema.
  /// @param dialect Says how columns are named.
  row_paths(std::unordered_set<std::string> declared,
            const table_dialect& dialect, bool same_case);

  static constexpr size_t root = 0;

  /// @param nth The place of the key within its object, for the guess.
  /// @param text The text from the key's first character on.
  /// @returns the path whose key, with its closing quote, begins the text at
  /// its usual place; null: look for it.
  row_path* guess(size_t node, size_t nth, std::string_view text) const {
    const auto& usual = nodes_[node].usual;
    if (nth >= usual.size())
      return nullptr;
    auto* path = usual[nth];
    const auto size = path->key.size();
    return size < text.size() && text[size] == '"'
                   && text.substr(0, size) == path->key
               ? path
               : nullptr;
  }

  /// @returns the path of that key; valid until the row ends.
  row_path& find(size_t node, size_t nth, std::string_view key);

  /// @returns whether those are the keys that lead to the path.
  /// @param names Without escapes, from the row's first level on.
  bool leads_to(std::span<const std::string> names, const row_path& path) const;

  /// @returns the keys that lead to the path, joined by `_`.
  std::string text_of(const row_path& path) const;

  /// @returns the node of the keys within an object; `row_path::none` if there
  /// are too many, or the object lies too deep.
  size_t inside(row_path& path);

  /// @returns the bytes of the keys and names that are kept.
  size_t kept_bytes() const { return kept_bytes_; }

  /// Forgets the paths that were found beyond what is kept.
  void end_row() {
    if (!passing_.empty())
      passing_.clear();
  }

private:
  struct object_keys {
    std::string path;
    /// The path of the object; null: it is the row.
    const row_path* of = nullptr;
    std::vector<row_path*> usual;
    std::unordered_map<std::string_view, row_path*> by_key;
  };

  /// Makes the path of a key that was not met before: its name as a column, and
  /// what the schema says of it.
  row_path make(size_t node, std::string_view key) const;

  std::unordered_set<std::string> declared_;
  table_dialect dialect_;
  bool same_case_;
  std::deque<object_keys> nodes_;
  std::deque<row_path> paths_;
  std::deque<row_path> passing_;
  size_t kept_bytes_ = 0;
};

} // namespace motorcade
