#pragma once

#include "runtime/stream/slab_parser.hpp"
#include "schema/catalog/stream_guess.hpp"
#include "schema/lines/message_finder.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// Counts and reports faults, for one slab after the other. Reports are
/// limited, counts are not.
class unreadable_lines {
public:
  /// @param catalog The streams by which a broken RECORD is attributed.
  explicit unreadable_lines(std::vector<stream_id> catalog);

  /// Begins a slab: later calls count and report into it.
  /// @param offset The slab's offset from the start of the pipe's output.
  void begin(parsed_slab& out, uint64_t offset);

  /// Ends the slab: reports how many faults were not reported each by itself.
  void end();

  /// Counts a part of a line that seems to be a message and cannot be read. Not
  /// counted: rows of streams outside the catalog, and the continuation of a
  /// message that was counted in the previous line.
  /// @param span The furthest extent of the message.
  void add_unreadable(line_position where, std::string_view line,
                      std::string_view span, const unreadable_message& what,
                      uint64_t line_bytes);

  /// Counts a valid row that cannot be delivered; `what` says why.
  void add_row(line_position where, std::string_view line,
               const record_message& record, json_fault what);

  /// Counts a line that is longer than allowed.
  /// @param head Its beginning.
  /// @param behind What seems to stand somewhere in the whole line.
  void add_long_line(line_position where, std::string_view head,
                     std::optional<message_kind> behind, uint64_t line_bytes,
                     const json_fault& fault);

  /// Counts a message that was found behind or inside other text, and taken.
  void add_found(line_position where, std::string_view line,
                 std::string_view span, message_kind kind);

private:
  /// @returns the number of earlier faults of this reason in the slab.
  uint64_t count(line_fault reason, line_position where);

  /// Counts a fault and adds its report, with place and excerpt, unless the
  /// slab has enough of its reason.
  void report(line_position where, std::string_view line, line_report told);

  /// @returns whether the name differs from that of a stream of the catalog
  /// only in spelling.
  bool is_alike(const stream_id& id);

  /// @returns whether a row that cannot be read names a stream that is surely
  /// none of the catalog, which `id` is set to.
  bool is_of_other_stream(std::string_view broken, stream_id& id);

  /// Counts a row of the stream that could not be read. Beyond a number of
  /// streams, rows of further ones count for the first.
  void reject(const std::string& stream);

  /// Counts a row whose stream has almost the name of one of the catalog.
  void add_misnamed(const stream_id& sent);

  /// @returns the stream that a broken row or state seems to name; empty: none.
  std::string name_of(std::string_view broken);

  stream_guesses guesses_;
  parsed_slab* out_ = nullptr;
  uint64_t offset_ = 0;
  /// The line of the last fault in this slab.
  std::optional<uint64_t> last_line_;
  /// The line in which a message that broke off may go on.
  std::optional<uint64_t> rest_line_;
};

/// @returns the kind of a message that was read.
message_kind kind_of(const message& content);

} // namespace motorcade
