#pragma once

#include "schema/lines/message.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace motorcade {

/// The place of a line in the text that is being parsed.
struct line_position {
  /// Counted from 0 within the text; blank lines count.
  uint64_t index;
  /// The offset of the line's first byte within the text.
  size_t offset;
};

/// Receives what a text consists of, line by line, in order. Every line that is
/// not blank leads to exactly one call. Views live as long as the text.
class line_handler {
public:
  virtual ~line_handler() = default;

  /// Takes a valid RECORD.
  virtual void on_record(line_position where, const record_message& record) = 0;

  /// Takes a LOG whose text needs no decoding; others come as messages.
  virtual void on_log(line_position where, log_level level,
                      std::string_view text) {
    on_message(where, log_message{level, std::string{text}});
  }

  /// Takes any other message, never a record_message.
  virtual void on_message(line_position where, message&& content) = 0;

  /// Takes a line that is a valid JSON object, whole and by itself, and no
  /// message: most often one of another program's log.
  /// @param fault As `on_fault` has it.
  virtual void on_other_object(line_position where, std::string_view line,
                               const json_fault& fault) {
    on_fault(where, line, fault);
  }

  /// Takes a line that is no JSON object.
  virtual void on_text(line_position where, std::string_view line) = 0;

  /// Takes a line that begins like a JSON object and is not a message.
  /// @param fault Its offset is counted from the start of the line.
  virtual void on_fault(line_position where, std::string_view line,
                        const json_fault& fault) = 0;
};

/// Cuts text into lines, validates each completely and reads the messages.
///
/// simdjson's first stage finds the structural characters of the whole text at
/// once and validates UTF-8; a walk over them validates the grammar and notes
/// where a record's fields lie. Lines that this refuses, and those of more than
/// `fast_bytes`, are read by `check_json`, which finds exactly the same lines
/// valid and can say what is wrong with the others.
class line_parser {
public:
  /// Bytes that must be readable behind the text.
  static constexpr size_t padding = 64;

  /// The longest text or line that the fast way takes, so that the index of it
  /// takes 4 bytes for each byte at most.
  static constexpr size_t fast_bytes = 4u << 20;

  /// @param max_line_bytes Longer lines are reported, not read.
  explicit line_parser(size_t max_line_bytes = SIZE_MAX);
  ~line_parser();
  line_parser(line_parser&&) noexcept;
  line_parser& operator=(line_parser&&) noexcept;

  /// @param text Whole lines; the last may lack its newline. `padding` bytes
  /// behind it are readable and the first of them is no JSON character, e.g. 0.
  /// @returns the number of lines.
  uint64_t parse(std::string_view text, line_handler& handler);

private:
  class implementation;

  std::unique_ptr<implementation> impl_;
};

} // namespace motorcade
