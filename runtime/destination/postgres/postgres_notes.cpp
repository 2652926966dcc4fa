#include "runtime/destination/postgres/postgres_notes.hpp"

#include "runtime/destination/postgres/postgres_target.hpp"
#include "runtime/destination/warehouse/own_tables.hpp"

#include <set>
#include <utility>

namespace motorcade {

namespace {

std::string commits_of(const std::string& schema) {
  return quote({schema, std::string{commits_table}});
}

std::string states_of(const std::string& schema) {
  return quote({schema, std::string{noted_states_table}});
}

/// @returns which of the two tables exist.
result<std::pair<bool, bool>> look_for(postgres_link& link,
                                       const std::string& first,
                                       const std::string& second) {
  auto found = link.run("SELECT to_regclass($1) IS NOT NULL, to_regclass($2) "
                        "IS NOT NULL",
                        {first, second});
  if (!found)
    return found.error();
  return std::pair{found->front()[0] == "t", found->front()[1] == "t"};
}

result<void>
without_rows(const result<std::vector<postgres_link::row>>& answer) {
  return answer ? result<void>{} : answer.error();
}

} // namespace

postgres_notes::postgres_notes(const upload_request& request,
                               const std::string& schema)
    : request_{request},
      commits_{commits_of(schema)},
      states_{states_of(schema)} {}

result<bool> postgres_notes::begin(postgres_link& link, bool of_request,
                                   bool of_states) const {
  if (!of_request && !of_states)
    return true;
  if (auto made = make_tables(link, of_request, of_states); !made)
    return made.error();
  return of_request ? note_request(link) : true;
}

result<void> postgres_notes::make_tables(postgres_link& link, bool of_request,
                                         bool of_states) const {
  auto there = look_for(link, commits_, states_);
  if (!there)
    return there.error();
  std::string missing;
  if (of_request && !there->first)
    missing += "CREATE TABLE IF NOT EXISTS " + commits_
               + " (sync_id text, stream text, unit text, committed_at "
                 "timestamptz NOT NULL DEFAULT now(), PRIMARY KEY "
                 "(sync_id, stream, unit));";
  if (of_states && !there->second)
    missing += "CREATE TABLE IF NOT EXISTS " + states_
               + " (sync_id text, stream text, links text NOT NULL, state text "
                 "NOT NULL, committed_at timestamptz NOT NULL DEFAULT now(), "
                 "PRIMARY KEY (sync_id, stream));";
  if (missing.empty())
    return {};
  return without_rows(
      link.run("SELECT pg_advisory_xact_lock(2434393572212259762);" + missing));
}

result<bool> postgres_notes::note_request(postgres_link& link) const {
  auto put = link.run(
      "INSERT INTO " + commits_
          + " (sync_id, stream, unit) VALUES ($1, $2, $3) ON CONFLICT DO "
            "NOTHING",
      {request_.connection_id, request_.stream,
       request_.task_id + "/" + std::to_string(request_.unit)});
  if (!put)
    return put.error();
  const auto fresh = link.affected() == 1;
  if (fresh && request_.unit == 1)
    // No attempt is repeated after a month.
    if (auto ok = link.run("DELETE FROM " + commits_
                               + " WHERE sync_id = $1 AND committed_at < "
                                 "now() - interval '30 days'",
                           {request_.connection_id});
        !ok)
      return ok.error();
  return fresh;
}

std::string
postgres_notes::statements_of(std::span<const state_note> states) const {
  std::string out;
  for (const auto& note : states)
    out +=
        "INSERT INTO " + states_ + " (sync_id, stream, links, state) VALUES ("
        + quote_literal(request_.connection_id) + ", " + quote_literal(note.key)
        + ", " + quote_literal(join_links(note.links)) + ", "
        + quote_literal(note.state)
        + ") ON CONFLICT (sync_id, stream) DO UPDATE SET links = "
          "excluded.links, state = excluded.state, committed_at = now();";
  return out;
}

result<std::vector<state_note>>
find_noted_states(postgres_link& link, const std::vector<table_name>& targets,
                  const std::string& sync) {
  std::set<std::string> tables;
  for (const auto& target : targets)
    tables.insert(quote(target));
  if (auto ok = lock_commits(link, tables); !ok)
    return ok.error();
  std::vector<state_note> out;
  for (const auto& schema : schemas_of(targets)) {
    const auto states = states_of(schema);
    auto there = look_for(link, states, states);
    if (!there)
      return there.error();
    if (!there->first)
      continue;
    auto rows = link.run("SELECT stream, links, state FROM " + states
                             + " WHERE sync_id = $1 ORDER BY stream",
                         {sync});
    if (!rows)
      return rows.error();
    for (const auto& row : *rows)
      out.push_back({row[0].value_or(""), row[2].value_or("null"),
                     split_links(row[1].value_or(""))});
  }
  return out;
}

result<void> forget_noted_states(postgres_link& link,
                                 const std::vector<table_name>& targets,
                                 const std::string& sync) {
  for (const auto& schema : schemas_of(targets)) {
    const auto states = states_of(schema);
    const auto commits = commits_of(schema);
    auto there = look_for(link, states, commits);
    if (!there)
      return there.error();
    // Rows that another sync has locked are deleted the next time.
    const auto forget_old = [&](const std::string& table) {
      return "DELETE FROM " + table + " WHERE ctid IN (SELECT ctid FROM "
             + table
             + " WHERE committed_at < now() - interval '30 days' FOR UPDATE "
               "SKIP LOCKED);";
    };
    std::string all;
    if (there->first)
      all += "DELETE FROM " + states + " WHERE sync_id = " + quote_literal(sync)
             + ';' + forget_old(states);
    if (there->second)
      all += forget_old(commits);
    if (auto done = all.empty() ? result<void>{} : without_rows(link.run(all));
        !done)
      return done;
  }
  return {};
}

} // namespace motorcade
