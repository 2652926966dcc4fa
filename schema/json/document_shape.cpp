#include "schema/json/document_shape.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/base/trim.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/shape_parts.hpp"

#include <algorithm>

namespace motorcade {

namespace {

constexpr std::string_view api_state_members[] = {
    "streamDescriptor", "streamState", "streamStates", "stateType",
    "state_type",       "globalState", "sharedState",  "stateMessages"};

constexpr std::string_view api_state =
    "this is the state of Airbyte's page or API, where names have no "
    "underscores. A connector is given the protocol's: "
    R"([{"type":"STREAM","stream":{"stream_descriptor":{"name":…},)"
    R"("stream_state":{…}}}], or [{"type":"GLOBAL","global":)"
    R"({"shared_state":{…},"stream_states":[…]}}])";

constexpr std::string_view state_line =
    "this is a whole line of the protocol. Give what its member `state` "
    "holds, in an array";

constexpr std::string_view stored_rows =
    "these are rows of source_state, or the answer of GET /states. Ask for "
    "GET /states?format=state, which answers with a state, or start the read "
    "with continue=true, which takes what is saved";

bool is_state_line(const json_value& object) {
  const auto* type = object.find("type");
  return holds(type, json_kind::string) && type->text == "STATE"
         && object.find("state") != nullptr;
}

bool is_stored_row(const json_value& object) {
  return holds(object.find("stream"), json_kind::string)
         && object.find("state") != nullptr;
}

/// Finds the members by which a state of Airbyte's API is known, in the object
/// itself or one step below, since people mix both shapes.
std::optional<foreign_shape> find_api_state(const json_value& object,
                                            const std::string& place) {
  if (const auto* found = find_any(object, api_state_members))
    return foreign_shape{place + '.' + found->key, std::string{api_state}};
  for (const auto* name : {"stream", "global", "state"})
    if (const auto* inner = find_object(object, name))
      if (const auto* found = find_any(*inner, api_state_members))
        return foreign_shape{place + '.' + name + '.' + found->key,
                             std::string{api_state}};
  if (const auto* global = find_object(object, "global"))
    if (const auto* states = global->find("stream_states");
        holds(states, json_kind::array))
      for (size_t i = 0; i < states->children.size(); ++i)
        if (const auto* found =
                find_any(states->children[i], api_state_members))
          return foreign_shape{place + ".global.stream_states["
                                   + std::to_string(i) + "]." + found->key,
                               std::string{api_state}};
  return {};
}

/// Finds a message that lost its type, or the inside of one.
std::optional<foreign_shape> find_untyped_message(const json_value& object,
                                                  const std::string& place) {
  auto lacks = [&](std::string_view type, std::string_view member) {
    return foreign_shape{place,
                         "this has no `type`, but " + std::string{member}
                             + R"(: a message of the protocol is {"type":")"
                             + std::string{type} + "\", …}"};
  };
  if (object.find("type") == nullptr) {
    if (const auto* stream = find_object(object, "stream"))
      if (find_any(*stream, {"stream_descriptor", "stream_state"}) != nullptr)
        return lacks("STREAM", "a member `stream`");
    if (const auto* global = find_object(object, "global"))
      if (find_any(*global, {"shared_state", "stream_states"}) != nullptr)
        return lacks("GLOBAL", "a member `global`");
  }
  if (object.find("stream_descriptor") != nullptr)
    return foreign_shape{
        place + ".stream_descriptor",
        "this is the inside of a message of type STREAM: it belongs into "
        R"({"type":"STREAM","stream":{…}})"};
  if (holds(object.find("stream_states"), json_kind::array))
    return foreign_shape{
        place + ".stream_states",
        "this is the inside of a message of type GLOBAL: it belongs into "
        R"({"type":"GLOBAL","global":{…}})"};
  return {};
}

/// A type of message and the member that only it has.
struct own_member {
  std::string_view type;
  std::string_view member;
};

/// Finds a message whose type is right and whose own member is missing, or
/// holds nothing that is known.
std::optional<foreign_shape> find_hollow_message(const json_value& object,
                                                 const std::string& place) {
  const auto* type = object.find("type");
  if (!holds(type, json_kind::string))
    return {};

  for (const auto& [name, member] : {own_member{"STREAM", "stream"},
                                     {"GLOBAL", "global"},
                                     {"LEGACY", "data"}}) {
    const auto lacks = object.find(member) == nullptr;
    if (type->text == name && lacks)
      return foreign_shape{place + '.' + std::string{member},
                           "missing in a message of type " + std::string{name}
                               + list_members(object)};
    if (type->text != name && equal_ignoring_case(type->text, name) && !lacks)
      return foreign_shape{place + ".type",
                           "unknown type " + excerpt(type->text)
                               + ", expected STREAM, GLOBAL or LEGACY"};
  }
  const auto* global = find_object(object, "global");
  if (type->text == "GLOBAL" && global != nullptr && !global->children.empty()
      && find_any(*global, {"shared_state", "stream_states"}) == nullptr)
    return foreign_shape{place + ".global." + global->children.front().key,
                         "this is not known, and `shared_state` and "
                         "`stream_states` are missing"};
  return {};
}

/// Finds a message of the protocol that is no state.
std::optional<foreign_shape> find_other_line(const json_value& object,
                                             const std::string& place) {
  const auto* type = object.find("type");
  if (!holds(type, json_kind::string))
    return {};

  for (const auto& [name, member] : {own_member{"RECORD", "record"},
                                     {"LOG", "log"},
                                     {"TRACE", "trace"},
                                     {"CONTROL", "control"},
                                     {"SPEC", "spec"},
                                     {"CATALOG", "catalog"},
                                     {"CONNECTION_STATUS", "connectionStatus"}})
    if (type->text == name && find_object(object, member) != nullptr)
      return foreign_shape{place, "this is a line of the protocol of type "
                                      + std::string{name} + ", and no state"};
  if (type->text == "STATE" && object.children.size() == 1)
    return foreign_shape{place + ".state",
                         "missing in a message of type STATE"};
  return {};
}

/// Finds a catalog in the place of a state.
std::optional<foreign_shape> find_catalog(const json_value& object,
                                          const std::string& place) {
  const auto* first = first_element(object.find("streams"));
  if (first == nullptr)
    return {};
  const auto* stream = find_object(*first, "stream");
  if (find_any(*first, {"sync_mode", "syncMode", "json_schema", "jsonSchema"})
          != nullptr
      || (stream != nullptr
          && find_any(*stream, {"json_schema", "jsonSchema"}) != nullptr))
    return foreign_shape{place + ".streams", "this is a catalog, and no state"};
  return {};
}

/// Finds the key of a state of all streams in the place of a name.
std::optional<foreign_shape> find_key_as_name(const json_value& message,
                                              const std::string& place) {
  const auto* stream = find_object(message, "stream");
  if (stream == nullptr)
    return {};
  const auto* descriptor = find_object(*stream, "stream_descriptor");
  const auto* name = descriptor == nullptr ? nullptr : descriptor->find("name");
  if (!holds(name, json_kind::string)
      || (name->text != "_GLOBAL_STATE" && name->text != "_LEGACY_STATE"))
    return {};
  return foreign_shape{
      place + ".stream.stream_descriptor.name",
      name->text
          + " is no stream: a state of all streams is stored under this name. "
          + (name->text == "_GLOBAL_STATE"
                 ? R"(Give it alone, as [{"type":"GLOBAL","global":…}])"
                 : "Give it alone, as it is stored")};
}

std::optional<foreign_shape> find_foreign_entry(const json_value& entry,
                                                const std::string& place) {
  if (entry.kind != json_kind::object)
    return {};
  if (is_state_line(entry)
      || (find_object(entry, "state") != nullptr
          && is_state_message(*entry.find("state"))))
    return foreign_shape{place, std::string{state_line}};
  if (auto found = find_api_state(entry, place))
    return found;
  if (is_stored_row(entry))
    return foreign_shape{place, std::string{stored_rows}};
  if (auto found = find_untyped_message(entry, place))
    return found;
  if (auto found = find_other_line(entry, place))
    return found;
  if (auto found = find_key_as_name(entry, place))
    return found;
  const auto* type = entry.find("type");
  if (type == nullptr && entry.find("data") == nullptr)
    return foreign_shape{place, "nothing in this is known" + list_members(entry)
                                    + "; expected a message of the protocol, "
                                      R"({"type":"STREAM","stream":{…}})"};
  if (auto found = find_hollow_message(entry, place))
    return found;
  // The stream has members, but no state under its right name.
  if (const auto* stream = find_object(entry, "stream");
      stream != nullptr && holds(type, json_kind::string)
      && type->text == "STREAM"
      && find_any(*stream, {"stream_state"}) == nullptr
      && find_object(*stream, "stream_descriptor") != nullptr
      && stream->children.size() > 1) {
    const auto& other = *std::find_if(
        stream->children.begin(), stream->children.end(),
        [](const auto& one) { return one.key != "stream_descriptor"; });
    return foreign_shape{place + ".stream." + other.key,
                         "this is not known, and `stream_state` is missing"};
  }
  return {};
}

/// Finds a state within a member of another document, e.g. of a request's body.
std::optional<foreign_shape> find_wrapped_state(const json_value& object,
                                                const std::string& place) {
  for (const auto* name : {"states", "state"})
    if (const auto* list = object.find(name);
        holds(list, json_kind::array) && list->children.empty())
      return foreign_shape{
          place + '.' + name,
          "an empty list within something else. No state at all is {} or []; "
          "an answer of GET /states is no state, but that of GET "
          "/states?format=state is"};
  for (const auto& member : object.children) {
    const auto* inner = &member;
    if (const auto* first = first_element(inner))
      inner = first;
    if (inner->kind != json_kind::object)
      continue;
    if (is_state_message(*inner) || is_state_line(*inner))
      return foreign_shape{place + '.' + member.key,
                           "this member holds a state; send the member's value "
                           "alone, without what is around it"};
    if (inner != &member && is_stored_row(*inner))
      return foreign_shape{place + '.' + member.key, std::string{stored_rows}};
    if (inner != &member && find_any(*inner, api_state_members) != nullptr)
      return foreign_shape{place + '.' + member.key, std::string{api_state}};
  }
  return {};
}

} // namespace

