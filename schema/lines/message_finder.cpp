#include "schema/lines/message_finder.hpp"

#include "schema/base/npos.hpp"
#include "schema/base/trim.hpp"
#include "schema/json/json_view.hpp"
#include "schema/lines/loose_message.hpp"
#include "schema/lines/message_likeness.hpp"
#include "schema/lines/message_opening.hpp"

#include <algorithm>
#include <string>

namespace motorcade {

namespace {

/// @returns whether a text has nothing that messages in any notation have.
bool is_prose(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    return c == '"' || c == '\'' || c == '{' || c == '[' || c == '='
           || c == '\\' || c == '%' || c == '&' || c == '`' || c == '\0'
           || static_cast<unsigned char>(c) >= 0x80;
  });
}

bool is_blank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), is_json_blank);
}

/// @returns whether a message that is broken leaves no doubt about the data.
bool is_harmless(message_kind kind, std::string_view span) {
  if (kind == message_kind::log)
    return true;
  if (kind != message_kind::trace)
    return false;
  auto trace = json_view{span}.find("trace");
  auto type = trace ? trace->find("type") : std::nullopt;
  return type && (type->text() == "ESTIMATE" || type->text() == "ANALYTICS");
}

/// @returns whether a message that was read is one that the protocol knows.
bool is_known(const message& content) {
  const auto* unknown = std::get_if<unknown_message>(&content);
  return unknown == nullptr || unknown->type.starts_with("TRACE ")
         || unknown->type.starts_with("CONTROL ");
}

class finder {
public:
  finder(std::string_view line, span_handler& handler)
      : line_{line}, opening_{line}, handler_{handler} {}

  void run() {
    for (size_t at = next_opening(0); at != npos; at = next_opening(at))
      at = line_[at] == '{' ? visit_object(at) : visit_printed(at);
    end_open_span(line_.size());
  }

private:
  static constexpr size_t unknown = npos - 1;

  /// The kind of the broken part before the current place.
  enum class broken : uint8_t {
    no,
    /// An object that is no message, or a LOG.
    text,
    /// A message.
    message,
  };

  /// @returns the next place where a message could begin.
  size_t next_opening(size_t from) {
    // Each is searched for again only if it was passed.
    auto move_to = [&](size_t& place, std::string_view what) {
      if (place == unknown || (place != npos && place < from))
        place = line_.find(what, from);
    };
    move_to(next_brace_, "{");
    move_to(next_type_, "type=");
    return std::min(next_brace_, next_type_);
  }

  /// @returns where to look on, as the other visits do.
  size_t visit_printed(size_t at) {
    auto kind = judge_printed_object(opening_, at);
    if (kind && *kind != message_kind::log) {
      begin_unreadable(at, *kind,
                       {line_fault::malformed_json, at,
                        "a message printed as its program's own object, not "
                        "as JSON"});
      before_ = broken::message;
    }
    return at + 1;
  }

  size_t visit_object(size_t at) {
    auto object = read_json_value(line_, at);
    return object.fault ? visit_broken(at, object) : visit_whole(at, object);
  }

  size_t visit_whole(size_t at, const json_extent& object) {
    auto span = line_.substr(at, object.end - at);
    auto read = parse_message(span);
    json_fault fault{line_fault::wrong_type, 0, ""};
    if (auto* content = std::get_if<message>(&read)) {
      if (is_known(*content)) {
        if (stands_as_value(at))
          count_inner(at, kind_of(span));
        else
          emit_message(at, object.end, std::move(*content));
        return object.end;
      }
    } else {
      fault = std::get<json_fault>(std::move(read));
      fault.offset += at;
    }
    auto alone =
        is_blank(line_.substr(object.end)) && is_blank(line_.substr(0, at));
    auto kind = judge_whole_object(span, alone);
    auto begin = at;
    if (!kind && before_ == broken::no)
      kind = judge_fragment(line_, at, object, begin);
    if (!kind || is_harmless(*kind, span)) {
      if (before_ == broken::no && !follows_key(at)
          && !stands_before(object.end, '}'))
        pass(at, object.end);
      return object.end;
    }
    if (begin != at)
      fault = {line_fault::malformed_json, begin, "its beginning is missing"};
    else if (fault.what.empty())
      fault = {line_fault::wrong_type, at,
               "type must be written " + std::string{to_string(*kind)}};
    if (begin == at && stands_as_value(at)) {
      count_inner(at, *kind);
    } else {
      begin_unreadable(begin, *kind, std::move(fault), begin != at);
      end_open_span(object.end);
    }
    return object.end;
  }

