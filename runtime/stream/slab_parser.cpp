#include "runtime/stream/slab_parser.hpp"

#include "runtime/files/table_place.hpp"
#include "runtime/log/shown_text.hpp"
#include "runtime/stream/column_filter.hpp"
#include "runtime/stream/open_rows.hpp"
#include "runtime/stream/slab_reader.hpp"
#include "runtime/stream/stream_index.hpp"
#include "runtime/stream/unreadable_lines.hpp"
#include "schema/base/trim.hpp"
#include "schema/lines/loose_message.hpp"
#include "schema/lines/spread_message.hpp"
#include "schema/log/log_text.hpp"
#include "schema/secrets/secret_text.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace motorcade {

namespace {

/// @returns whether the text has more than white space, commas, brackets and a
/// byte order mark.
bool says_something(std::string_view text) {
  return text.find_first_not_of(" \t\r\n,[]\xEF\xBB\xBF")
         != std::string_view::npos;
}

} // namespace

class slab_parser::implementation : public line_handler {
public:
  explicit implementation(slab_parser_settings settings)
      : settings_{std::move(settings)},
        lines_{settings_.max_line_bytes},
        unread_{settings_.streams},
        streams_{settings_.streams},
        open_(settings_.streams.size()),
        tail_{settings_.tail},
        filter_{settings_.columns} {}

  parsed_slab_ptr parse(const slab& input) {
    out_ = std::make_shared<parsed_slab>();
    out_->number = input.number();
    slab_ = &input;
    unread_.begin(*out_, input.offset());
    levels_ = log_line_levels{log_level::info};
    spread_ = {};
    withheld_ = {};
    if (input.long_line_bytes() > 0) {
      out_->lines = 1;
      out_->bytes = input.long_line_bytes() + 1;
      unread_.add_long_line(
          {0, 0}, input.text(), input.long_line_kind(), input.long_line_bytes(),
          {line_fault::line_too_long, settings_.max_line_bytes,
           std::to_string(input.long_line_bytes()) + " bytes"});
    } else {
      tail_.begin();
      out_->bytes = input.text().size();
      out_->lines = lines_.parse(input.text(), *this);
      flush_rows();
    }
    unread_.end();
    share_messages();
    auto& lead = out_->lead;
    lead.at_end = withheld_;
    if (!lead.empty())
      lead.share = window_share{settings_.window, lead.bytes()};
    if (logs_) {
      logs_->head = levels_.head();
      logs_->share = window_share{settings_.window, logs_->bytes()};
      out_->logs = std::move(logs_);
    }
    return std::move(out_);
  }

  void on_record(line_position where, const record_message& record) override {
    end_text_context();
    auto stream = streams_.find(record.stream, record.stream_namespace);
    if (stream == stream_index::unknown) {
      report_row(where, record, line_fault::unknown_stream,
                 "the catalog has no such stream");
      return;
    }
    const auto own_tail = tail_.differs();
    if (own_tail)
      tail_.make(stream, record);
    const auto filtered = filter_.applies_to(stream);
    if (filtered) {
      filtered_.clear();
      filter_.append(stream, record.data, filtered_);
    }
    const auto row = filtered ? std::string_view{filtered_} : record.data;
    auto length = row.size() + tail_.text().size();
    if (length > settings_.max_row_bytes) {
      report_row(where, record, line_fault::row_too_long,
                 "the row has " + std::to_string(length)
                     + " bytes, the destination takes "
                     + std::to_string(settings_.max_row_bytes));
      return;
    }
    auto& rows = open_[stream];
    if (!record.file_reference.empty()) {
      auto file = find_file(record);
      if (!file) {
        report_row(where, record, line_fault::file_not_delivered,
                   file.error().what);
        out_->items.emplace_back(withheld_row{stream});
        return;
      }
      rows.add_file(*std::move(file));
    }
    if (rows.empty())
      touched_.push_back(stream);
    if (filtered)
      rows.add_changed(row, record.data.size());
    else
      rows.add(row, slab_->text());
    if (own_tail)
      rows.add_tail(tail_.text());
  }

  void on_log(line_position where, log_level level,
              std::string_view text) override {
    add_log(where, level, text);
  }

