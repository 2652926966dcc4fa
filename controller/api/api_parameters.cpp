#include "controller/api/api_parameters.hpp"

#include "config/values.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/base/nearest.hpp"
#include "schema/base/utf8.hpp"
#include "schema/base/words.hpp"

#include <algorithm>
#include <charconv>

namespace motorcade {

namespace {

bool is_control(std::string_view text, size_t at) {
  auto c = static_cast<unsigned char>(text[at]);
  // U+0080 to U+009F are C2 80 to C2 9F.
  return c < 0x20 || c == 0x7F
         || (c == 0xC2 && at + 1 < text.size()
             && static_cast<unsigned char>(text[at + 1]) < 0xA0);
}

} // namespace

bool is_plain_text(std::string_view text) {
  if (!is_utf8(text))
    return false;
  for (size_t i = 0; i < text.size(); ++i)
    if (is_control(text, i))
      return false;
  return true;
}

api_parameters::api_parameters(const http_fields& query) : query_{query} {
  for (auto i = query.begin(); i != query.end(); ++i)
    if (std::any_of(query.begin(), i, [&](const auto& before) {
          return before.first == i->first;
        }))
      // The name may be anything, so it is not repeated.
      fault_ = "a parameter is given twice";
}

std::string_view api_parameters::raw(std::string_view name) const {
  known_.emplace(name);
  for (const auto& [key, value] : query_)
    if (key == name)
      return value;
  return {};
}

bool api_parameters::is_there(std::string_view name) const {
  return std::any_of(query_.begin(), query_.end(),
                     [&](const auto& one) { return one.first == name; });
}

void api_parameters::refuse(std::string_view name, std::string_view why) {
  if (fault_.empty())
    fault_ = "the parameter " + std::string{name} + ' ' + std::string{why};
}

void api_parameters::miss(std::string_view name) {
  missing_.emplace_back(name);
}

std::string api_parameters::text(std::string_view name, size_t limit) {
  auto value = raw(name);
  if (value.size() > limit)
    refuse(name, "is longer than " + std::to_string(limit) + " bytes");
  else if (!is_plain_text(value))
    refuse(name, "is not UTF-8 or holds a control character");
  else if (limit <= id_limit && (value == "." || value == ".."))
    // An id becomes a part of a path, towards Bulker or the console, and no
    // escape keeps these from being a step.
    refuse(name, "must not be . or ..");
  else
    return std::string{value};
  return {};
}

std::string api_parameters::required(std::string_view name, size_t limit) {
  if (!given(name))
    miss(name);
  return text(name, limit);
}

std::string api_parameters::lines(std::string_view name, size_t limit) {
  auto value = raw(name);
  if (value.size() > limit)
    refuse(name, "is longer than " + std::to_string(limit) + " bytes");
  else if (!is_utf8(value) || value.find('\0') != std::string_view::npos)
    refuse(name, "is not UTF-8 or holds a NUL byte");
  else
    return std::string{value};
  return {};
}

bool api_parameters::flag(std::string_view name, bool otherwise) {
  auto value = raw(name);
  if (value.empty())
    return otherwise;
  if (value == "true" || value == "1")
    return true;
  if (value != "false" && value != "0")
    refuse(name, "is none of true, false, 1 and 0");
  return false;
}

size_t api_parameters::count(std::string_view name, size_t otherwise,
                             size_t most) {
  auto value = raw(name);
  if (value.empty())
    return otherwise;
  size_t out = 0;
  auto [end, error] =
      std::from_chars(value.data(), value.data() + value.size(), out);
  if (error == std::errc{} && end == value.data() + value.size() && out >= 1
      && out <= most)
    return out;
  refuse(name, "is no number from 1 to " + std::to_string(most));
  return otherwise;
}

size_t api_parameters::seconds(std::string_view name, size_t most) {
  if (raw(name).empty() && is_there(name))
    refuse(name, "is empty; leave it out, or give a number from 1 to "
                     + std::to_string(most));
  return count(name, 0, most);
}

std::optional<page_end> api_parameters::cursor(std::string_view name,
                                               char kind) {
  auto value = raw(name);
  if (value.empty())
    return {};
  auto out = read_cursor(kind, value);
  // A stream may have any name.
  if (!out || (kind != 's' && !is_plain_text(out->id))) {
    refuse(name, "is no cursor of this list");
    return {};
  }
  return out;
}

std::optional<wall_time> api_parameters::time(std::string_view name) {
  auto value = raw(name);
  if (value.empty())
    return {};
  auto out = parse_rfc3339(value);
  if (!out || *out < wall_time{}) {
    refuse(name, "is no date and time of RFC 3339 since 1970");
    return {};
  }
  return *out;
}

std::string api_parameters::unknown() const {
  const std::vector<std::string> known{known_.begin(), known_.end()};
  std::string out;
  for (const auto& [name, value] : query_)
    if (!known_.contains(name))
      out += (out.empty() ? "" : "; ") + ("unknown parameter " + excerpt(name))
             + did_you_mean(name, known);
  return out;
}

std::optional<http_reply> api_parameters::refusal() const {
  auto strange = unknown();
  if (!missing_.empty())
    return http_error(400,
                      "required parameters are missing: " + join(missing_)
                          + (strange.empty() ? "" : "; " + strange),
                      "missing_parameter");
  if (!strange.empty())
    return http_error(400, strange, "unknown_parameter");
  if (!fault_.empty())
    return http_error(400, fault_, "wrong_parameter");
  return {};
}

} // namespace motorcade
