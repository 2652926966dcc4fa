// Recognises documents that look like a catalog and are none;
// document_shape.cpp does so for states.
#include "schema/json/document_shape.hpp"

#include "schema/json/shape_parts.hpp"

#include <vector>

namespace motorcade {

namespace {

/// Names that only Airbyte's page and API have. Those that the protocol spells
/// otherwise are found by `find_api_spelling`.
constexpr std::string_view api_config_members[] = {
    "aliasName", "selected", "fieldSelectionEnabled", "selectedFields",
    "hashedFields"};

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
      "stream",        "sync_mode",   "destination_sync_mode",
      "cursor_field",  "primary_key", "table_name",
      "generation_id", "sync_id",     "minimum_generation_id",
      "include_files", "mappers",     "destination_object_name"};
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
                                                 "is_resumable",
                                                 "is_file_based",
                                                 "table_name"};
  return known;
}

/// @returns the first member of an entry that Airbyte's page or API writes so.
const json_value* find_api_member(const json_value& entry) {
  const auto* found = find_any(entry, api_config_members);
  return found != nullptr ? found : find_api_spelling(entry, entry_members());
}

std::optional<foreign_shape> find_foreign_stream(const json_value& entry,
                                                 const std::string& place) {
  if (entry.kind != json_kind::object)
    return {};
  if (const auto* config = find_object(entry, "config"))
    if (find_api_member(*config) != nullptr
        || find_any(*config, {"sync_mode", "destination_sync_mode"}) != nullptr)
      return foreign_shape{place + ".config", std::string{api_catalog}};
  if (const auto* found = find_api_member(entry))
    return foreign_shape{place + '.' + found->key, std::string{api_catalog}};
  const auto* stream = entry.find("stream");
  if (stream == nullptr) {
    if (find_api_spelling(entry, stream_members()) != nullptr)
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
  if (const auto* found = find_api_spelling(*stream, stream_members()))
    return foreign_shape{place + ".stream." + found->key,
                         std::string{api_catalog}};
  if (stream->find("name") == nullptr)
    if (auto meant = find_misspelled(*stream, stream_members()); !meant.empty())
      return foreign_shape{place + ".stream.name",
                           "missing; there is " + meant};
  // An entry without a mode is refused in any case; this finds the likely
  // reason.
  if (find_any(entry, {"sync_mode"}) == nullptr)
    if (auto meant = find_misspelled(entry, entry_members()); !meant.empty())
      return foreign_shape{place, "unknown member " + meant};
  return {};
}

} // namespace

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
