#include "runtime/destination/clickhouse/clickhouse_loader.hpp"

#include "runtime/base/log.hpp"
#include "runtime/destination/clickhouse/clickhouse_types.hpp"
#include "runtime/destination/tables/column_names.hpp"
#include "runtime/destination/warehouse/own_tables.hpp"
#include "runtime/destination/warehouse/staged_rows.hpp"
#include "runtime/destination/warehouse/staging_names.hpp"
#include "schema/base/counted.hpp"

#include <utility>

namespace motorcade {

namespace {

constexpr auto most_name_bytes = 127;

/// The most bytes of text in one INSERT: ClickHouse makes a part of each
/// INSERT, and few parts are best.
constexpr size_t insert_bytes = 16u << 20;

/// ClickHouse's code of what a database engine cannot do.
constexpr int not_implemented = 48;

} // namespace

std::string clickhouse_database_of(const upload_request& request,
                                   const std::string& fallback) {
  const auto& space = request.target_namespace;
  return space.empty()
             ? fallback
             : make_table_name(space, most_name_bytes, request.to_same_case);
}

std::string clickhouse_table_of(const upload_request& request) {
  return make_table_name(request.table, most_name_bytes, request.to_same_case);
}

const column_shape* clickhouse_target::find(std::string_view column) const {
  for (const auto& one : columns)
    if (one.name == column)
      return &one.shape;
  return nullptr;
}

clickhouse_loader::clickhouse_loader(clickhouse_pool_ptr pool,
                                     const upload_request& request,
                                     const interruption& stop)
    : pool_{std::move(pool)},
      request_{request},
      stop_{stop},
      database_{clickhouse_database_of(request_, pool_->config().database)},
      table_{clickhouse_table_of(request_)} {}

void clickhouse_loader::take_link() {
  if (!link_)
    link_ = pool_->take(stop_);
}

result<void> clickhouse_loader::run(const std::string& statement) {
  auto ok = link_->run(statement);
  return ok ? result<void>{} : ok.error();
}

// -- rows --------------------------------------------------------------------

result<clickhouse_target> clickhouse_loader::look() {
  clickhouse_target out;
  const auto where = " WHERE database = " + clickhouse_literal(database_)
                     + " AND table = " + clickhouse_literal(table_);
  // The answer has one row, also if there is no such table: an answer without
  // rows is not ClickHouse's.
  auto engine =
      link_->rows("SELECT any(engine) FROM system.tables WHERE database = "
                      + clickhouse_literal(database_)
                      + " AND name = " + clickhouse_literal(table_),
                  1);
  if (!engine)
    return engine.error();
  if (engine->size() != 1)
    return failure{ec::destination_rejected,
                   "ClickHouse: the server answers a question for one row with "
                       + counted(engine->size(), "row")
                       + ". Is this the port of its HTTP interface?"};
  const auto& kind = engine->front().front();
  if (kind.empty())
    return out;
  if (kind.ends_with("View") || kind == "Dictionary")
    return failure{ec::destination_rejected,
                   database_ + '.' + table_ + " is a " + kind
                       + ", and rows go to tables alone"};
  auto columns = link_->rows("SELECT name, type, default_kind FROM "
                             "system.columns"
                                 + where + " ORDER BY position",
                             3);
  if (!columns)
    return columns.error();
  out.exists = true;
  for (auto& row : *columns) {
    auto shape = shape_of_clickhouse_type(row[1]);
    shape.read_only = row[2] == "MATERIALIZED" || row[2] == "ALIAS";
    out.columns.push_back({std::move(row[0]), std::move(shape)});
  }
  return out;
}

result<void> clickhouse_loader::sweep() {
  const staging_names names{table_, most_name_bytes};
  auto found =
      link_->rows("SELECT name, comment FROM system.tables WHERE database = "
                      + clickhouse_literal(database_) + " AND startsWith(name, "
                      + clickhouse_literal(names.head()) + ")",
                  2);
  if (!found)
    return found.error();
  for (const auto& row : *found) {
    // A sync runs once at a time: its other tasks have ended.
    const auto maker = staging_names::maker_of(row[1], request_.connection_id);
    const auto dead =
        names.is_old(row[0])
        || (names.made_at(row[0]) >= 0 && maker && *maker != request_.task_id);
    if (auto ok = dead ? run(sql_->drop(row[0])) : result<void>{}; !ok)
      return ok;
  }
  return {};
}

result<void> clickhouse_loader::make_database() {
  // CREATE DATABASE IF NOT EXISTS needs the right to create even if the
  // database is there.
  auto found = link_->rows("SELECT name FROM system.databases WHERE name = "
                               + clickhouse_literal(database_),
                           1);
  if (!found)
    return found.error();
  return found->empty()
             ? run(create_clickhouse_database(pool_->config(), database_))
             : result<void>{};
}

result<void> clickhouse_loader::begin() {
  take_link();
  if (builder_)
    return {};
  if (auto ok = make_database(); !ok)
    return ok;
  auto target = look();
  if (!target)
    return target.error();
  target_ = *std::move(target);
  if (auto ok = check_not_ours(table_, target_.columns); !ok)
    return ok;
  const auto dialect = clickhouse_dialect();
  builder_.emplace(rules_of(request_, dialect, target_.columns), wire_);
  sql_.emplace(pool_->config(), database_, table_,
               staging_names{table_, most_name_bytes}.make(), builder_->key(),
               cursor_of(request_, dialect));
  // A failure to drop left-over tables does not stop new rows.
  if (auto swept = sweep(); !swept) {
    if (swept.error().code == ec::destination_unavailable)
      return swept;
    log::warn("left-over tables of {} could not be dropped: {}", table_,
              swept.error().what);
  }
  return {};
}

result<void> clickhouse_loader::add(const block& rows) {
  if (auto ok = begin(); !ok)
    return ok;
  return builder_->add(rows.view(), *this);
}

result<void> clickhouse_loader::on_layout(const table_layout& layout) {
  if (auto ok = send_rows(); !ok)
    return ok;
  insert_ = sql_->stage(layout);
  const auto first = staged_.empty();
  const auto statement =
      first ? sql_->create_staging(
          layout,
          staging_names::comment(request_.connection_id, request_.task_id))
            : sql_->add_to_staging(layout, staged_);
  staged_.clear();
  for (const auto& column : layout.columns())
    for (const auto& part : column.parts)
      staged_.push_back(part.name);
  if (first)
    made_.push_back(sql_->staging());
  return statement.empty() ? result<void>{} : run(statement);
}

result<void> clickhouse_loader::on_rows(std::string_view wire) {
  body_.append(wire);
  return body_.raw_bytes() >= insert_bytes ? send_rows() : result<void>{};
}

result<void> clickhouse_loader::send_rows() {
  if (body_.raw_bytes() == 0)
    return {};
  auto ok = link_->run(insert_,
                       {{"date_time_input_format", "best_effort"},
                        {"input_format_null_as_default", "1"}},
                       body_.take());
  return ok ? result<void>{} : ok.error();
}

result<void> clickhouse_loader::pause() {
  pool_->give(std::move(link_));
  return {};
}

void clickhouse_loader::clean_up() noexcept {
  try {
    if (!made_.empty()) {
      const interruption never;
      if (!link_)
        link_ = pool_->take(never);
      link_->use(never);
      for (const auto& table : made_)
        if (auto ok = run(sql_->drop(table)); !ok)
          log::warn("the table {} is left over until the next sync: {}", table,
                    ok.error().what);
    }
    pool_->give(std::move(link_));
  } catch (const std::exception& error) {
    log::warn("a table of {} may be left over: {}", table_, error.what());
  }
}

// -- the commit --------------------------------------------------------------

result<void> clickhouse_loader::check_target() {
  auto now = look();
  if (!now)
    return now.error();
  if (auto ok = check_unchanged(builder_->layout(), *now,
                                database_ + '.' + table_, is_no_column);
      !ok)
    return ok;
  target_ = *std::move(now);
  return {};
}

result<void> clickhouse_loader::check_staging() {
  if (staged_.empty())
    return {};
  const auto name =
      quote_clickhouse(database_) + '.' + quote_clickhouse(sql_->staging());
  auto found = link_->rows("SELECT count() FROM " + name, 1);
  return found ? check_staged_rows(*builder_, found->front()[0], name)
               : found.error();
}

result<void> clickhouse_loader::commit() {
  if (auto ok = begin(); !ok)
    return ok;
  if (changes_nothing(request_, *builder_, target_.exists))
    return {};
  if (builder_->bare_rows() > 0)
    return failure{ec::destination_rejected,
                   "the rows have no columns, and ClickHouse cannot add them "
                   "to "
                       + database_ + '.' + table_};
  if (auto ok = send_rows(); !ok)
    return ok;
  if (auto ok = check_target(); !ok)
    return ok;
  if (auto ok = check_staging(); !ok)
    return ok;
  return request_.mode == write_mode::replace_table ? replace() : append();
}

result<void> clickhouse_loader::fill(const std::string& table) {
  std::vector<std::pair<std::string, std::string>> settings = {
      {"insert_null_as_default", "1"}};
  // ClickHouse knows a request that is sent again by its number: its blocks are
  // the same only if one thread makes them.
  if (request_.unit > 0 && request_.mode == write_mode::batch)
    settings.insert(
        settings.end(),
        {{"insert_deduplicate", "1"},
         {"max_threads", "1"},
         {"max_insert_threads", "1"},
         {"insert_deduplication_token",
          request_.connection_id + '/' + request_.stream + '/'
              + request_.task_id + '/' + std::to_string(request_.unit)}});
  auto ok = link_->run(sql_->insert(table, builder_->layout()), settings);
  return ok ? result<void>{} : ok.error();
}

result<void> clickhouse_loader::append() {
  const auto& layout = builder_->layout();
  const auto change = target_.exists ? sql_->add_columns(table_, layout)
                                     : sql_->create(table_, layout);
  if (auto ok = change.empty() ? result<void>{} : run(change); !ok)
    return ok;
  return fill(table_);
}

result<void> clickhouse_loader::replace() {
  const auto& layout = builder_->layout();
  if (builder_->rows() == 0)
    return run(sql_->truncate_target());
  const auto successor = staging_names{table_, most_name_bytes}.make();
  made_.push_back(successor);
  if (target_.exists) {
    if (auto ok = run(sql_->create_like_target(successor)); !ok)
      return ok;
    const auto change = sql_->add_columns(successor, layout);
    if (auto ok = change.empty() ? result<void>{} : run(change); !ok)
      return ok;
  } else if (auto ok = run(sql_->create(successor, layout)); !ok) {
    return ok;
  }
  if (auto ok = fill(successor); !ok)
    return ok;
  if (!target_.exists) {
    auto ok = run(sql_->rename_to_target(successor));
    if (ok)
      made_.pop_back();
    return ok;
  }
  auto ok = run(sql_->exchange(successor));
  if (ok || link_->code() != not_implemented)
    return ok;
  const auto old = staging_names{table_, most_name_bytes}.make();
  ok = run(sql_->rename_both(successor, old));
  if (ok)
    made_.back() = old;
  return ok;
}

} // namespace motorcade
