#include "runtime/destination/postgres/postgres_target.hpp"

#include "runtime/destination/postgres/postgres_types.hpp"
#include "runtime/destination/tables/column_names.hpp"
#include "runtime/destination/warehouse/staged_rows.hpp"
#include "runtime/destination/warehouse/staging_names.hpp"
#include "schema/base/utf8.hpp"
#include "schema/base/words.hpp"
#include "schema/task/tables.hpp"

#include <algorithm>
#include <map>

namespace motorcade {

namespace {

std::string text(const std::optional<std::string>& value) {
  return value.value_or("");
}

/// The character between the values of an enumeration.
constexpr std::string_view between_choices = "\x1f";

/// Reads the columns of a table. A domain counts as its base type, also one of
/// another domain.
result<std::vector<target_column>> read_columns(postgres_link& link,
                                                const std::string& table) {
  auto found = link.run(
      "SELECT a.attname, format_type(b.type, b.modifier), a.attgenerated <> '' "
      "OR a.attidentity = 'a', (SELECT string_agg(e.enumlabel, chr(31) ORDER "
      "BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = b.type) FROM "
      "pg_attribute a CROSS JOIN LATERAL (WITH RECURSIVE bases (type, "
      "modifier) "
      "AS (SELECT a.atttypid, a.atttypmod UNION ALL SELECT t.typbasetype, "
      "t.typtypmod FROM bases JOIN pg_type t ON t.oid = bases.type WHERE "
      "t.typtype = 'd') SELECT bases.* FROM bases JOIN pg_type t ON t.oid = "
      "bases.type WHERE t.typtype <> 'd') b WHERE a.attrelid = $1::oid AND "
      "a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
      {table});
  if (!found)
    return found.error();
  std::vector<target_column> out;
  for (const auto& row : *found) {
    auto shape = shape_of_postgres_type(text(row[1]));
    shape.read_only = text(row[2]) == "t";
    if (row[3])
      for (const auto label : split(*row[3], between_choices))
        shape.choices.emplace_back(label);
    out.push_back({text(row[0]), std::move(shape)});
  }
  return out;
}

} // namespace

table_name target_of(const upload_request& request,
                     const std::string& default_schema) {
  const auto& space = request.target_namespace;
  return {space.empty() ? default_schema
                        : make_table_name(space, longest_postgres_name,
                                          request.to_same_case),
          make_table_name(request.table, longest_postgres_name,
                          request.to_same_case)};
}

const column_shape* postgres_target::find(std::string_view column) const {
  for (const auto& one : columns)
    if (one.name == column)
      return &one.shape;
  return nullptr;
}

bool postgres_target::is_unique(std::vector<std::string> wanted) const {
  std::sort(wanted.begin(), wanted.end());
  return std::any_of(unique.begin(), unique.end(), [&](auto index) {
    std::sort(index.begin(), index.end());
    return index == wanted;
  });
}

result<postgres_target> look_at(postgres_link& link, const table_name& name) {
  postgres_target out;
  auto table = link.run(
      "SELECT c.oid, c.relkind, EXISTS (SELECT FROM pg_constraint f WHERE "
      "f.confrelid = c.oid AND f.contype = 'f' AND f.conrelid <> c.oid) OR "
      "NOT "
      "has_table_privilege(c.oid, 'TRUNCATE') FROM pg_class c JOIN "
      "pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND "
      "c.relname = $2",
      {name.schema, name.table});
  if (!table)
    return table.error();
  if (table->empty())
    return out;
  const auto& found = table->front();
  const auto kind = text(found[1]);
  if (kind != "r" && kind != "p" && kind != "f")
    return failure{ec::destination_rejected,
                   quote(name)
                       + " is no table, but something else of that "
                         "name (a view, perhaps)"};
  out.exists = true;
  out.keep_off_truncate = text(found[2]) == "t";
  const auto oid = text(found[0]);
  auto columns = read_columns(link, oid);
  if (!columns)
    return columns.error();
  out.columns = *std::move(columns);
  auto indexes = link.run(
      "SELECT i.indexrelid, i.indisprimary, coalesce(k.conname, ''), "
      "a.attname "
      "FROM pg_index i CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY "
      "p(attnum, n) JOIN pg_attribute a ON a.attrelid = i.indrelid AND "
      "a.attnum = p.attnum LEFT JOIN pg_constraint k ON k.conindid = "
      "i.indexrelid AND k.contype = 'p' WHERE i.indrelid = $1::oid AND "
      "i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS "
      "NULL "
      "AND i.indexprs IS NULL AND p.n <= i.indnkeyatts ORDER BY "
      "i.indexrelid, "
      "p.n",
      {oid});
  if (!indexes)
    return indexes.error();
  std::map<std::string, std::vector<std::string>> by_index;
  for (const auto& row : *indexes) {
    by_index[text(row[0])].push_back(text(row[3]));
    if (text(row[1]) == "t") {
      out.key_name = text(row[2]);
      out.key.push_back(text(row[3]));
    }
  }
  for (auto& [index, names] : by_index)
    out.unique.push_back(std::move(names));
  return out;
}

result<void> lock_commits(postgres_link& link,
                          const std::set<std::string>& quoted_tables) {
  std::string names;
  for (const auto& table : quoted_tables)
    names += (names.empty() ? "(" : ", (") + quote_literal("motorcade " + table)
             + ')';
  // The locks are taken in one order, so that no two sidecars deadlock.
  auto ok = link.run("SELECT pg_advisory_xact_lock(hashtextextended(name, 0)) "
                     "FROM (VALUES "
                     + names + ") AS names (name)");
  return ok ? result<void>{} : ok.error();
}

result<void> ensure_schema(postgres_link& link, const std::string& schema) {
  // CREATE SCHEMA IF NOT EXISTS needs the right to create even if the
  // schema exists.
  auto found =
      link.run("SELECT FROM pg_namespace WHERE nspname = $1", {schema});
  if (!found)
    return found.error();
  if (!found->empty())
    return {};
  auto made =
      link.run("CREATE SCHEMA IF NOT EXISTS " + quote_identifier(schema));
  // Another program made it at the same moment.
  const auto there = link.sqlstate() == "42P06" || link.sqlstate() == "23505";
  if (!made && !there)
    return made.error();
  return {};
}

result<void> sweep(postgres_link& link, const table_name& target,
                   const std::string& sync, const std::string& task) {
  const staging_names names{target.table, longest_postgres_name};
  auto found = link.run(
      "SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), '') "
      "FROM "
      "pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
      "n.nspname = $1 AND c.relkind = 'r' AND starts_with(c.relname, $2)",
      {target.schema, names.head()});
  if (!found)
    return found.error();
  for (const auto& row : *found) {
    const auto name = text(row[0]);
    const auto comment = text(row[1]);
    const auto maker = staging_names::maker_of(comment, sync);
    auto dead = names.is_old(name) && !staging_names::is_foreign(comment);
    if (!dead && names.made_at(name) >= 0 && maker && *maker != task) {
      auto alive =
          link.run("SELECT FROM pg_stat_activity WHERE application_name = $1",
                   {application_name(std::string{*maker})});
      if (!alive)
        return alive.error();
      dead = alive->empty();
    }
    if (dead)
      if (auto ok =
              link.run("DROP TABLE IF EXISTS " + quote({target.schema, name}));
          !ok)
        return ok.error();
  }
  return {};
}

result<void> check_staged(postgres_link& link, const table_name& staging,
                          const table_builder& sent) {
  auto found = link.run("SELECT count(*) FROM " + quote(staging));
  return found
             ? check_staged_rows(sent, text(found->front()[0]), quote(staging))
             : found.error();
}

std::string application_name(const std::string& task) {
  // Postgres cuts at 63 bytes.
  return std::string{cut_bytes("motorcade " + task, 63)};
}

} // namespace motorcade
