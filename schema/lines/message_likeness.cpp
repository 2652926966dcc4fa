#include "schema/lines/message_likeness.hpp"

#include "schema/base/ascii.hpp"
#include "schema/json/json_view.hpp"
#include "schema/lines/message.hpp"

#include <algorithm>
#include <array>
#include <vector>

namespace motorcade {

namespace {

bool is_type_key(std::string_view key) {
  return equal_ignoring_case(key, "type");
}

/// How many keys of the kind an object has, and whether its first key is one.
struct inner_keys {
  size_t count = 0;
  bool first = false;

  /// @returns whether the keys show the kind: a single later one does not.
  bool tell() const { return first || count > 1; }
};

inner_keys inner_keys_of(message_kind kind, json_view value) {
  inner_keys out;
  size_t i = 0;
  value.for_each_member([&](const std::string& key, json_view inside) {
    // A `type` does not count: objects of other programs have one, too.
    auto inner = is_inner_key(kind, key)
                 && (!is_type_key(key) || is_type_of_member(inside.text()));
    out.count += inner;
    out.first = out.first || (i++ == 0 && inner);
  });
  return out;
}

/// A member of the upper level.
struct member {
  std::string key;
  json_view value;
};

/// A map with thousands of keys is no message.
constexpr size_t most_members = 1000;

std::vector<member> members_of(std::string_view object) {
  std::vector<member> out;
  json_view{object}.for_each_member([&](std::string key, json_view value) {
    if (out.size() < most_members)
      out.push_back({std::move(key), value});
  });
  return out;
}

/// @returns whether an object has the keys of a logger and no `type` that may
/// make it a message all the same, as most foreign objects.
bool is_plain_log(std::string_view object) {
  size_t count = 0;
  auto logger = false;
  auto typed = false;
  json_view{object}.for_each_member([&](const std::string& key, json_view) {
    if (count++ >= most_members)
      return;
    typed = typed || is_type_key(key);
    logger = logger || is_logger_key(key);
  });
  return logger && !typed;
}

const member* own_member(const std::vector<member>& members,
                         message_kind kind) {
  for (const auto& each : members)
    if (is_own_member(kind, each.key))
      return &each;
  return nullptr;
}

bool holds_protocol(const std::vector<member>& members, message_kind kind) {
  return std::any_of(members.begin(), members.end(), [&](const member& each) {
    return is_own_member(kind, each.key)
           && inner_keys_of(kind, each.value).tell();
  });
}

/// @returns the kind that the own member shows, whatever the type is.
std::optional<message_kind>
kind_of_valid_member(const std::vector<member>& members, bool typed) {
  for (auto kind : {message_kind::record, message_kind::state,
                    message_kind::trace, message_kind::control}) {
    const auto* own = own_member(members, kind);
    if (own == nullptr || (!typed && kind != message_kind::record))
      continue;
    // A LEGACY state may be any object.
    auto type = own->value.find("type");
    if (kind == message_kind::state && (!type || type->text().empty()))
      continue;
    if (is_valid_member(kind, own->value.raw()))
      return kind;
  }
  return std::nullopt;
}

/// Asks about each kind once, however many members name it.
template <class Ask>
class once_per_kind {
public:
  explicit once_per_kind(Ask ask) : ask_{std::move(ask)} {}

  bool operator()(message_kind kind) {
    auto& known = known_[static_cast<size_t>(kind)];
    if (!known)
      known = ask_(kind);
    return *known;
  }

private:
  Ask ask_;
  std::array<std::optional<bool>, message_kind_count> known_;
};

/// @returns the kind of another message that stands in one of type LOG.
std::optional<message_kind> kind_beside_log(auto& holds) {
  if (holds(message_kind::log))
    for (auto kind : {message_kind::record, message_kind::state,
                      message_kind::trace, message_kind::control})
      if (holds(kind))
        return kind;
  return std::nullopt;
}

/// @returns the first element of an array, or the value itself if it is none.
json_view first_object_of(json_view value) {
  std::optional<json_view> first;
  value.for_each_element([&](json_view element) {
    if (!first)
      first = element;
  });
  return first.value_or(value);
}

/// @returns whether the type is right and its fields stand in another place.
bool has_misplaced_fields(const std::vector<member>& members, message_kind kind,
                          bool alone) {
  if (members.size() == 1)
    return alone;
  return std::any_of(members.begin(), members.end(), [&](const member& each) {
    return (!is_type_key(each.key)
            && (is_inner_key(kind, each.key)
                || (kind == message_kind::state && each.key == "value")))
           || inner_keys_of(kind, first_object_of(each.value)).count > 1;
  });
}

} // namespace

bool is_logger_key(std::string_view key) {
  constexpr std::array<std::string_view, 9> keys = {
      "level",  "msg",       "message",  "severity", "lvl",
      "logger", "levelname", "loglevel", "log_level"};
  return std::any_of(keys.begin(), keys.end(), [&](std::string_view each) {
    return equal_ignoring_case(each, key);
  });
}

std::optional<message_kind> judge_whole_object(std::string_view object,
                                               bool alone) {
  if (is_plain_log(object))
    return std::nullopt;
  auto members = members_of(object);
  auto logger =
      std::any_of(members.begin(), members.end(),
                  [](const member& each) { return is_logger_key(each.key); });
  once_per_kind holds{[&](message_kind kind) {
    return holds_protocol(members, kind);
  }};
  once_per_kind fits{[&](message_kind kind) {
    return own_member(members, kind) != nullptr
           || (!logger && has_misplaced_fields(members, kind, alone));
  }};
  auto typed = false;
  auto log = false;
  for (const auto& each : members) {
    if (!is_type_key(each.key))
      continue;
    typed = true;
    auto type = each.value.text();
    auto kind = find_similar_message_kind(type);
    if (!kind)
      continue;
    // A line of log may be lost, but not a message that runs into it.
    if (kind == message_kind::log) {
      if (auto beside = kind_beside_log(holds))
        return beside;
      log = true;
      continue;
    }
    if (holds(*kind))
      return kind;
    if (each.key == "type" && type == to_string(*kind) && fits(*kind))
      return kind;
  }
  if (logger || log)
    return std::nullopt;
  for (const auto& each : members) {
    auto kind = each.value.is_string() ? find_message_kind(each.value.text())
                                       : std::nullopt;
    if (kind && each.value.text() == to_string(*kind) && holds(*kind))
      return kind;
  }
  return kind_of_valid_member(members, typed);
}

std::string find_second_message(std::string_view object) {
  // Nearly every message has one type and one own member, and returns here.
  size_t types = 0;
  size_t owns = 0;
  json_view{object}.for_each_member(
      [&](const std::string& key, json_view value) {
        types += key == "type";
        owns += value.is_object() && find_kind_of_member(key);
      });
  if (types < 2 && owns < 2)
    return {};
  auto members = members_of(object);
  std::optional<json_view> type;
  for (const auto& each : members)
    if (each.key == "type") {
      if (type && type->text() != each.value.text())
        return "it has the key type twice";
      type = each.value;
    }
  auto kind = find_message_kind(type ? type->text() : "");
  if (!kind)
    return {};
  std::optional<message_kind> own;
  for (const auto& each : members) {
    auto of =
        each.value.is_object() ? find_kind_of_member(each.key) : std::nullopt;
    if (!of)
      continue;
    if (of == kind && own)
      return "it has the key " + each.key + " twice";
    if (of == kind)
      own = of;
    else if (*of != message_kind::log && inner_keys_of(*of, each.value).tell())
      return "it holds a " + std::string{to_string(*of)} + ", too";
  }
  return {};
}

} // namespace motorcade
