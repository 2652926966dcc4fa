#include "schema/json_outline.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace motorcade {

namespace {

using nlohmann::json;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// Skips digits from `at` on; false where there are none.
bool skip_digits(std::string_view text, size_t& at) {
  const auto start = at;
  while (at < text.size() && is_digit(text[at]))
    ++at;
  return at > start;
}

/// RFC 8259, section 6.
bool is_number(std::string_view text) {
  size_t at = 0;
  if (at < text.size() && text[at] == '-')
    ++at;
  const auto whole = at;
  if (!skip_digits(text, at) || (text[whole] == '0' && at > whole + 1))
    return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!skip_digits(text, at))
      return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-'))
      ++at;
    if (!skip_digits(text, at))
      return false;
  }
  return at == text.size();
}

/// The code unit of the escape `\uXXXX` at `at`, if one stands there.
std::optional<uint32_t> unicode_escape(std::string_view text, size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u')
    return std::nullopt;
  uint32_t unit = 0;
  for (const char c : text.substr(at + 2, 4)) {
    uint32_t digit = 0;
    if (is_digit(c))
      digit = static_cast<uint32_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<uint32_t>(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      digit = static_cast<uint32_t>(c - 'A' + 10);
    else
      return std::nullopt;
    unit = unit * 16 + digit;
  }
  return unit;
}

/// The parser refuses numbers beyond a double and lone surrogate escapes,
/// though both are valid. Each is overwritten by something as long that means
/// the same to us, so that positions in messages stay true.
class taming {
public:
  explicit taming(std::string_view text) : text_{text} {}

  /// @returns the tamed copy, or nothing where the text needs none.
  std::optional<std::string> run() && {
    size_t at = 0;
    while (at < text_.size())
      if (text_[at] == '"')
        at = pass_string(at + 1);
      else if (text_[at] == '-' || is_digit(text_[at]))
        at = pass_number(at);
      else
        ++at;
    return std::move(copy_);
  }

private:
  size_t pass_number(size_t at) {
    auto end = text_.find_first_not_of("0123456789+-.eE", at);
    if (end == std::string_view::npos)
      end = text_.size();
    const auto token = text_.substr(at, end - at);
    // Fifteen digits never overflow.
    const bool harmless =
        token.size() <= 15
        && token.find_first_of("eE") == std::string_view::npos;
    if (!harmless && is_number(token)) {
      const size_t kept = token[0] == '-' ? 2 : 1;
      overwrite(at + kept, std::string(token.size() - kept, ' '));
    }
    return end;
  }

  /// @returns the position after the closing quote.
  size_t pass_string(size_t at) {
    while (at < text_.size() && text_[at] != '"') {
      if (text_[at] != '\\') {
        ++at;
        continue;
      }
      const auto unit = unicode_escape(text_, at);
      if (!unit) {
        at += 2;
        continue;
      }
      const auto next = unicode_escape(text_, at + 6);
      const bool high = *unit >= 0xD800 && *unit <= 0xDBFF;
      const bool low = *unit >= 0xDC00 && *unit <= 0xDFFF;
      if (high && next && *next >= 0xDC00 && *next <= 0xDFFF) {
        at += 12;
        continue;
      }
      if (high || low)
        overwrite(at, "\\ufffd");
      at += 6;
    }
    return at + 1;
  }

  void overwrite(size_t at, std::string_view by) {
    if (!copy_)
      copy_.emplace(text_);
    copy_->replace(at, by.size(), by);
  }

  std::string_view text_;
  std::optional<std::string> copy_;
};

/// Builds the outline while the parser runs. The parser itself does not
/// recurse, so no nesting can exhaust the stack.
class outline_builder final : public nlohmann::json_sax<json> {
public:
  explicit outline_builder(size_t keep_depth) : keep_depth_{keep_depth} {}

  bool null() override { return add(json_kind::null); }

  bool boolean(bool) override { return add(json_kind::boolean); }

  bool number_integer(number_integer_t) override {
    return add(json_kind::number);
  }

  bool number_unsigned(number_unsigned_t) override {
    return add(json_kind::number);
  }

  bool number_float(number_float_t, const string_t&) override {
    return add(json_kind::number);
  }

  bool string(string_t& text) override {
    if (auto* value = place(json_kind::string))
      value->text = std::move(text);
    return true;
  }

  // Binary values exist in other encodings of JSON only.
  bool binary(binary_t&) override { return false; }

  bool start_object(size_t) override { return enter(json_kind::object); }

  bool key(string_t& name) override {
    if (depth_ <= keep_depth_)
      key_ = std::move(name);
    return true;
  }

  bool end_object() override { return leave(); }

  bool start_array(size_t) override { return enter(json_kind::array); }

  bool end_array() override { return leave(); }

  bool parse_error(size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    const std::string_view all = error.what();
    // Between these two stands the reason; after the second, a piece of the
    // text.
    const auto start = all.find("syntax error");
    auto reason = start == std::string_view::npos
                      ? std::string_view{"syntax error"}
                      : all.substr(start);
    reason = reason.substr(0, reason.find(';'));
    failure_ = "not valid JSON at byte " + std::to_string(position) + ": "
               + std::string{reason};
    return false;
  }

  json_value take() { return std::move(root_); }

  const std::string& reason() const { return failure_; }

private:
  json_value* place(json_kind kind) {
    if (depth_ > keep_depth_)
      return nullptr;
    auto* value = &root_;
    if (!open_.empty())
      value = &open_.back()->children.emplace_back();
    value->kind = kind;
    value->key = std::move(key_);
    key_.clear();
    return value;
  }

  bool add(json_kind kind) {
    place(kind);
    return true;
  }

  bool enter(json_kind kind) {
    auto* value = place(kind);
    if (++depth_ > max_json_depth) {
      failure_ =
          "nested deeper than " + std::to_string(max_json_depth) + " levels";
      return false;
    }
    // A parent's children do not move while one of them is open, since they
    // grow only after it was left.
    if (value != nullptr && depth_ <= keep_depth_)
      open_.push_back(value);
    return true;
  }

  bool leave() {
    if (depth_ <= keep_depth_)
      open_.pop_back();
    --depth_;
    return true;
  }

  size_t keep_depth_;
  size_t depth_ = 0;
  json_value root_;
  std::string key_;
  std::vector<json_value*> open_;
  std::string failure_;
};

} // namespace

std::string_view to_string(json_kind kind) {
  switch (kind) {
  case json_kind::null:
    return "null";
  case json_kind::boolean:
    return "a boolean";
  case json_kind::number:
    return "a number";
  case json_kind::string:
    return "a string";
  case json_kind::array:
    return "an array";
  case json_kind::object:
    return "an object";
  }
  return "unknown";
}

const json_value* json_value::find(std::string_view name) const {
  if (kind != json_kind::object)
    return nullptr;
  for (auto child = children.rbegin(); child != children.rend(); ++child)
    if (child->key == name)
      return child->kind == json_kind::null ? nullptr : &*child;
  return nullptr;
}

result<json_value> read_json(std::string_view text, size_t keep_depth) {
  // The parser takes a NUL for the end and would pass over what follows.
  if (const auto nul = text.find('\0'); nul != std::string_view::npos)
    return failure{ec::invalid_argument,
                   "not valid JSON: NUL at byte " + std::to_string(nul + 1)};
  const auto tamed = taming{text}.run();
  const std::string_view input = tamed ? std::string_view{*tamed} : text;
  outline_builder builder{keep_depth};
  if (!json::sax_parse(input.begin(), input.end(), &builder))
    return failure{ec::invalid_argument, builder.reason()};
  return builder.take();
}

} // namespace motorcade
