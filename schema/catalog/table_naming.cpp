#include "schema/catalog/table_naming.hpp"

#include "schema/base/ascii.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/catalog/bulker_name.hpp"

#include <map>
#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view source_namespace = "${SOURCE_NAMESPACE}";
constexpr std::string_view legacy = "${LEGACY}";
/// The names of settings, for those who know the sidecar's and for those who
/// know the members of a sync.
constexpr std::string_view prefix_setting =
    "TABLE_NAME_PREFIX (options.tableNamePrefix of a sync)";
constexpr std::string_view namespace_setting =
    "NAMESPACE (options.namespace of a sync)";

result<void> check_placeholders(std::string_view variable,
                                std::string_view text) {
  for (size_t at = 0; (at = text.find("${", at)) != std::string_view::npos;) {
    if (!text.substr(at).starts_with(source_namespace)) {
      const auto end = text.find('}', at);
      const auto length = end == std::string_view::npos ? end : end - at + 1;
      auto what = std::string{variable} + ": unknown placeholder "
                  + excerpt(text.substr(at, length)) + ", known is "
                  + std::string{source_namespace};
      if (variable.starts_with("NAMESPACE"))
        what += ", or " + std::string{legacy} + " alone";
      return failure{ec::invalid_argument, std::move(what)};
    }
    at += source_namespace.size();
  }
  return {};
}

/// Replaces placeholders. The inserted text is not searched again: a stream's
/// namespace may hold anything.
std::string substitute(std::string_view text, std::string_view value) {
  std::string out;
  for (;;) {
    const auto at = text.find(source_namespace);
    out += text.substr(0, at);
    if (at == std::string_view::npos)
      return out;
    out += value;
    text.remove_prefix(at + source_namespace.size());
  }
}

/// @returns the key of a stream. A platform that numbers generations says
/// whether rows are merged.
std::vector<key_path> key_of(const catalog_stream& stream) {
  if (!stream.generation)
    return stream.source_defined_primary_key;
  if (!stream.destination_sync_mode.ends_with("_dedup"))
    return {};
  return stream.primary_key.empty() ? stream.source_defined_primary_key
                                    : stream.primary_key;
}

table_target target_of(const catalog_stream& stream, const naming_rules& rules,
                       bool own_namespace) {
  const auto& from = stream.id.target_namespace;
  const auto& prefix = rules.table_name_prefix;
  table_target out;
  out.stream = stream.id;
  if (own_namespace)
    out.target_namespace = substitute(rules.target_namespace, from);
  const bool plain =
      own_namespace || prefix.find(source_namespace) != std::string::npos;
  if (!stream.table_name.empty())
    out.table = stream.table_name;
  else
    out.table =
        substitute(prefix, from) + (plain ? stream.id.name : stream.id.key());
  const auto flat =
      rules.home == table_home::bulker || rules.home == table_home::sqlite;
  // The separator is `_`, since Bulker would replace any other by it.
  if (flat && !out.target_namespace.empty())
    out.table = std::exchange(out.target_namespace, {}) + "_" + out.table;
  if (rules.to_same_case)
    out.table = ascii_lower(out.table);
  if (rules.deduplicate)
    out.primary_key = key_of(stream);
  return out;
}

/// @returns a pair that is equal for two names of the same table.
std::pair<std::string, std::string> identity(const table_target& target,
                                             table_home home) {
  switch (home) {
  case table_home::bulker:
    return {{}, bulker_table_name(target.table)};
  case table_home::sqlite:
    return {{}, ascii_lower(bulker_table_name(target.table))};
  case table_home::caseless_files:
    return {ascii_lower(target.target_namespace), ascii_lower(target.table)};
  case table_home::schemas:
    return {target.target_namespace.empty()
                ? std::string{}
                : bulker_table_name(target.target_namespace),
            bulker_table_name(target.table)};
  case table_home::files:
    break;
  }
  return {target.target_namespace, target.table};
}

failure shared(const table_target& first, const table_target& second,
               const naming_rules& rules) {
  auto what = "the streams " + excerpt(first.stream.key()) + " and "
              + excerpt(second.stream.key()) + " would share the table "
              + excerpt(second.table);
  if (!second.target_namespace.empty())
    what += " of the namespace " + excerpt(second.target_namespace);
  if (first.table != second.table
      || first.target_namespace != second.target_namespace)
    what +=
        rules.home == table_home::schemas || rules.home == table_home::sqlite
            ? ", since one name is made of this and " + excerpt(first.table)
        : rules.home == table_home::bulker
            ? ", since Bulker makes one name of this and "
                  + excerpt(first.table)
            : ", since A and a are the same in the destination's file "
              "system";
  what +=
      "; give one of them its own table_name in the catalog; in a sync that "
      "syncctl keeps, leave one of them out of its streams";
  if (rules.to_same_case && first.stream.name != second.stream.name)
    what += ", or options.toSameCase if that makes one name of them";
  const auto& prefix = rules.table_name_prefix;
  const auto& space = rules.target_namespace;
  if (first.stream.target_namespace != second.stream.target_namespace
      && prefix.find(source_namespace) == std::string::npos
      && space.find(source_namespace) == std::string::npos)
    what += ", or put " + std::string{source_namespace} + " into "
            + (space.empty() || space == legacy
                   ? std::string{prefix_setting}
                   : std::string{namespace_setting} + " or "
                         + std::string{prefix_setting});
  return {ec::invalid_argument, std::move(what)};
}

} // namespace

table_home table_home_of(std::string_view url) {
  constexpr std::string_view file = "file:";
  if (url.starts_with("postgres") || url.starts_with("clickhouse")
      || url.starts_with("mysql:") || url.starts_with("mariadb:"))
    return table_home::schemas;
  if (url.starts_with("sqlite:"))
    return table_home::sqlite;
  return url.starts_with("s3://")
                 || equal_ignoring_case(url.substr(0, file.size()), file)
             ? table_home::files
             : table_home::bulker;
}

result<std::vector<table_target>> assign_tables(const catalog& configured,
                                                const naming_rules& rules) {
  const bool own_namespace =
      !rules.target_namespace.empty() && rules.target_namespace != legacy;
  auto known = check_placeholders(prefix_setting, rules.table_name_prefix);
  if (known && own_namespace)
    known = check_placeholders(namespace_setting, rules.target_namespace);
  if (!known)
    return known.error();
  std::vector<table_target> targets;
  targets.reserve(configured.streams.size());
  std::map<std::pair<std::string, std::string>, size_t> taken;
  for (const auto& stream : configured.streams) {
    auto target = target_of(stream, rules, own_namespace);
    const auto [place, added] =
        taken.try_emplace(identity(target, rules.home), targets.size());
    if (!added)
      return shared(targets[place->second], target, rules);
    targets.push_back(std::move(target));
  }
  return targets;
}

} // namespace motorcade
