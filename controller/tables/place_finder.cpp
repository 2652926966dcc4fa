#include "controller/tables/place_finder.hpp"

#include "runtime/base/digest.hpp"
#include "runtime/destination/choice/row_place.hpp"

#include <utility>

namespace motorcade {

namespace {

/// @returns the namespace that tables are told to lie in; `${LEGACY}` says
/// that there is none.
std::string namespace_of(const sync_options& options) {
  return options.target_namespace == "${LEGACY}" ? std::string{}
                                                 : options.target_namespace;
}

std::string show_place(const row_place& at, const sync_options& options) {
  auto out = at.shown;
  const auto add = [&out](std::string_view name, const std::string& value) {
    if (!value.empty())
      out += ", " + std::string{name} + ' ' + value;
  };
  if (at.shown.starts_with("postgres:"))
    add("schema", at.fallback);
  add("namespace", namespace_of(options));
  add("tableNamePrefix", options.table_name_prefix);
  if (options.to_same_case)
    out += ", toSameCase";
  return out;
}

/// @returns the digest of a table.
std::string table_id(const row_place& at, const upload_request& request) {
  return sha256_hex(sha256_hex(at.server) + at.table_of(request));
}

} // namespace

place_finder make_place_finder(table_world world) {
  return [world = std::move(world)](
             const sync_definition& sync,
             std::string_view discovered) -> result<run_place> {
    const auto place = place_of(sync, world);
    const auto at = find_row_place(place.config, world.bulker_url);
    if (!at)
      return at.error();
    const auto& options = sync.options;
    std::string text;
    for (const auto& part :
         {at->server, at->fallback, namespace_of(options),
          options.table_name_prefix,
          std::string{options.to_same_case ? "same case" : ""}})
      text += sha256_hex(part);
    run_place out{sha256_hex(text), show_place(*at, options)};
    if (discovered.empty())
      return out;
    auto tables = tables_of(sync, discovered, place);
    if (!tables)
      return tables.error();
    if (at->table_of)
      for (const auto& one : *tables)
        out.tables.push_back({table_id(*at, one.request), one.shown.name});
    return out;
  };
}

} // namespace motorcade
