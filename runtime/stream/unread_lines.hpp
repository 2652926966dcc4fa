#pragma once

#include "runtime/stream/slab_parser.hpp"
#include "schema/lines/message_finder.hpp"
#include "schema/lines/stream_guess.hpp"

#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace motorcade {

/// Counts and reports, for one slab after the other, what was not as it should
/// be. Reports are limited, counts are not.
class unread_lines {
public:
  explicit unread_lines(std::vector<stream_id> catalog);

  /// What follows goes into this slab.
  /// @param offset Of the slab, from the start of the pipe's output.
  void begin(parsed_slab& out, uint64_t offset);

  /// Something seems to be a message and cannot be read.
  /// @param span The part of the line that it may reach.
  void add_unreadable(line_position where, std::string_view line,
                      std::string_view span, const unreadable_message& what,
                      uint64_t line_bytes);

  /// A valid row that cannot be delivered; `what` says why.
  void add_row(line_position where, std::string_view line,
               const record_message& record, json_fault what);

  /// A line is longer than it may be.
  /// @param head Its beginning.
  void add_long_line(line_position where, std::string_view head,
                     uint64_t line_bytes, const json_fault& fault);

  /// A message was found behind or inside other text, and taken.
  void add_found(line_position where, std::string_view line,
                 std::string_view span, message_kind kind);

private:
  void report(line_position where, std::string_view line, line_report told);
  void reject(const std::string& stream);
  void add_misnamed(const stream_id& sent);
  const stream_guess& guess(const stream_id& sent);
  std::string name_of(std::string_view broken);

  std::vector<stream_id> catalog_;
  std::unordered_map<stream_id, stream_guess> guesses_;
  parsed_slab* out_ = nullptr;
  uint64_t offset_ = 0;
};

/// @returns the kind of a message that was read.
message_kind kind_of(const message& content);

} // namespace motorcade
