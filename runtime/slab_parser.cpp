#include "runtime/slab_parser.hpp"

#include "runtime/clock.hpp"

#include <cstring>
#include <unordered_map>

namespace motorcade {

namespace {

/// Bytes of excerpt before and behind a fault.
constexpr size_t excerpt_before = 60;
constexpr size_t excerpt_behind = 60;

struct row_span {
  uint32_t offset;
  uint32_t length;
};

/// What is known of a stream's name as it stands in a line.
struct raw_key {
  std::string_view stream;
  std::string_view stream_namespace;

  friend bool operator==(const raw_key&, const raw_key&) = default;
};

struct raw_key_hash {
  size_t operator()(const raw_key& key) const noexcept {
    std::hash<std::string_view> h;
    return h(key.stream) * 31 + h(key.stream_namespace);
  }
};

/// The rows of one stream since the last message that they must precede.
struct open_rows {
  std::vector<row_span> spans;
  uint64_t bytes = 0;
};

/// Finds `"key" : "text"` in a line that may be no JSON at all.
/// @returns the text as it stands there, or nothing.
std::string guess_text(std::string_view line, std::string_view key) {
  auto quoted = "\"" + std::string{key} + "\"";
  auto at = line.find(quoted);
  if (at == std::string_view::npos)
    return {};
  at = line.find_first_not_of(" \t:", at + quoted.size());
  if (at == std::string_view::npos || line[at] != '"')
    return {};
  auto end = line.find('"', at + 1);
  if (end == std::string_view::npos || end - at > 256)
    return {};
  return to_clean_text(line.substr(at + 1, end - at - 1));
}

bool looks_like_record(std::string_view line) {
  return line.find("\"RECORD\"") != std::string_view::npos
         || line.find("\"record\"") != std::string_view::npos;
}

/// Stricter, for lines that are not even meant to be JSON: people write of
/// records, too.
bool holds_record(std::string_view line) {
  auto key = line.find("\"record\"");
  if (key != std::string_view::npos) {
    auto next = line.find_first_not_of(" \t:", key + 8);
    if (next != std::string_view::npos && line[next] == '{')
      return true;
  }
  return line.find("\"RECORD\"") != std::string_view::npos
         && line.find("\"type\"") != std::string_view::npos;
}

std::string make_excerpt(std::string_view line, size_t at) {
  // A broken message about a connector's config may show its secrets.
  if (line.find("onfig\"") != std::string_view::npos
      || line.find("CONTROL") != std::string_view::npos)
    return "(not shown: it may hold a connector's config)";
  at = std::min(at, line.size());
  auto begin = at > excerpt_before ? at - excerpt_before : 0;
  auto text = to_clean_text(line.substr(begin, at - begin + excerpt_behind));
  for (auto& c : text)
    if (static_cast<unsigned char>(c) < 0x20)
      c = ' ';
  return text;
}

} // namespace

void log_batch::add(log_level level, std::string_view text) {
  // A line of log is cut long before it could outgrow the index.
  constexpr size_t longest = 1u << 20;
  text_.append(text.substr(0, longest));
  entries_.push_back({static_cast<uint32_t>(text_.size()), level});
}

log_batch::entry log_batch::operator[](size_t i) const {
  auto begin = i == 0 ? 0 : entries_[i - 1].end;
  return {entries_[i].level,
          std::string_view{text_}.substr(begin, entries_[i].end - begin)};
}

class slab_parser::implementation : public line_handler {
public:
  explicit implementation(slab_parser_settings settings)
      : settings_{std::move(settings)},
        lines_{settings_.max_line_bytes},
        open_(settings_.streams.size()) {
    for (const auto& id : settings_.streams)
      keys_.emplace_back(id.key());
    for (uint32_t i = 0; i < keys_.size(); ++i)
      ids_.emplace(settings_.streams[i], i);
  }

  parsed_slab_ptr parse(const slab& input) {
    out_ = std::make_shared<parsed_slab>();
    out_->number = input.number();
    slab_ = &input;
    if (input.long_line_bytes() > 0) {
      out_->lines = 1;
      out_->bytes = input.long_line_bytes() + 1;
      report({0, 0}, input.text(), input.long_line_bytes(),
             {line_fault::line_too_long, settings_.max_line_bytes,
              std::to_string(input.long_line_bytes()) + " bytes"});
    } else {
      if (settings_.add_meta)
        meta_ =
            ",\"_jitsu_timestamp\":\"" + to_iso8601_millis(utc_now()) + "\"";
      out_->bytes = input.text().size();
      out_->lines = lines_.parse(input.text(), *this);
      flush_rows();
    }
    if (logs_) {
      logs_->time = utc_now();
      logs_->lease = window_lease{settings_.window, logs_->bytes()};
      out_->logs = std::move(logs_);
    }
    return std::move(out_);
  }

