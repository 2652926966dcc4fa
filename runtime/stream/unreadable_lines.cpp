#include "runtime/stream/unreadable_lines.hpp"

#include "runtime/log/line_excerpt.hpp"
#include "runtime/log/shown_text.hpp"
#include "runtime/log/stderr_log.hpp"
#include "schema/base/name_in_message.hpp"
#include "schema/base/utf8.hpp"
#include "schema/lines/broken_record.hpp"
#include "schema/lines/loose_value.hpp"
#include "schema/log/log_text.hpp"

#include <algorithm>
#include <utility>

namespace motorcade {

namespace {

/// The most names outside of the catalog that are kept.
constexpr size_t most_names = 1000;

/// @returns what a broken TRACE ERROR says, as far as a message may show it.
/// @param is_head There was more of the line behind it.
std::string said_in(std::string_view broken, bool is_head) {
  constexpr size_t longest_said = 4000;
  const auto found = guess_error_text(broken);
  const auto masked = clean_and_mask(found.text);
  const auto cut = found.cut || (is_head && !found.closed);
  return std::string{
      cut_bytes(cut ? without_doubtful_end(masked) : masked, longest_said)};
}

/// The first message of a text, read or not.
struct first_message : span_handler {
  void on_text(std::string_view) override {}

  void on_found(std::string_view, message&& content) override {
    if (!kind)
      kind = kind_of(content);
  }

  void on_unreadable(std::string_view,
                     const unreadable_message& what) override {
    if (!kind)
      kind = what.kind;
  }

  std::optional<message_kind> kind;
};

} // namespace

message_kind kind_of(const message& content) {
  if (std::holds_alternative<record_message>(content))
    return message_kind::record;
  if (std::holds_alternative<state_message>(content))
    return message_kind::state;
  if (std::holds_alternative<control_message>(content))
    return message_kind::control;
  if (std::holds_alternative<log_message>(content))
    return message_kind::log;
  if (const auto* document = std::get_if<document_message>(&content))
    return find_message_kind(document->type).value_or(message_kind::unknown);
  if (const auto* unknown = std::get_if<unknown_message>(&content))
    return unknown->type.starts_with("CONTROL") ? message_kind::control
                                                : message_kind::trace;
  return message_kind::trace;
}

unreadable_lines::unreadable_lines(std::vector<stream_id> catalog)
    : guesses_{std::move(catalog)} {}

void unreadable_lines::begin(parsed_slab& out, uint64_t offset) {
  out_ = &out;
  offset_ = offset;
  last_line_.reset();
  rest_line_.reset();
}

void unreadable_lines::end() {
  std::array<bool, line_fault_count + 1> told = {};
  auto& items = out_->items;
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    auto* report = std::get_if<line_report>(&*item);
    if (report == nullptr)
      continue;
    auto reason = static_cast<size_t>(report->reason);
    auto& done = told.at(report->taken ? line_fault_count : reason);
    auto count = report->taken ? out_->found_in_text : out_->faults[reason];
    if (!std::exchange(done, true) && count > slab_parser::reports_per_reason)
      report->left_out = count - slab_parser::reports_per_reason;
  }
}

bool unreadable_lines::is_alike(const stream_id& id) {
  const auto& near = guesses_.find(id);
  return !near.streams.empty() && !near.may_be_another;
}

bool unreadable_lines::is_of_other_stream(std::string_view broken,
                                          stream_id& id) {
  auto named = read_stream_of_broken_record(broken);
  if (!named)
    return false;
  id = std::move(*named);
  return std::none_of(
             guesses_.catalog().begin(), guesses_.catalog().end(),
             [&](const stream_id& each) { return each.name == id.name; })
         && !is_alike(id) && !is_alike({"", id.name});
}

void unreadable_lines::add_unreadable(line_position where,
                                      std::string_view line,
                                      std::string_view span,
                                      const unreadable_message& what,
                                      uint64_t line_bytes) {
  if (what.is_rest && rest_line_ == where.index)
    return;
  if (what.fault.offset >= line.size())
    rest_line_ = where.index + 1;
  line_report told;
  if (stream_id other;
      what.kind == message_kind::record && is_of_other_stream(span, other)) {
    told.reason = line_fault::unknown_stream;
    told.column = what.fault.offset;
    told.line_bytes = line_bytes;
    told.what = "the catalog has no such stream, and the row cannot be read: "
                + what.fault.what;
    told.kind = what.kind;
    told.stream = short_key(other);
    add_misnamed(other);
    report(where, line, std::move(told));
    return;
  }
  ++out_->unreadable[static_cast<size_t>(what.kind)];
  told.reason = what.fault.reason;
  told.column = what.fault.offset;
  told.line_bytes = line_bytes;
  told.what = what.fault.what;
  told.kind = what.kind;
  if (what.kind == message_kind::record || what.kind == message_kind::state)
    told.stream = name_of(span);
  if (what.kind == message_kind::record)
    reject(told.stream);
  if (what.kind == message_kind::trace)
    told.said = said_in(span, line_bytes > line.size());
  report(where, line, std::move(told));
}

