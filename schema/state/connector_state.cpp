#include "schema/state/connector_state.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/base/trim.hpp"
#include "schema/json/document_shape.hpp"
#include "schema/json/json_outline.hpp"
#include "schema/json/json_view.hpp"
#include "schema/state/stream_descriptor.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <unordered_map>

namespace motorcade {

namespace {

// The levels from the array down to a stream's descriptor within a GLOBAL
// state.
constexpr size_t depth_of_descriptors = 6;

failure invalid(const std::string& where, const std::string& what) {
  return {ec::invalid_argument, where + ": " + what};
}

failure wrong_kind(const std::string& where, std::string_view wanted,
                   const json_value* found) {
  if (found == nullptr)
    return invalid(where, "missing");
  return invalid(where, "expected " + std::string{wanted} + ", found "
                            + std::string{to_string(found->kind)});
}

bool holds(const json_value* value, json_kind kind) {
  return value != nullptr && value->kind == kind;
}

failure named_twice(const std::string& place, const stream_id& id,
                    const std::string& first) {
  return invalid(place, "the stream " + excerpt(id.key())
                            + " has a state already in " + first
                            + "; keep the newer one");
}

/// @returns whether the value has members: an object without any counts as
/// none.
bool says_something(const json_value* value) {
  return value != nullptr
         && (value->kind != json_kind::object || !value->children.empty());
}

/// @param holder What has a `stream_descriptor`.
result<stream_id> read_descriptor(const json_value& holder,
                                  const std::string& place) {
  const auto where = place + ".stream_descriptor";
  const auto* descriptor = holder.find("stream_descriptor");
  if (!holds(descriptor, json_kind::object))
    return wrong_kind(where, "an object", descriptor);
  const auto* name = descriptor->find("name");
  if (!holds(name, json_kind::string))
    return wrong_kind(where + ".name", "a string", name);
  const auto* space = descriptor->find("namespace");
  if (space != nullptr && space->kind != json_kind::string)
    return wrong_kind(where + ".namespace", "a string", space);
  return stream_id{space == nullptr ? std::string{} : space->text, name->text};
}

void note_gap(connector_state& out, const std::string& place,
              const stream_id& id) {
  out.note_gap(place + ".stream_state: missing, so the stream "
               + excerpt(id.key()) + " is read from the start");
}

result<void> read_stream(connector_state& out, const json_value& message,
                         const std::string& place) {
  const auto* stream = message.find("stream");
  if (!holds(stream, json_kind::object))
    return wrong_kind(place + ".stream", "an object", stream);
  auto id = read_descriptor(*stream, place + ".stream");
  if (!id)
    return id.error();
  if (stream->find("stream_state") != nullptr) {
    out.name(*id);
    out.give(std::move(*id));
  } else {
    note_gap(out, place + ".stream", *id);
  }
  return {};
}

result<void> read_global(connector_state& out, const json_value& message,
                         const std::string& place) {
  const auto* global = message.find("global");
  if (!holds(global, json_kind::object))
    return wrong_kind(place + ".global", "an object", global);
  bool given = global->find("shared_state") != nullptr;
  const auto* streams = global->find("stream_states");
  std::unordered_map<std::string, size_t> places;
  if (streams != nullptr && streams->kind != json_kind::array)
    return wrong_kind(place + ".global.stream_states", "an array", streams);
  if (streams != nullptr)
    for (size_t i = 0; i < streams->children.size(); ++i) {
      const auto& one = streams->children[i];
      const auto where =
          place + ".global.stream_states[" + std::to_string(i) + ']';
      if (one.kind != json_kind::object)
        return wrong_kind(where, "an object", &one);
      auto id = read_descriptor(one, where);
      if (!id)
        return id.error();
      if (const auto first = places.emplace(id->key(), i); !first.second)
        return named_twice(where, *id,
                           place + ".global.stream_states["
                               + std::to_string(first.first->second) + ']');
      if (one.find("stream_state") == nullptr) {
        note_gap(out, where, *id);
        continue;
      }
      given = true;
      out.name(std::move(*id));
    }
  if (given)
    out.give_all();
  else
    out.note_gap(place
                 + ".global: holds no state, so all streams are read "
                   "from the start");
  return {};
}

result<void> read_message(connector_state& out, const json_value& message,
                          const std::string& place) {
  if (message.kind != json_kind::object)
    return wrong_kind(place, "an object", &message);
  const auto* type = message.find("type");
  if (type != nullptr && type->kind != json_kind::string)
    return wrong_kind(place + ".type", "a string", type);
  // By the protocol a state without a type is LEGACY.
  if (type == nullptr || type->text == "LEGACY") {
    if (says_something(message.find("data")))
      out.give_all();
    return {};
  }
  if (type->text == "STREAM")
    return read_stream(out, message, place);
  if (type->text == "GLOBAL")
    return read_global(out, message, place);
  return invalid(place + ".type", "unknown type " + excerpt(type->text)
                                      + ", expected STREAM, GLOBAL or LEGACY");
}

std::string type_of(const json_value& message) {
  const auto* type = message.find("type");
  return type == nullptr ? "LEGACY" : type->text;
}

/// Refuses messages that are valid by themselves and exclude each other: the
/// connector would use one of them, and it is not known which.
/// @param messages Each was read.
result<void> check_together(const std::vector<json_value>& messages) {
  std::unordered_map<std::string, size_t> places;
  for (size_t i = 0; i < messages.size(); ++i) {
    const auto place = "state[" + std::to_string(i) + ']';
    const auto type = type_of(messages[i]);
    if (type != type_of(messages.front()))
      return invalid(place + ".type",
                     type + " beside " + type_of(messages.front())
                         + " in state[0]: a state is one message of type "
                           "GLOBAL or LEGACY, or messages of type STREAM "
                           "alone; keep those of the newest kind");
    if (type != "STREAM" && i > 0)
      return invalid(place, "a second message of type " + type
                                + ", which covers all streams; keep the newer "
                                  "one");
    if (type != "STREAM")
      continue;
    const auto id = read_descriptor(*messages[i].find("stream"), place);
    if (const auto first = places.emplace(id->key(), i); !first.second)
      return named_twice(place + ".stream.stream_descriptor", *id,
                         "state[" + std::to_string(first.first->second) + ']');
  }
  return {};
}

/// @returns whether a state is given to a connector; a reset leaves null.
bool is_given(std::string_view json) {
  const auto text = trim(json);
  return !text.empty() && text != "null";
}

std::string stream_message(const stream_id& id, std::string_view state) {
  auto out = R"({"type":"STREAM","stream":{"stream_descriptor":{"name":)"
             + encode_json_string(id.name);
  if (!id.target_namespace.empty())
    out += ",\"namespace\":" + encode_json_string(id.target_namespace);
  out += "},\"stream_state\":";
  out += state;
  return out + "}}";
}

} // namespace

result<connector_state> parse_state(std::string_view json) {
  connector_state out;
  if (is_blank(json))
    return out;
  if (const auto encoding = find_foreign_encoding(json))
    return invalid("state", *encoding);
  const auto document = read_json(json, depth_of_descriptors);
  if (!document)
    return invalid("state", document.error().what);
  if (const auto foreign = find_foreign_state(*document))
    return invalid(foreign->place, foreign->what);
  switch (document->kind) {
  case json_kind::null:
    return out;
  case json_kind::array: {
    size_t index = 0;
    for (const auto& each : document->children) {
      const auto place = "state[" + std::to_string(index++) + ']';
      if (auto read = read_message(out, each, place); !read)
        return read.error();
    }
    if (auto fit = check_together(document->children); !fit)
      return fit.error();
    return out;
  }
  case json_kind::object:
    if (is_state_message(*document)) {
      if (auto read = read_message(out, *document, "state"); !read)
        return read.error();
    } else if (says_something(&*document)) {
      out.give_all();
    }
    return out;
  default:
    return wrong_kind("state", "an array or an object", &*document);
  }
}

std::string make_state_file(std::span<const saved_state> saved,
                            const catalog& configured) {
  auto is_incremental = [](const catalog_stream& stream) {
    return stream.mode == sync_mode::incremental;
  };
  if (std::none_of(configured.streams.begin(), configured.streams.end(),
                   is_incremental))
    return "{}";
  std::unordered_map<std::string_view, std::string_view> states;
  for (const auto& row : saved)
    if (is_given(row.json))
      states.insert_or_assign(row.key, row.json);
  if (const auto global = states.find(global_state_key); global != states.end())
    return R"([{"type":"GLOBAL","global":)"
           + without_full_refreshes(global->second, configured) + "}]";
  std::string out;
  for (const auto& stream : configured.streams) {
    const auto own = states.find(stream.id.key());
    if (own != states.end() && is_incremental(stream))
      out += (out.empty() ? '[' : ',') + stream_message(stream.id, own->second);
  }
  if (!out.empty())
    return out + ']';
  if (const auto whole = states.find(legacy_state_key); whole != states.end())
    return std::string{whole->second};
  return "{}";
}

std::string without_full_refreshes(std::string_view global,
                                   const catalog& configured) {
  auto streams = json_view{global}.find("stream_states");
  if (!streams || !streams->is_array())
    return std::string{global};
  std::string kept;
  auto dropped = false;
  streams->for_each_element([&](json_view one) {
    const auto id = stream_described_in(one);
    const auto* stream = id ? configured.find(*id) : nullptr;
    if (stream != nullptr && stream->mode == sync_mode::full_refresh)
      dropped = true;
    else
      kept += (kept.empty() ? "" : ",") + std::string{one.raw()};
  });
  if (!dropped)
    return std::string{global};
  auto list = streams->raw();
  auto before = static_cast<size_t>(list.data() - global.data());
  return std::string{global.substr(0, before)} + '[' + kept + ']'
         + std::string{global.substr(before + list.size())};
}

std::vector<saved_state> split_state(std::string_view json) {
  std::vector<saved_state> out;
  if (is_blank(json))
    return out;
  const auto add = [&](std::string key, std::optional<json_view> state) {
    if (state && !state->is_null())
      out.push_back({std::move(key), std::string{state->raw()}});
  };
  const auto take = [&](json_view from) {
    const auto stream = from.find("stream");
    const auto type = from.text_at("type");
    if (type == "GLOBAL")
      add(std::string{global_state_key}, from.find("global"));
    else if (type != "STREAM")
      add(std::string{legacy_state_key}, from.find("data"));
    else if (const auto id =
                 stream ? stream_described_in(*stream) : std::nullopt)
      add(id->key(), stream->find("stream_state"));
  };
  const json_view document{json};
  if (document.is_array()) {
    document.for_each_element(take);
    return out;
  }
  // The levels down to the members of a message, by which it is known.
  constexpr size_t depth_of_message = 3;
  const auto outline = read_json(json, depth_of_message);
  if (!outline || outline->kind != json_kind::object)
    return out;
  if (is_state_message(*outline))
    take(document);
  else if (says_something(&*outline))
    add(std::string{legacy_state_key}, document);
  return out;
}

} // namespace motorcade
