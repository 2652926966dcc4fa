#pragma once

#include "runtime/files/staging_area.hpp"
#include "runtime/log/leading_lines.hpp"
#include "runtime/log/log_batch.hpp"
#include "runtime/log/withheld_lines.hpp"
#include "runtime/stream/block.hpp"
#include "runtime/stream/row_tail.hpp"
#include "runtime/stream/slab.hpp"
#include "schema/lines/line_parser.hpp"
#include "schema/lines/message_kind.hpp"
#include "schema/log/log_line_level.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace motorcade {

/// Rows of one stream that follow each other, ready for a request body.
struct row_batch {
  /// The index of the stream in `slab_parser_settings::streams`.
  uint32_t stream = 0;
  /// One line for each row.
  block_ptr rows;
  /// The bytes of the rows' `data` as the connector sent it, without line ends.
  uint64_t data_bytes = 0;
};

/// A fault: a line, or a part of one, that is not as it should be.
struct line_report {
  line_fault reason = line_fault::malformed_json;
  /// Counted from 0 within the slab.
  uint64_t line = 0;
  /// The place of the fault, from the start of the pipe's output.
  uint64_t offset = 0;
  /// The place of the fault, from the start of the line.
  uint64_t column = 0;
  uint64_t line_bytes = 0;
  std::string what;
  /// Some printable text from around the fault.
  std::string excerpt;
  /// The stream's key, as it came, if the line names it; empty otherwise.
  std::string stream = {};
  /// The kind of message that it seems to be.
  message_kind kind = message_kind::unknown;
  /// It is a message that stood behind or inside other text, and it was taken.
  bool taken = false;
  /// The text of a TRACE ERROR that could not be read, as far as it could be.
  std::string said = {};
  /// The number of faults of the same reason behind this one in the slab, which
  /// are not described.
  uint64_t left_out = 0;
};

/// A row was not delivered that the source will not send again once a later
/// state is saved: so states that follow must not be saved.
struct withheld_row {
  uint32_t stream = 0;
};

/// Rows of one stream that could not be delivered because of their own faults.
struct rejected_rows {
  /// The stream's key as far as it is known; empty otherwise.
  std::string stream;
  uint64_t rows = 0;
};

/// Rows that were dropped since the catalog does not have their stream, but one
/// with almost the same name, or a near one.
struct misnamed_rows {
  stream_id sent;
  /// The streams of the table that may be meant.
  std::vector<uint32_t> streams;
  /// The difference between the names, in words.
  std::string_view difference;
  uint64_t rows = 0;
  /// The name may well be another stream's, see `stream_guess`.
  bool may_be_another = false;
};

/// The content of a slab, in its order.
struct parsed_slab {
  uint64_t number = 0;
  uint64_t lines = 0;
  uint64_t bytes = 0;
  using item = std::variant<row_batch, message, line_report, withheld_row>;
  /// Never record_message, and no log_message: those are in `logs`. Rows stand
  /// before the states and traces that followed them.
  std::vector<item> items;
  /// The number of lines that were not delivered, by reason, also of those that
  /// `items` does not report because there were too many.
  std::array<uint64_t, line_fault_count> faults = {};
  /// The number of these that stood behind another one in the same line.
  uint64_t faults_in_same_line = 0;
  /// The rejected rows of the catalog's streams, and those that may have been.
  std::vector<rejected_rows> rejected;
  std::vector<misnamed_rows> misnamed;
  /// The number of apparent messages that could not be read, by kind. Each
  /// RECORD of them is in `rejected`, too.
  std::array<uint64_t, message_kind_count> unreadable = {};
  /// Messages that stood behind or inside other text, and were taken.
  uint64_t found_in_text = 0;
  /// The beginnings of CONTROLs that could not be read. They may hold secrets,
  /// which must be masked like those of readable ones.
  std::vector<std::string> unread_configs;
  /// May be null.
  std::shared_ptr<log_batch> logs;
  /// The lines of text at its start, which may continue earlier slabs.
  leading_lines lead;
  /// The share of the messages among `items`, held until they are handled.
  window_share share;
};

using parsed_slab_ptr = std::shared_ptr<parsed_slab>;

/// The settings of a parser.
struct slab_parser_settings {
  /// The index of a stream is its `row_batch::stream`.
  std::vector<stream_id> streams = {};
  size_t max_line_bytes = 64u << 20;
  /// Longer rows are rejected; without the newline.
  size_t max_row_bytes = SIZE_MAX;
  /// The folders of files of rows; null: the destination takes none, and rows
  /// that have one are rejected.
  staging_area_ptr staging = nullptr;
  /// The columns that each row gets at its end.
  row_tail_settings tail = {};
  /// The only columns of each stream that are delivered, as `column_filter` has
  /// them.
  std::vector<std::vector<std::string>> columns = {};
  /// Log lines below this level are dropped.
  log_level min_level = log_level::info;
  /// The window in which rows and logs have shares; may be null.
  byte_window_ptr window = nullptr;
};

/// The level that the next line of text gets if it names none, and whether that
/// line may be shown, by the lines of text before it.
struct text_context {
  log_line_levels levels;
  withheld_lines withheld = {};
};

/// Turns slabs into rows by stream, messages, logs and reports. Not
/// thread-safe; any number of parsers may share the settings.
class slab_parser {
public:
  /// The most lines of one reason that are reported in full for each slab.
  static constexpr uint64_t reports_per_reason = 10;

  /// Throws std::bad_alloc.
  explicit slab_parser(slab_parser_settings settings);
  ~slab_parser();
  slab_parser(const slab_parser&) = delete;
  slab_parser& operator=(const slab_parser&) = delete;

  /// Parses a slab of a connector's stdout: Airbyte messages, and lines of
  /// text.
  parsed_slab_ptr parse(const slab& input);

  /// Parses a slab of a connector's stderr: lines of text.
  /// @param so_far What the lines before it told; updated by this slab's.
  static log_batch_ptr parse_text(const slab& input,
                                  const byte_window_ptr& window,
                                  text_context& so_far);

private:
  class implementation;

  std::unique_ptr<implementation> impl_;
};

} // namespace motorcade