void unreadable_lines::add_row(line_position where, std::string_view line,
                               const record_message& record, json_fault what) {
  stream_id id{decode_json_string(record.stream_namespace),
               decode_json_string(record.stream)};
  line_report told;
  told.reason = what.reason;
  told.column = what.offset;
  told.line_bytes = line.size();
  told.what = std::move(what.what);
  told.kind = message_kind::record;
  if (what.reason == line_fault::unknown_stream) {
    told.stream = short_key(id);
    add_misnamed(id);
    // All rows of a stream may be such, so beyond a number they are only
    // counted.
    if (out_->faults[static_cast<size_t>(what.reason)]
        >= slab_parser::reports_per_reason) {
      count(what.reason, where);
      return;
    }
    if (const auto& near = guesses_.find(id); !near.streams.empty())
      told.what += "; perhaps "
                   + name_in_message(guesses_.catalog()[near.streams[0]])
                   + " is meant: " + std::string{near.difference};
  } else {
    told.stream = id.key();
    reject(told.stream);
  }
  report(where, line, std::move(told));
}

void unreadable_lines::add_long_line(line_position where, std::string_view head,
                                     std::optional<message_kind> behind,
                                     uint64_t line_bytes,
                                     const json_fault& fault) {
  first_message first;
  find_messages(head, first);
  if (first.kind && *first.kind != message_kind::log) {
    add_unreadable(where, head, head, {*first.kind, fault}, line_bytes);
    return;
  }
  if (behind) {
    add_unreadable(where, head, {},
                   {*behind,
                    {fault.reason, fault.offset,
                     fault.what
                         + ", among them what seems to be a message; let the "
                           "connector print each on a line of its own, or "
                           "raise MAX_LINE_BYTES"}},
                   line_bytes);
    return;
  }
  line_report told;
  told.reason = fault.reason;
  told.column = fault.offset;
  told.line_bytes = line_bytes;
  told.what = fault.what;
  told.kind = message_kind::log;
  report(where, head, std::move(told));
}

void unreadable_lines::add_found(line_position where, std::string_view line,
                                 std::string_view span, message_kind kind) {
  if (out_->found_in_text++ >= slab_parser::reports_per_reason)
    return;
  auto column = static_cast<uint64_t>(span.data() - line.data());
  line_report told;
  told.line = where.index;
  told.offset = offset_ + where.offset + column;
  told.column = column;
  told.line_bytes = line.size();
  told.kind = kind;
  told.taken = true;
  out_->items.emplace_back(std::move(told));
}

uint64_t unreadable_lines::count(line_fault reason, line_position where) {
  out_->faults_in_same_line += last_line_ == where.index;
  last_line_ = where.index;
  return out_->faults[static_cast<size_t>(reason)]++;
}

void unreadable_lines::report(line_position where, std::string_view line,
                              line_report told) {
  if (count(told.reason, where) >= slab_parser::reports_per_reason)
    return;
  told.column = std::min<uint64_t>(told.column, told.line_bytes);
  told.line = where.index;
  told.offset = offset_ + where.offset + told.column;
  told.excerpt = make_line_excerpt(line, told.column, told.line_bytes);
  out_->items.emplace_back(std::move(told));
}

void unreadable_lines::reject(const std::string& stream) {
  auto& rejected = out_->rejected;
  auto known =
      std::find_if(rejected.begin(), rejected.end(),
                   [&](const auto& entry) { return entry.stream == stream; });
  if (known != rejected.end())
    ++known->rows;
  else if (rejected.size() < most_names)
    rejected.push_back({stream, 1});
  else
    ++rejected.front().rows;
}

void unreadable_lines::add_misnamed(const stream_id& sent) {
  const auto& near = guesses_.find(sent);
  if (near.streams.empty())
    return;
  auto& all = out_->misnamed;
  auto known = std::find_if(all.begin(), all.end(), [&](const auto& entry) {
    return entry.sent == sent;
  });
  if (known != all.end()) {
    ++known->rows;
    return;
  }
  misnamed_rows entry{sent, {}, near.difference, 1, near.may_be_another};
  for (auto i : near.streams)
    entry.streams.push_back(static_cast<uint32_t>(i));
  all.push_back(std::move(entry));
}

std::string unreadable_lines::name_of(std::string_view broken) {
  auto names = guess_stream_names(broken);
  for (const auto& name : names)
    if (std::find(guesses_.catalog().begin(), guesses_.catalog().end(), name)
        != guesses_.catalog().end())
      return name.key();
  for (const auto& name : names)
    if (const auto& near = guesses_.find(name);
        near.streams.size() == 1 && !near.may_be_another)
      return guesses_.catalog()[near.streams[0]].key();
  return names.empty() ? std::string{} : names[0].key();
}

} // namespace motorcade
