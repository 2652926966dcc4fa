#include "schema/catalog/catalog.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/json/document_shape.hpp"
#include "schema/json/json_outline.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

namespace motorcade {

namespace {

// The levels from the document down to the list of types of a property. Deeper
// ones are the shape of nested values, and large.
constexpr size_t depth_of_property_types = 8;

/// Reads one stream. Remembers the first thing that is wrong; values that are
/// returned after that have no meaning.
class stream_reader {
public:
  explicit stream_reader(std::string place) : place_{std::move(place)} {}

  catalog_stream read(const json_value& configured) {
    catalog_stream out;
    const auto* stream = object(configured);
    if (stream == nullptr)
      return out;
    out.id.name = text(*stream, "stream.name", "name");
    out.id.target_namespace = text(*stream, "stream.namespace", "namespace");
    if (!problem_ && out.id.name.empty())
      report("stream.name", "missing or empty");
    out.mode = mode(configured);
    out.destination_sync_mode =
        text(configured, "destination_sync_mode", "destination_sync_mode");
    out.generation = generation(configured);
    out.cursor_field = path("cursor_field", configured.find("cursor_field"));
    out.source_defined_primary_key =
        paths("stream.source_defined_primary_key",
              stream->find("source_defined_primary_key"));
    out.primary_key = paths("primary_key", configured.find("primary_key"));
    out.table_name = text(configured, "table_name", "table_name");
    if (out.table_name.empty())
      out.table_name = text(*stream, "stream.table_name", "table_name");
    out.selected_columns = selected_columns(configured, *stream);
    if (const auto* json_schema = stream->find("json_schema"))
      out.fields = fields_of(*json_schema);
    return out;
  }

  /// Empty: all is well.
  const std::optional<std::string>& problem() const { return problem_; }

private:
  void report(const std::string& where, const std::string& what) {
    if (!problem_)
      problem_ = place_ + (where.empty() ? "" : ".") + where + ": " + what;
  }

  void report_kind(const std::string& where, std::string_view wanted,
                   const json_value& found) {
    report(where, "expected " + std::string{wanted} + ", found "
                      + std::string{to_string(found.kind)});
  }

  const json_value* object(const json_value& configured) {
    if (configured.kind != json_kind::object) {
      report_kind("", "an object", configured);
      return nullptr;
    }
    const auto* stream = configured.find("stream");
    if (stream == nullptr) {
      report("stream", "missing");
      return nullptr;
    }
    if (stream->kind != json_kind::object) {
      report_kind("stream", "an object", *stream);
      return nullptr;
    }
    return stream;
  }

  std::string text(const json_value& holder, const std::string& where,
                   std::string_view name) {
    const auto* value = holder.find(name);
    if (value == nullptr)
      return {};
    if (value->kind != json_kind::string)
      report_kind(where, "a string", *value);
    return value->text;
  }

  sync_mode mode(const json_value& configured) {
    const auto name = text(configured, "sync_mode", "sync_mode");
    if (name == "incremental")
      return sync_mode::incremental;
    // A stream without a mode must not be read in full: that would replace the
    // table that incremental reads have built.
    if (configured.find("sync_mode") == nullptr)
      report("sync_mode", "missing, expected full_refresh or incremental");
    else if (name != "full_refresh")
      report("sync_mode", "unknown mode " + excerpt(name)
                              + ", expected full_refresh or incremental");
    return sync_mode::full_refresh;
  }

  std::string whole_number(const json_value& holder, std::string_view name) {
    const auto* value = holder.find(name);
    if (value == nullptr)
      return "0";
    if (value->kind != json_kind::number
        || value->text.find_first_not_of("0123456789") != std::string::npos)
      report(std::string{name}, "expected a whole number that is not negative");
    return value->text;
  }

  std::optional<stream_generation> generation(const json_value& configured) {
    if (configured.find("generation_id") == nullptr)
      return std::nullopt;
    stream_generation out{whole_number(configured, "generation_id"),
                          whole_number(configured, "minimum_generation_id")};
    if (out.minimum != "0" && out.minimum != out.id)
      report("minimum_generation_id", "must be 0 or the generation_id");
    return out;
  }