  void on_record(line_position where, const record_message& record) override {
    auto stream = find_stream(record);
    if (stream == unknown) {
      report_row(where, record, line_fault::unknown_stream,
                 "the catalog has no such stream");
      return;
    }
    auto length = record.data.size() + meta_.size();
    if (length > settings_.max_row_bytes) {
      report_row(where, record, line_fault::row_too_long,
                 "the row has " + std::to_string(length)
                     + " bytes, the destination takes "
                     + std::to_string(settings_.max_row_bytes));
      return;
    }
    auto& rows = open_[stream];
    if (rows.spans.empty())
      touched_.push_back(stream);
    rows.spans.push_back(
        {static_cast<uint32_t>(record.data.data() - slab_->text().data()),
         static_cast<uint32_t>(record.data.size())});
    rows.bytes += record.data.size();
  }

  void on_log(line_position, log_level level, std::string_view text) override {
    add_log(level, text);
  }

  void on_message(line_position, message&& content) override {
    if (auto* log = std::get_if<log_message>(&content)) {
      add_log(log->level, log->text);
      return;
    }
    // What a state covers and what a status ends comes before it.
    if (std::holds_alternative<state_message>(content)
        || std::holds_alternative<stream_status_trace>(content)
        || std::holds_alternative<error_trace>(content))
      flush_rows();
    out_->items.emplace_back(std::move(content));
  }

  void on_text(line_position where, std::string_view line) override {
    // Something was printed in front of a record, or its beginning is lost.
    if (holds_record(line.substr(0, slab_reader_head))) {
      report(where, line, line.size(),
             {line_fault::malformed_json, 0,
              "a record in the middle of a line of text"});
      return;
    }
    auto log = parse_text_line(line);
    add_log(log.level, log.text);
  }

  void on_fault(line_position where, std::string_view line,
                const json_fault& fault) override {
    report(where, line, line.size(), fault);
  }

private:
  static constexpr uint32_t unknown = UINT32_MAX;

  uint32_t find_stream(const record_message& record) {
    raw_key key{record.stream, record.stream_namespace};
    if (key == last_key_)
      return last_stream_;
    auto found = by_raw_key_.find(key);
    if (found == by_raw_key_.end())
      return look_up(key);
    // The key in the map outlives the slab.
    last_key_ = found->first;
    last_stream_ = found->second;
    return last_stream_;
  }

  uint32_t look_up(const raw_key& key) {
    auto id = ids_.find({decode_json_string(key.stream_namespace),
                         decode_json_string(key.stream)});
    if (id == ids_.end())
      return unknown;
    // Only spellings of known streams are kept, but one name has many.
    constexpr size_t most_spellings = 10'000;
    if (by_raw_key_.size() < most_spellings) {
      spellings_.push_back(std::make_unique<std::string>(
          std::string{key.stream} + std::string{key.stream_namespace}));
      std::string_view kept = *spellings_.back();
      by_raw_key_.emplace(raw_key{kept.substr(0, key.stream.size()),
                                  kept.substr(key.stream.size())},
                          id->second);
    }
    return id->second;
  }

  void flush_rows() {
    for (auto stream : touched_) {
      auto& rows = open_[stream];
      auto size = rows.bytes + rows.spans.size() * (1 + meta_.size());
      auto bytes = std::make_unique_for_overwrite<char[]>(size);
      auto* to = bytes.get();
      const auto* from = slab_->text().data();
      auto put = [&to](const char* data, size_t n) {
        std::memcpy(to, data, n);
        to += n;
      };
      for (auto span : rows.spans) {
        const auto* data = from + span.offset;
        if (meta_.empty()) {
          put(data, span.length);
        } else {
          // Before the closing brace; of two equal keys the last counts.
          auto length = span.length - 1;
          put(data, length);
          auto empty =
              std::string_view{data + 1, length - 1}.find_first_not_of(" \t\r")
              == std::string_view::npos;
          put(meta_.data() + (empty ? 1 : 0), meta_.size() - (empty ? 1 : 0));
          *to++ = '}';
        }
        *to++ = '\n';
      }
      size = static_cast<size_t>(to - bytes.get());
      out_->items.emplace_back(row_batch{
          stream,
          std::make_shared<const block>(std::move(bytes), size,
                                        rows.spans.size(),
                                        window_lease{settings_.window, size}),
          rows.bytes});
      rows.spans.clear();
      rows.bytes = 0;
    }
    touched_.clear();
  }