  void on_message(line_position where, message&& content) override {
    if (auto* log = std::get_if<log_message>(&content)) {
      add_log(where, log->level, log->text);
      return;
    }
    if (const auto* other = std::get_if<unknown_message>(&content);
        other != nullptr && !other->type.starts_with("TRACE ")
        && !other->type.starts_with("CONTROL ")) {
      search_object(where, line_at(where));
      return;
    }
    end_text_context();
    // Rows that a state covers or a status ends must come before it.
    if (std::holds_alternative<state_message>(content)
        || std::holds_alternative<stream_status_trace>(content)
        || std::holds_alternative<error_trace>(content))
      flush_rows();
    ++messages_;
    out_->items.emplace_back(std::move(content));
  }

  void on_text(line_position where, std::string_view line) override {
    search(where, line);
  }

  void on_other_object(line_position where, std::string_view line,
                       const json_fault&) override {
    search_object(where, line);
  }

  void on_fault(line_position where, std::string_view line,
                const json_fault& fault) override {
    if (is_cut_opening(line)) {
      unread_.add_unreadable(where, line, line, {message_kind::unknown, fault},
                             line.size());
      return;
    }
    if (fault.reason != line_fault::line_too_long) {
      search(where, line);
      return;
    }
    unread_.add_long_line(where, line.substr(0, head_of_long_line),
                          begin_long_line(line).end_kind(), line.size(), fault);
  }

private:
  static constexpr size_t head_of_long_line = slab_reader::kept_of_long_line;
  static constexpr size_t longest_unread_config = 1 << 20;

  /// Takes the parts of a line that is not one message.
  struct part_taker : span_handler {
    part_taker(implementation& to, line_position place, std::string_view whole)
        : parser{to}, where{place}, line{whole} {}

    void on_text(std::string_view text) override {
      parser.add_text(where, line, text, is_object);
    }

    void on_found(std::string_view span, message&& content) override {
      parser.unread_.add_found(where, line, span, kind_of(content));
      if (auto* record = std::get_if<record_message>(&content))
        parser.on_record(where, *record);
      else
        parser.on_message(where, std::move(content));
    }

    void on_unreadable(std::string_view span,
                       const unreadable_message& what) override {
      auto whole = what.fault.reason == line_fault::missing_field
                   || what.fault.reason == line_fault::wrong_type;
      if (what.kind == message_kind::control)
        parser.out_->unread_configs.emplace_back(
            span.substr(0, longest_unread_config));
      // A part's first bracket is the message's own.
      if (what.kind == message_kind::control && !whole
          && parser.withheld_.begin(span, 1))
        parser.out_->lead.end();
      parser.unread_.add_unreadable(where, line, span, what, line.size());
    }

    implementation& parser;
    line_position where;
    std::string_view line;
    /// The line is a valid JSON object.
    bool is_object = false;
  };

  /// @returns whether the text ends with this line, without a newline and
  /// within the line's first key: any message may begin so.
  bool is_cut_opening(std::string_view line) const {
    const auto text = slab_->text();
    if (line.data() + line.size() != text.data() + text.size())
      return false;
    const auto key = trim(line.substr(line.find('{') + 1), " \t\r");
    return key.empty() || (key.front() == '"' && key.find('"', 1) == key.npos);
  }

  /// Reads a line that is not, as a whole, a message.
  void search(line_position where, std::string_view line) {
    part_taker parts{*this, where, line};
    find_messages(line, parts);
  }

  /// The same as `search`, for a valid JSON object.
  void search_object(line_position where, std::string_view line) {
    part_taker parts{*this, where, line};
    parts.is_object = true;
    find_messages_in_object(line, parts);
  }

  std::string_view line_at(line_position where) const {
    auto text = slab_->text();
    return text.substr(where.offset,
                       text.find('\n', where.offset) - where.offset);
  }

  /// @returns the row's file, if it is there and can be delivered.
  result<staged_file> find_file(const record_message& record) const {
    if (!settings_.staging)
      return failure{ec::invalid_argument,
                     "the row comes with a file, and the destination takes "
                     "none: read the stream without its files, or into a "
                     "destination of files (BULKER_URL=file:///…)"};
    auto file = parse_file_reference(record.file_reference);
    if (!file)
      return file;
    if (file_place_of(file->relative_path).size() > longest_file_place)
      return failure{ec::invalid_argument,
                     "source_file_relative_path is too long for a file's path"};
    auto open = settings_.staging->open(*file);
    if (!open)
      return open.error();
    return file;
  }

