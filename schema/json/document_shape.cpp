#include "schema/json/document_shape.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/base/nearest.hpp"
#include "schema/json/json_check.hpp"

#include <algorithm>
#include <initializer_list>
#include <span>
#include <vector>

namespace motorcade {

namespace {

using names = std::span<const std::string_view>;

bool holds(const json_value* value, json_kind kind) {
  return value != nullptr && value->kind == kind;
}

/// @returns the first member that has one of these names; a null one, which
/// `json_value::find` takes for absent, is as telling as another.
const json_value* find_any(const json_value& object, names wanted) {
  for (const auto& member : object.children)
    if (std::find(wanted.begin(), wanted.end(), member.key) != wanted.end())
      return &member;
  return nullptr;
}

const json_value* find_any(const json_value& object,
                           std::initializer_list<std::string_view> wanted) {
  return find_any(object, names{wanted.begin(), wanted.size()});
}

const json_value* find_object(const json_value& object, std::string_view name) {
  const auto* member = object.find(name);
  return holds(member, json_kind::object) ? member : nullptr;
}

const json_value* first_element(const json_value* array) {
  return holds(array, json_kind::array) && !array->children.empty()
             ? &array->children.front()
             : nullptr;
}

/// ` (it has a, b)`; what is foreign is cut and cleaned.
std::string list_members(const json_value& object) {
  constexpr size_t most = 5;
  std::string out;
  for (size_t i = 0; i < object.children.size() && i < most; ++i)
    out += (i == 0 ? "" : ", ") + excerpt(object.children[i].key);
  if (object.children.size() > most)
    out += ", …";
  return out.empty() ? " (it is empty)" : " (it has " + out + ")";
}

/// @returns the first member that looks like a misspelled one of `known`, as
/// `x, did you mean y?`.
std::string find_misspelled(const json_value& object,
                            const std::vector<std::string>& known) {
  for (const auto& member : object.children)
    if (auto meant = did_you_mean(member.key, known); !meant.empty())
      return excerpt(member.key) + meant;
  return {};
}

// States.

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

/// The members that tell a state of Airbyte's API, in the object itself or one
/// step below, where people mix both shapes.
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

/// A message that lost its type, or the inside of one.
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
  const auto* type = entry.find("type");
  if (type == nullptr && entry.find("data") == nullptr)
    return foreign_shape{place, "nothing in this is known" + list_members(entry)
                                    + "; expected a message of the protocol, "
                                      R"({"type":"STREAM","stream":{…}})"};
  if (holds(type, json_kind::string) && type->text == "LEGACY"
      && entry.find("data") == nullptr && entry.children.size() > 1)
    return foreign_shape{place + ".data", "missing in a message of type LEGACY"
                                              + list_members(entry)};
  // A stream that has something, but no state by its right name.
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

/// A state within a member of something else, e.g. of a request's body.
std::optional<foreign_shape> find_wrapped_state(const json_value& object,
                                                const std::string& place) {
  for (const auto& member : object.children) {
    const auto* inner = &member;
    if (const auto* first = first_element(inner))
      inner = first;
    if (inner->kind != json_kind::object)
      continue;
    if (is_state_message(*inner) || is_state_line(*inner))
      return foreign_shape{place + '.' + member.key,
                           "here lies a state within something else; give "
                           "what this member holds, alone"};
    if (inner != &member && is_stored_row(*inner))
      return foreign_shape{place + '.' + member.key, std::string{stored_rows}};
    if (inner != &member && find_any(*inner, api_state_members) != nullptr)
      return foreign_shape{place + '.' + member.key, std::string{api_state}};
  }
  return {};
}

// Catalogs.

constexpr std::string_view api_stream_members[] = {
    "jsonSchema", "supportedSyncModes", "sourceDefinedCursor",
    "defaultCursorField", "sourceDefinedPrimaryKey"};

constexpr std::string_view api_config_members[] = {
    "syncMode",  "cursorField", "destinationSyncMode",  "primaryKey",
    "aliasName", "selected",    "fieldSelectionEnabled"};

constexpr std::string_view api_catalog =
    "this is the catalog of Airbyte's page or API. A read wants a "
    "ConfiguredAirbyteCatalog of the protocol: "
    R"({"streams":[{"stream":{"name":…,"json_schema":{…}},)"
    R"("sync_mode":"incremental","destination_sync_mode":"append",)"
    R"("cursor_field":[…]}]}; `sidecar run --command discover )"
    R"(--save-catalog FILE` makes one)";

constexpr std::string_view bare_discover =
    "this is what a discover answers, an AirbyteCatalog, which does not say "
    "how its streams are to be read. `sidecar run --command discover "
    "--save-catalog FILE` makes the catalog of a read, where each of these is "
    R"(the member `stream` of an entry: {"stream":{…},"sync_mode":)"
    R"("full_refresh",)"
    R"("destination_sync_mode":"overwrite"})";

const std::vector<std::string>& entry_members() {
  static const std::vector<std::string> known = {
      "stream",       "sync_mode",   "destination_sync_mode",
      "cursor_field", "primary_key", "table_name"};
  return known;
}

const std::vector<std::string>& stream_members() {
  static const std::vector<std::string> known = {"name",
                                                 "namespace",
                                                 "json_schema",
                                                 "supported_sync_modes",
                                                 "source_defined_cursor",
                                                 "default_cursor_field",
                                                 "source_defined_primary_key",
                                                 "table_name"};
  return known;
}

std::optional<foreign_shape> find_foreign_stream(const json_value& entry,
                                                 const std::string& place) {
  if (entry.kind != json_kind::object)
    return {};
  if (const auto* config = find_object(entry, "config"))
    if (find_any(*config, api_config_members) != nullptr
        || find_any(*config, {"sync_mode", "destination_sync_mode"}) != nullptr)
      return foreign_shape{place + ".config", std::string{api_catalog}};
  if (const auto* found = find_any(entry, api_config_members))
    return foreign_shape{place + '.' + found->key, std::string{api_catalog}};
  const auto* stream = entry.find("stream");
  if (stream == nullptr) {
    if (find_any(entry, api_stream_members) != nullptr)
      return foreign_shape{place, std::string{api_catalog}};
    if (entry.find("name") != nullptr
        && find_any(entry, {"json_schema", "supported_sync_modes", "namespace",
                            "source_defined_cursor", "default_cursor_field",
                            "source_defined_primary_key"})
               != nullptr)
      return foreign_shape{place, std::string{bare_discover}};
    auto meant = find_misspelled(entry, entry_members());
    return foreign_shape{
        place + ".stream",
        "missing"
            + (meant.empty() ? list_members(entry) : "; there is " + meant)};
  }
  if (stream->kind != json_kind::object)
    return {};
  if (const auto* found = find_any(*stream, api_stream_members))
    return foreign_shape{place + ".stream." + found->key,
                         std::string{api_catalog}};
  if (stream->find("name") == nullptr)
    if (auto meant = find_misspelled(*stream, stream_members()); !meant.empty())
      return foreign_shape{place + ".stream.name",
                           "missing; there is " + meant};
  // Without a mode a stream is read in full, which must not happen to a user
  // who wrote another mode in a way that is not known.
  if (find_any(entry, {"sync_mode"}) == nullptr)
    if (auto meant = find_misspelled(entry, entry_members()); !meant.empty())
      return foreign_shape{place, "unknown member " + meant};
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
      && text.find_first_not_of(" \t\r\n", end) != std::string_view::npos
      && !check_json(text.substr(0, end)))
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
  return find_wrapped_state(document, place);
}

std::optional<foreign_shape> find_foreign_catalog(const json_value& document) {
  if (document.kind == json_kind::array && !document.children.empty()) {
    if (auto found = find_foreign_stream(document.children.front(), "[0]"))
      return found;
    return foreign_shape{
        "", R"(this is a bare list of streams, expected {"streams":[…]})"};
  }
  if (document.kind != json_kind::object)
    return {};
  if (document.find("streams") == nullptr) {
    if (const auto* found = find_any(document, {"syncCatalog"}))
      return foreign_shape{found->key, std::string{api_catalog}};
    if (const auto* found = find_object(document, "configurations"))
      return foreign_shape{found->key, std::string{api_catalog}};
    for (const auto* name : {"catalog", "configured_catalog"}) {
      const auto* inner = find_object(document, name);
      if (inner == nullptr)
        continue;
      const auto* first = first_element(inner->find("streams"));
      const auto place = std::string{name} + ".streams[0]";
      if (first != nullptr)
        if (auto found = find_foreign_stream(*first, place))
          return foreign_shape{
              name, found->what
                        + (document.find("type") != nullptr
                               ? " (and this is a whole line of the protocol)"
                               : "")};
      return foreign_shape{name, "here lies the catalog within something "
                                 "else; give what this member holds, alone"};
    }
    return {};
  }
  const auto* streams = document.find("streams");
  if (streams->kind != json_kind::array)
    return {};
  for (size_t i = 0; i < streams->children.size(); ++i)
    if (auto found = find_foreign_stream(streams->children[i],
                                         "streams[" + std::to_string(i) + ']'))
      return found;
  return {};
}

} // namespace motorcade