  std::vector<std::string> path(const std::string& where,
                                const json_value* value) {
    std::vector<std::string> names;
    if (value == nullptr)
      return names;
    if (value->kind != json_kind::array)
      report_kind(where, "an array of strings", *value);
    for (const auto& name : value->children) {
      const auto place = where + '[' + std::to_string(names.size()) + ']';
      if (name.kind != json_kind::string)
        report_kind(place, "a string", name);
      else if (name.text.empty())
        report(place, "empty");
      names.push_back(name.text);
    }
    return names;
  }

  std::vector<key_path> paths(const std::string& where,
                              const json_value* value) {
    std::vector<key_path> out;
    if (value == nullptr)
      return out;
    if (value->kind != json_kind::array)
      report_kind(where, "an array of paths", *value);
    std::set<std::vector<std::string>> known;
    size_t index = 0;
    for (const auto& one : value->children) {
      const auto place = where + '[' + std::to_string(index++) + ']';
      key_path member{path(place, &one)};
      // Some connectors write [[]] for no key; an empty path names no member.
      if (!member.names.empty() && known.insert(member.names).second)
        out.push_back(std::move(member));
    }
    return out;
  }

  /// @returns the columns that are selected, if any are, with those at the
  /// first level that cursor and keys lie in: rows cannot be merged without.
  std::vector<std::string> selected_columns(const json_value& configured,
                                            const json_value& stream) {
    auto names = path("selected_columns", configured.find("selected_columns"));
    if (names.empty())
      return names;
    std::unordered_set<std::string> known{names.begin(), names.end()};
    const auto add = [&](const json_value& path) {
      if (!path.children.empty() && known.insert(path.children[0].text).second)
        names.push_back(path.children[0].text);
    };
    if (const auto* cursor = configured.find("cursor_field"))
      add(*cursor);
    for (const auto* key : {configured.find("primary_key"),
                            stream.find("source_defined_primary_key")})
      if (key != nullptr)
        for (const auto& path : key->children)
          add(path);
    return names;
  }

  std::string place_;
  std::optional<std::string> problem_;
};

failure invalid(std::string what) {
  return {ec::invalid_catalog, "catalog: " + std::move(what)};
}

} // namespace

std::string_view to_string(sync_mode mode) {
  return mode == sync_mode::incremental ? "incremental" : "full_refresh";
}

const catalog_stream* catalog::find(const stream_id& id) const {
  const auto found = std::ranges::find(streams, id, &catalog_stream::id);
  return found == streams.end() ? nullptr : &*found;
}

result<catalog> parse_catalog(std::string_view json) {
  if (const auto encoding = find_foreign_encoding(json))
    return invalid(*encoding);
  const auto document = read_json(json, depth_of_property_types);
  if (!document)
    return invalid(document.error().what);
  if (const auto foreign = find_foreign_catalog(*document))
    return invalid((foreign->place.empty() ? "" : foreign->place + ": ")
                   + foreign->what);
  if (document->kind != json_kind::object)
    return invalid("expected an object, found "
                   + std::string{to_string(document->kind)});
  const auto* streams = document->find("streams");
  if (streams == nullptr)
    return invalid("streams: missing");
  if (streams->kind != json_kind::array)
    return invalid("streams: expected an array, found "
                   + std::string{to_string(streams->kind)});
  if (streams->children.empty())
    return invalid("streams: empty, there is nothing to read");
  catalog out;
  out.streams.reserve(streams->children.size());
  // The keys must differ, not only the identities: `a.b` without a namespace
  // and `b` of `a` would overwrite each other's state.
  std::unordered_map<std::string, size_t> places;
  for (const auto& configured : streams->children) {
    const auto index = out.streams.size();
    const auto place = "streams[" + std::to_string(index) + ']';
    stream_reader reader{place};
    auto stream = reader.read(configured);
    if (reader.problem())
      return invalid(*reader.problem());
    const auto key = stream.id.key();
    const auto [first, added] = places.emplace(key, index);
    if (!added)
      return invalid(place + ": the stream " + excerpt(key)
                     + " is given already as streams["
                     + std::to_string(first->second) + ']');
    out.streams.push_back(std::move(stream));
  }
  return out;
}

} // namespace motorcade