  size_t visit_broken(size_t at, const json_extent& object) {
    // A message that runs into a string of this object ends the string:
    // `"abc{"type"`.
    auto intruder = find_intruder(at, object);
    auto limit = intruder != npos ? intruder : object.fault->offset;
    auto kind = judge_object(opening_, at, object, limit);
    auto begin = at;
    if (!kind && object.members.empty())
      kind = judge_other_style(at);
    if (!kind && before_ == broken::no)
      kind = judge_fragment(line_, at, object, begin);
    auto inner = begin == at && stands_as_value(at);
    if (kind && *kind != message_kind::log) {
      if (inner)
        count_inner(at, *kind);
      else
        begin_unreadable(begin, *kind, *object.fault, begin != at);
      before_ = broken::message;
    } else {
      if (kind || !object.members.empty())
        before_ = std::max(before_, broken::text);
      if (kind || (is_log_object(object) && !follows_key(at))) {
        // A message inside of the object's strings is data.
        pass(at, std::min(limit, object.fault->offset));
        loose_.ignore_escaped();
      }
      if (before_ != broken::message)
        count_values(at, std::min(limit, object.fault->offset));
    }
    if (intruder == npos)
      return std::max(object.fault->offset, at + 1);
    // A string that begins with an object may be data that was not escaped.
    (intruder - 1 > object.last_string ? intruder_ : unescaped_) = intruder;
    return intruder;
  }

  /// @returns the brace of a message whose first quote ended the last string.
  size_t find_intruder(size_t at, const json_extent& object) const {
    auto back = [&](size_t from) {
      while (from > at && is_json_blank(line_[from - 1]))
        --from;
      return from;
    };
    if (object.last_string == npos)
      return npos;
    auto end = back(object.fault->offset);
    if (end <= object.last_string + 1 || line_[end - 1] != '"')
      return npos;
    auto brace = back(end - 1);
    return brace > object.last_string + 1 && line_[brace - 1] == '{' ? brace - 1
                                                                     : npos;
  }

  std::optional<message_kind> judge_other_style(size_t at) const {
    auto next = at + 1;
    while (next < line_.size() && is_json_blank(line_[next]))
      ++next;
    // In the strings of a broken object escaped quotes are ordinary characters.
    if (before_ != broken::no && next < line_.size() && line_[next] == '\\')
      return std::nullopt;
    return judge_foreign_object(opening_, at);
  }

  /// @returns whether the place is that of a value within a broken object.
  bool stands_as_value(size_t at) const {
    if (before_ == broken::no || at == intruder_ || at == unescaped_)
      return before_ != broken::no && at == unescaped_;
    auto end = at;
    while (end > 0 && is_json_blank(line_[end - 1]))
      --end;
    if (end == 0)
      return false;
    auto c = line_[end - 1];
    return c == ':' || c == ',' || c == '[';
  }

  /// @returns whether a key in quotes stands before the place, as if the head
  /// of an object is lost.
  bool follows_key(size_t at) const {
    auto back = [this](size_t from) {
      while (from > 0 && is_json_blank(line_[from - 1]))
        --from;
      return from;
    };
    auto end = back(at);
    if (end == 0 || line_[end - 1] != ':')
      return false;
    end = back(end - 1);
    return end > 0 && line_[end - 1] == '"';
  }

  bool stands_before(size_t at, char c) const {
    while (at < line_.size() && is_json_blank(line_[at]))
      ++at;
    return at < line_.size() && line_[at] == c;
  }

