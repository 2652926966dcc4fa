#pragma once

#include "runtime/base/log.hpp"
#include "runtime/destination/destination.hpp"
#include "runtime/destination/tables/column_names.hpp"
#include "runtime/destination/tables/table_builder.hpp"
#include "runtime/destination/warehouse/own_tables.hpp"
#include "runtime/destination/warehouse/sql_text.hpp"
#include "runtime/destination/warehouse/table_loader.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace motorcade {

/// @returns the rules for the table that is made of a request's rows.
inline table_rules rules_of(const upload_request& request,
                            table_dialect dialect,
                            std::vector<target_column> target) {
  table_rules out;
  out.dialect = dialect;
  out.to_same_case = request.to_same_case;
  out.fields = request.fields;
  out.key = request.primary_key;
  out.target = std::move(target);
  out.changes_column = request.changes_column;
  return out;
}

/// @returns the column whose largest value tells which row of a key counts;
/// empty: there is none.
inline std::string cursor_of(const upload_request& request,
                             const table_dialect& dialect) {
  return request.cursor.empty()
             ? std::string{}
             : make_column_name(request.cursor, dialect, request.to_same_case);
}

/// Reads the table as it is before a request's first row. Before that it drops
/// the tables that earlier attempts at requests for it have left, as far as
/// that is possible.
/// @tparam Target The type that `look_at` of the warehouse's room returns; the
/// other function of that room is `sweep`.
/// @returns destination_rejected if rows must not go there.
template <class Target, class Link>
result<Target> find_target(Link& link, const table_name& table,
                           const upload_request& request) {
  // Left-over tables do not keep new rows away.
  if (auto swept = sweep(link, table, request.connection_id, request.task_id);
      !swept) {
    if (!link.open())
      return swept.error();
    log::warn("left-over tables of {} could not be dropped: {}", quote(table),
              swept.error().what);
  }
  result<Target> out = look_at(link, table);
  if (!out)
    return out;
  if (auto ok = check_not_ours(table.table, out->columns); !ok)
    return ok.error();
  return out;
}

/// For `check_unchanged`: a column that was added meanwhile does no harm if it
/// is of the type that is wanted. The statement that adds it passes over it.
inline bool is_of_same_type(const table_column& wanted,
                            const column_shape& found) {
  return found == wanted.shape();
}

/// For `check_unchanged`: no column may have been added meanwhile.
inline bool is_no_column(const table_column&, const column_shape&) {
  return false;
}

/// Fails with destination_unavailable if another program added or changed a
/// column for which a request has values: its rows were made for the table as
/// it was.
/// @param now The table at the commit; has `find`, as `mysql_target`.
/// @param table Its name, for people.
/// @param may_be_there Called as `may_be_there(wanted, found)`: returns whether
/// a column that the commit is about to add may be there already, with the
/// shape `found`.
template <class Target, class Harmless>
result<void> check_unchanged(const table_layout& layout, const Target& now,
                             const std::string& table, Harmless may_be_there) {
  for (const auto& column : layout.columns()) {
    const auto* shape = now.find(column.name);
    const auto same = column.in_target
                          ? shape != nullptr && *shape == column.shape()
                          : shape == nullptr || may_be_there(column, *shape);
    if (!same)
      return failure{ec::destination_unavailable,
                     "the table " + table
                         + " was changed meanwhile by another program (column "
                         + column.name + ")"};
  }
  return {};
}

/// Lends the link of a joint commit to one of its loaders, and takes it back.
template <class Link>
class lent_link {
public:
  /// @param from Holds the link; empty while this lives.
  lent_link(std::unique_ptr<Link>& from, std::unique_ptr<Link>& to)
      : from_{from}, to_{to} {
    to_ = std::move(from_);
  }

  ~lent_link() { from_ = std::move(to_); }

  lent_link(const lent_link&) = delete;
  lent_link& operator=(const lent_link&) = delete;

private:
  std::unique_ptr<Link>& from_;
  std::unique_ptr<Link>& to_;
};

/// @returns the failure of requests that cannot be committed in one
/// transaction: the second would find another table than the one that its rows
/// were made for.
inline failure two_of_a_table(const std::string& table) {
  return {ec::destination_unavailable,
          "two streams go to the table " + table
              + ", so that they are not committed together"};
}