  void flush_rows() {
    const auto tail = tail_.differs() ? std::string_view{} : tail_.text();
    for (auto stream : touched_) {
      auto& rows = open_[stream];
      const auto bytes = rows.bytes();
      out_->items.emplace_back(row_batch{
          stream, rows.take(slab_->text(), tail, settings_.window), bytes});
      row_bytes_ += bytes;
    }
    touched_.clear();
  }

  /// Gives the messages of the slab their share of the window: at most all of
  /// its text but for the rows, which have shares of their own.
  void share_messages() {
    const auto messages = std::exchange(messages_, 0);
    const auto rows = std::exchange(row_bytes_, 0);
    const auto text = slab_->text().size();
    if (messages > 0)
      out_->share =
          window_share{settings_.window, messages * sizeof(parsed_slab::item)
                                             + text - std::min(rows, text)};
  }

  void add_log(line_position where, log_level level, std::string_view text) {
    levels_.note(level);
    end_text_context();
    if (level < settings_.min_level)
      return;
    auto read_at = slab_->read_at(where.offset);
    std::string clean;
    // An escape sequence, of 7 or of 8 bits, may stand within a key.
    if (text.find('\x1b') != std::string_view::npos
        || text.find('\xC2') != std::string_view::npos)
      text = clean = clean_log_text(text);
    auto config = find_connector_config(text);
    if (config == std::string_view::npos)
      logs().add(level, text, read_at);
    else
      logs().add(level, hide_secrets_of_text(text, config, true), read_at);
  }

  /// Notes that a message came.
  void end_text_context() {
    withheld_.end();
    out_->lead.end();
  }

  log_batch& logs() {
    if (!logs_)
      logs_ = std::make_shared<log_batch>();
    return *logs_;
  }

  /// @param text The line, or what of it stands around messages.
  /// @param is_object The line is a valid JSON object.
  void add_text(line_position where, std::string_view line,
                std::string_view text, bool is_object) {
    auto whole = text.size() == line.size();
    if (!whole && !says_something(text))
      return;
    if (auto kind = whole ? spread_.next(where.index, line) : std::nullopt)
      unread_.add_unreadable(where, line, line,
                             {*kind,
                              {line_fault::malformed_json, 0,
                               "a message spread over several lines"}},
                             line.size());
    text = trim_right(text);
    // The indentation of a line tells what it continues; that of a part tells
    // nothing.
    if (!whole)
      text.remove_prefix(text.find_first_not_of(" \t"));
    auto head = head_of_line(text, text.size());
    if (trim_right(head.text).empty())
      return;
    // A line that was cut or cleaned may not be valid JSON any more.
    auto [level, continues] =
        is_object && whole && head.text == text
            ? levels_.next_object(head.text)
            : levels_.next(head.text, slab_->behind(line));
    auto kept = continues || level >= settings_.min_level;
    out_->lead.add({head.text, !whole, head.more,
                    kept ? logs().size() : leading_lines::not_kept});
    auto shown = shown_text(std::move(head), withheld_, !whole);
    if (!kept)
      return;
    auto& batch = logs();
    batch.continued += continues && batch.continued == batch.size();
    batch.add(level, shown, slab_->read_at(where.offset));
  }

  void report_row(line_position where, const record_message& record,
                  line_fault reason, std::string what) {
    auto column = static_cast<size_t>(record.data.data() - slab_->text().data())
                  - where.offset;
    unread_.add_row(where, line_at(where), record,
                    {reason, column, std::move(what)});
  }

  slab_parser_settings settings_;
  line_parser lines_;
  unreadable_lines unread_;
  log_line_levels levels_{log_level::info};
  spread_message spread_;
  withheld_lines withheld_;
  stream_index streams_;
  std::vector<open_rows> open_;
  std::vector<uint32_t> touched_;
  row_tail tail_;
  column_filter filter_;
  /// The last row of which columns were left out.
  std::string filtered_;
  const slab* slab_ = nullptr;
  size_t messages_ = 0;
  size_t row_bytes_ = 0;
  parsed_slab_ptr out_;
  std::shared_ptr<log_batch> logs_;
};

slab_parser::slab_parser(slab_parser_settings settings)
    : impl_{std::make_unique<implementation>(std::move(settings))} {}

slab_parser::~slab_parser() = default;

parsed_slab_ptr slab_parser::parse(const slab& input) {
  return impl_->parse(input);
}

} // namespace motorcade