bool is_state_message(const json_value& object) {
  const auto* type = object.find("type");
  if (!holds(type, json_kind::string))
    return false;
  return (type->text == "STREAM" && find_object(object, "stream") != nullptr)
         || (type->text == "GLOBAL" && find_object(object, "global") != nullptr)
         || (type->text == "LEGACY" && object.find("data") != nullptr);
}

std::optional<std::string> find_foreign_encoding(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF"))
    return "it begins with a byte order mark (BOM), which is no JSON; save it "
           "as UTF-8 without one";
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")
      || (text.size() > 3 && text[0] != '\0' && text[1] == '\0'))
    return "it is UTF-16, as PowerShell writes it; save it as UTF-8";
  const auto end = text.find('\n');
  if (end != std::string_view::npos && text.starts_with('{')
      && !is_blank(text.substr(end)) && !check_json(text.substr(0, end)))
    return "it has several documents, one a line; give one, e.g. an array of "
           "them";
  return {};
}

std::optional<foreign_shape> find_foreign_state(const json_value& document) {
  if (document.kind == json_kind::array) {
    for (size_t i = 0; i < document.children.size(); ++i)
      if (auto found = find_foreign_entry(document.children[i],
                                          "state[" + std::to_string(i) + ']'))
        return found;
    return {};
  }
  if (document.kind != json_kind::object || document.children.empty())
    return {};
  const std::string place = "state";
  if (is_state_message(document))
    return find_foreign_entry(document, place);
  if (is_state_line(document))
    return foreign_shape{place, std::string{state_line}};
  if (auto found = find_api_state(document, place))
    return found;
  if (const auto* found =
          find_any(document, {"_GLOBAL_STATE", "_LEGACY_STATE"}))
    return foreign_shape{place + '.' + found->key, std::string{stored_rows}};
  if (is_stored_row(document))
    return foreign_shape{place, std::string{stored_rows}};
  if (auto found = find_untyped_message(document, place))
    return found;
  if (auto found = find_hollow_message(document, place))
    return found;
  if (auto found = find_other_line(document, place))
    return found;
  if (auto found = find_catalog(document, place))
    return found;
  return find_wrapped_state(document, place);
}

} // namespace motorcade