/// Commits several requests in one transaction, by loaders of their warehouse's
/// own class; if two of them go to one table, fails with `two_of_a_table`.
/// @tparam Loader The class of all of them.
/// @param table_of Called with a loader; returns the name of its table, which
/// is the same for the same table alone.
/// @param commit Called with all loaders; returns its joint_outcome.
template <class Loader, class TableOf, class Commit>
joint_outcome commit_loaders(std::span<table_loader* const> all,
                             TableOf table_of, Commit commit) {
  std::vector<Loader*> loaders;
  std::set<std::string> tables;
  for (auto* one : all) {
    auto* loader = dynamic_cast<Loader*>(one);
    const std::string table = table_of(*loader);
    if (!tables.insert(table).second)
      return {two_of_a_table(table), loaders.size(), true};
    loaders.push_back(loader);
  }
  return commit(loaders);
}

/// Prepares the requests of a transaction, until one fails.
/// @param prepare Called with the place of each; returns whether it has
/// something to commit.
/// @param busy Takes the places of those that have.
template <class Prepare>
joint_outcome prepare_all(size_t count, Prepare prepare,
                          std::vector<size_t>& busy) {
  for (size_t i = 0; i < count; ++i) {
    result<bool> ready = prepare(i);
    if (!ready)
      return {ready.error(), i};
    if (*ready)
      busy.push_back(i);
  }
  return {};
}

/// @returns the outcome of a transaction of several requests that failed as a
/// whole: where that would be final, each is tried by itself.
inline joint_outcome as_joint(failure reason, bool joint) {
  joint_outcome out;
  out.apart = joint && reason.code == ec::destination_rejected;
  if (out.apart)
    reason.code = ec::destination_unavailable;
  out.how = std::move(reason);
  return out;
}

/// @returns whether the commit of a request leaves the warehouse as it is:
/// there are no rows, and no table that they would have replaced.
/// @param table_exists Whether the stream's table did before the commit.
inline bool changes_nothing(const upload_request& request,
                            const table_builder& builder, bool table_exists) {
  return builder.rows() == 0
         && (!table_exists || request.mode == write_mode::batch);
}

/// @returns whether a request has something to commit; destination_rejected if
/// its rows have no columns and there is no table to add them to.
/// @param table Its name, for people.
inline result<bool> needs_commit(const upload_request& request,
                                 const table_builder& builder,
                                 bool table_exists, const std::string& table) {
  if (changes_nothing(request, builder, table_exists))
    return false;
  if (builder.bare_rows() > 0 && !table_exists)
    return failure{ec::destination_rejected,
                   "the rows have no columns, and there is no table " + table
                       + " to add them to"};
  return true;
}

/// @returns whether the warehouse must note that a request was committed, so
/// that no later attempt brings its rows again. Rows that are merged or replace
/// the table may come twice: the table is the same.
/// @param tried_together Whether a joint commit was tried: it may have used up
/// the request's own table.
inline bool must_be_noted(const upload_request& request,
                          const table_builder& builder, bool tried_together) {
  return request.unit != 0
         && (tried_together
             || (request.mode == write_mode::batch && builder.key().empty()));
}

/// Logs that the rows of a request are in the warehouse already.
inline void log_earlier_commit(const upload_request& request) {
  log::info("the rows of request {} of stream {} were committed by an earlier "
            "attempt whose answer was lost; not sending them again",
            request.unit, request.stream);
}

/// Warns if the statement that moved a request's rows into their table brought
/// fewer than it should have: a trigger or a rule may leave rows out without an
/// error.
/// @param came The rows that the statement touched.
/// @param table Its name, for people.
inline void warn_of_rows_kept_out(const upload_request& request,
                                  const table_builder& builder, uint64_t came,
                                  const std::string& table) {
  const auto rows = builder.rows() - builder.bare_rows();
  const auto& key = builder.key();
  // Rows of one key become one; those that are nothing but a key may all be
  // there already, unless the table was emptied.
  const auto some = request.mode == write_mode::replace_table
                    || builder.layout().columns().size() > key.size();
  if (came < (key.empty() ? rows : some ? 1 : 0))
    log::warn("of {} rows {} came into the table {}: a trigger or a rule of "
              "that table drops the others, or puts them elsewhere",
              rows, came, table);
}

/// @returns what a committed request did, by the table that was made of it.
/// @param builder Nothing: rows went out as they came.
/// @param table_exists As the loader last saw it.
inline load_summary summarize(const upload_request& request,
                              const std::optional<table_builder>& builder,
                              bool table_exists) {
  load_summary out;
  if (!builder || changes_nothing(request, *builder, table_exists))
    return out;
  const auto& columns = builder->layout().columns();
  out.columns_added = static_cast<uint64_t>(
      std::count_if(columns.begin(), columns.end(),
                    [](const table_column& one) { return !one.in_target; }));
  out.values_unmapped = builder->unmapped();
  if (request.mode == write_mode::batch && !builder->key().empty())
    out.rows_merged = builder->rows();
  return out;
}

} // namespace motorcade