  void add_log(log_level level, std::string_view text) {
    if (level < settings_.min_level)
      return;
    if (!logs_)
      logs_ = std::make_shared<log_batch>();
    logs_->add(level, text);
  }

  void report_row(line_position where, const record_message& record,
                  line_fault reason, std::string what) {
    auto text = slab_->text();
    auto end = text.find('\n', where.offset);
    auto line = text.substr(where.offset, end - where.offset);
    stream_id id{decode_json_string(record.stream_namespace),
                 decode_json_string(record.stream)};
    report(
        where, line, line.size(),
        {reason,
         static_cast<size_t>(record.data.data() - text.data()) - where.offset,
         std::move(what)},
        to_clean_text(id.key()));
  }

  void report(line_position where, std::string_view line, uint64_t line_bytes,
              const json_fault& fault, std::string stream = {}) {
    auto& count = out_->faults[static_cast<size_t>(fault.reason)];
    ++count;
    // Only the beginning is searched: a flood of bad lines must not stop us.
    auto head = line.substr(0, slab_reader_head);
    auto row =
        fault.reason != line_fault::unknown_stream && looks_like_record(head);
    if (stream.empty() && row) {
      auto space = guess_text(head, "namespace");
      stream = stream_id{space, guess_text(head, "stream")}.key();
    }
    if (row)
      add_rejected(stream);
    else if (head.find("\"STATE\"") != std::string_view::npos)
      ++out_->lost_states;
    if (count > reports_per_reason)
      return;
    auto column = std::min<uint64_t>(fault.offset, line_bytes);
    out_->items.emplace_back(
        line_report{fault.reason, where.index,
                    slab_->offset() + where.offset + column, column, line_bytes,
                    fault.what, make_excerpt(line, column), std::move(stream)});
  }

  void add_rejected(const std::string& stream) {
    for (auto& entry : out_->rejected)
      if (entry.stream == stream) {
        ++entry.rows;
        return;
      }
    // A name that is not the catalog's is shown, but not without end.
    constexpr size_t most_names = 1000;
    if (out_->rejected.size() >= most_names)
      out_->rejected.front().rows += 1;
    else
      out_->rejected.push_back({stream, 1});
  }

  static constexpr size_t slab_reader_head = 4096;

  slab_parser_settings settings_;
  line_parser lines_;
  std::vector<std::string> keys_;
  std::unordered_map<stream_id, uint32_t> ids_;
  std::unordered_map<raw_key, uint32_t, raw_key_hash> by_raw_key_;
  std::vector<std::unique_ptr<std::string>> spellings_;
  raw_key last_key_ = {};
  uint32_t last_stream_ = unknown;
  std::vector<open_rows> open_;
  std::vector<uint32_t> touched_;
  std::string meta_;
  const slab* slab_ = nullptr;
  parsed_slab_ptr out_;
  std::shared_ptr<log_batch> logs_;
};

slab_parser::slab_parser(slab_parser_settings settings)
    : impl_{std::make_unique<implementation>(std::move(settings))} {}

slab_parser::~slab_parser() = default;

parsed_slab_ptr slab_parser::parse(const slab& input) {
  return impl_->parse(input);
}

log_batch_ptr slab_parser::parse_text(const slab& input,
                                      const byte_window_ptr& window) {
  auto batch = std::make_shared<log_batch>();
  auto text = input.text();
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    if (line.find_first_not_of(" \t\r") != std::string_view::npos) {
      auto log = parse_text_line(line);
      if (input.long_line_bytes() > 0)
        log.text += " … (cut: the line had "
                    + std::to_string(input.long_line_bytes()) + " bytes)";
      batch->add(log.level, log.text);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  batch->time = utc_now();
  batch->lease = window_lease{window, batch->bytes()};
  return batch;
}

} // namespace motorcade
