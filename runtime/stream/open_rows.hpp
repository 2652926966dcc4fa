#pragma once

#include "runtime/stream/block.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motorcade {

/// The rows of one stream that wait for their block. Holds the places of the
/// rows in the text of a slab, or copies of the rows if columns were removed
/// from them, and the columns that each row gets at its end. Not thread-safe.
class open_rows {
public:
  /// @returns whether no rows wait.
  bool empty() const { return spans_.empty(); }

  /// @returns the bytes of the rows as they came.
  uint64_t bytes() const { return bytes_; }

  /// Adds a row.
  /// @param data A JSON object in `text`, which has less than 4 GiB.
  void add(std::string_view data, std::string_view text) {
    spans_.push_back({static_cast<uint32_t>(data.data() - text.data()),
                      static_cast<uint32_t>(data.size())});
    bytes_ += data.size();
    content_ += data.size();
  }

  /// Adds a row that was changed since it came, and copies it. Either all rows
  /// are added by this function, or none.
  /// @param came The bytes that it had as it came.
  void add_changed(std::string_view data, size_t came) {
    spans_.push_back({static_cast<uint32_t>(changed_.size()),
                      static_cast<uint32_t>(data.size())});
    changed_ += data;
    bytes_ += came;
    content_ += data.size();
  }

  /// Gives the last row a tail of its own. Either all rows have one, or none.
  void add_tail(std::string_view tail) {
    tails_ += tail;
    tail_ends_.push_back(static_cast<uint32_t>(tails_.size()));
  }

  /// Adds a file that the next row refers to.
  void add_file(staged_file file) { files_.push_back(std::move(file)); }

  /// Copies the rows into a block, and forgets them.
  /// @param text The text in which they lie, if they are as they came.
  /// @param tail Stands before the last brace of rows that have no tail of
  /// their own, as `,"name":value`; may be empty.
  /// @param window Where the block has its share; may be null.
  block_ptr take(std::string_view text, std::string_view tail,
                 const byte_window_ptr& window);

private:
  struct span {
    uint32_t offset;
    uint32_t length;
  };

  /// @returns the row's own tail.
  std::string_view tail_of(size_t row) const;

  std::vector<span> spans_;
  uint64_t bytes_ = 0;
  /// The bytes of the rows as they are delivered, without tails.
  uint64_t content_ = 0;
  /// The rows of `add_changed`; empty: the rows lie in the text of the slab.
  std::string changed_;
  /// The tails of the rows, one behind the other, and where each ends.
  std::string tails_;
  std::vector<uint32_t> tail_ends_;
  std::vector<staged_file> files_;
};

} // namespace motorcade