  /// Counts apparent messages among the values of a broken object that is no
  /// message itself.
  /// @param end The object is valid up to there, so that quotes tell what is a
  /// string.
  void count_values(size_t at, size_t end) {
    auto in_string = false;
    for (auto i = at + 1; i < end; ++i) {
      if (line_[i] == '\\')
        ++i;
      else if (line_[i] == '"')
        in_string = !in_string;
      else if (line_[i] == '{' && !in_string && looks_like_type(i))
        if (auto kind = judge_foreign_object(opening_, i);
            kind && *kind != message_kind::log) {
          count_inner(i, *kind);
          before_ = broken::message;
          return;
        }
    }
  }

  bool looks_like_type(size_t at) const {
    ++at;
    while (at < line_.size() && is_json_blank(line_[at]))
      ++at;
    return line_.substr(at).starts_with("\"type\"");
  }

  /// Counts a message that may be data of the broken one around it, once, if
  /// that one is not counted itself.
  void count_inner(size_t at, message_kind kind) {
    if (before_ == broken::message || kind == message_kind::log)
      return;
    begin_unreadable(at, kind,
                     {line_fault::malformed_json, at,
                      "it stands inside of a broken JSON object"});
    before_ = broken::message;
  }

  static message_kind kind_of(std::string_view span) {
    return find_message_kind(json_view{span}.text_at("type"))
        .value_or(message_kind::log);
  }

  // -- the spans --------------------------------------------------------------

  void begin_unreadable(size_t at, message_kind kind, json_fault fault,
                        bool is_rest = false) {
    end_open_span(at);
    fault.offset = std::min(fault.offset, line_.size());
    open_ = {kind, std::move(fault), is_rest};
    is_open_ = true;
  }

  void emit_message(size_t at, size_t end, message&& content) {
    end_open_span(at);
    handler_.on_found(line_.substr(at, end - at), std::move(content));
    begin_span(end);
  }

  /// Passes a part as text, in which no message is looked for.
  void pass(size_t begin, size_t end) {
    read_loosely(begin);
    passed_ = std::max(passed_, end);
  }

  void read_loosely(size_t end) {
    if (passed_ < end) {
      auto piece = line_.substr(passed_, end - passed_);
      if (!is_prose(piece))
        loose_.read(piece, passed_);
    }
    passed_ = std::max(passed_, end);
  }

  /// Hands over what lies before `end`.
  void end_open_span(size_t end) {
    if (is_open_)
      handler_.on_unreadable(line_.substr(from_, end - std::min(end, from_)),
                             open_);
    else
      end_text(end);
    is_open_ = false;
    begin_span(std::max(from_, end));
  }

  void end_text(size_t end) {
    read_loosely(end);
    if (auto rest = loose_.end()) {
      hand_text(rest->begin);
      handler_.on_unreadable(line_.substr(from_, end - from_),
                             {rest->kind,
                              {line_fault::malformed_json, rest->begin,
                               "parts of a message, not JSON as a whole"},
                              rest->is_rest});
    } else {
      hand_text(end);
    }
  }

  void hand_text(size_t end) {
    if (end > from_)
      handler_.on_text(line_.substr(from_, end - from_));
    from_ = std::max(from_, end);
  }

  void begin_span(size_t at) {
    from_ = passed_ = at;
    loose_ = {};
  }

  std::string_view line_;
  opening_line opening_;
  span_handler& handler_;
  /// The start of the span that is not handed over yet.
  size_t from_ = 0;
  /// The unreadable message that begins there.
  unreadable_message open_;
  bool is_open_ = false;
  /// Looks through the text since then for what is left of a message.
  loose_message loose_;
  size_t passed_ = 0;
  broken before_ = broken::no;
  /// The brace of a message that runs into a string of a broken object.
  size_t intruder_ = npos;
  /// The brace at the start of such a string.
  size_t unescaped_ = npos;
  size_t next_brace_ = unknown;
  size_t next_type_ = unknown;
};

} // namespace

void find_messages(std::string_view line, span_handler& handler) {
  finder{line, handler}.run();
}

void find_messages_in_object(std::string_view line, span_handler& handler) {
  const auto object = json_view{line}.raw();
  const auto kind = judge_whole_object(object, true);
  if (!kind || is_harmless(*kind, object))
    handler.on_text(line);
  else
    find_messages(line, handler);
}

} // namespace motorcade
