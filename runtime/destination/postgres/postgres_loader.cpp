#include "runtime/destination/postgres/postgres_loader.hpp"

#include "runtime/base/log.hpp"
#include "runtime/destination/postgres/postgres_types.hpp"
#include "runtime/destination/warehouse/own_tables.hpp"
#include "runtime/destination/warehouse/staging_names.hpp"
#include "schema/task/tables.hpp"

#include <algorithm>

namespace motorcade {

postgres_loader::postgres_loader(postgres_pool_ptr pool,
                                 const upload_request& request,
                                 const interruption& stop)
    : pool_{std::move(pool)},
      request_{request},
      stop_{stop},
      target_name_{target_of(request_, pool_->config().default_schema)} {}

// -- rows --------------------------------------------------------------------

result<void> postgres_loader::take_link() {
  if (link_)
    return {};
  auto link = pool_->take(stop_);
  if (!link)
    return link.error();
  link_ = *std::move(link);
  return {};
}

result<void> postgres_loader::begin() {
  if (auto ok = take_link(); !ok || builder_)
    return ok;
  if (auto ok = ensure_schema(*link_, target_name_.schema); !ok)
    return ok;
  auto target = find_target<postgres_target>(*link_, target_name_, request_);
  if (!target)
    return target.error();
  target_ = *std::move(target);
  const auto dialect = postgres_dialect();
  builder_.emplace(rules_of(request_, dialect, target_.columns), wire_);
  sql_.emplace(
      target_name_,
      table_name{
          target_name_.schema,
          staging_names{target_name_.table, longest_postgres_name}.make()},
      builder_->key(), cursor_of(request_, dialect));
  return {};
}

result<void> postgres_loader::add(const block& rows) {
  if (auto ok = begin(); !ok)
    return ok;
  return builder_->add(rows.view(), *this);
}

result<void> postgres_loader::on_layout(const table_layout& layout) {
  if (auto ok = end_copy(); !ok)
    return ok;
  copy_statement_ = sql().copy(layout);
  if (!staging_made_)
    return make_staging(layout);
  const auto change = sql().add_to_staging(layout, staged_);
  staged_.clear();
  for (const auto& column : layout.columns())
    for (const auto& part : column.parts)
      staged_.push_back(part.name);
  return change.empty() ? result<void>{} : run(change);
}

result<void> postgres_loader::make_staging(const table_layout& layout) {
  // The table may be there although the answer is lost; a refusal leaves none.
  staging_made_ = true;
  for (const auto& column : layout.columns())
    for (const auto& part : column.parts)
      staged_.push_back(part.name);
  // Rows that are copied on into a table that exists need no write-ahead log
  // here.
  staging_logged_ = !target_.exists;
  auto ok = run(sql().create_staging(
      layout, staging_logged_,
      staging_names::comment(request_.connection_id, request_.task_id)));
  if (!ok && link_->open())
    staging_made_ = false;
  return ok;
}

result<void> postgres_loader::on_rows(std::string_view wire) {
  if (!copying_) {
    if (auto ok = link_->begin_copy(copy_statement_); !ok)
      return blame(ok.error());
    copying_ = true;
  }
  return link_->copy(wire);
}

result<void> postgres_loader::end_copy() {
  if (!std::exchange(copying_, false))
    return {};
  return link_->end_copy();
}

result<void> postgres_loader::pause() {
  if (!link_)
    return {};
  auto ok = end_copy();
  staging_left_ = staging_left_ || staging_made_;
  pool_->give(std::move(link_));
  return ok;
}

void postgres_loader::clean_up() noexcept {
  try {
    if (copying_ || !link_ || !link_->open())
      link_.reset();
    if (staging_made_) {
      // The server may be away: it is not waited for long.
      constexpr std::chrono::seconds patience{5};
      const interruption never;
      if (!link_)
        if (auto link = pool_->take(never, patience))
          link_ = *std::move(link);
      if (link_) {
        link_->use(never);
        const auto ok = run("SET LOCAL lock_timeout TO '10s'; "
                            "DROP TABLE IF EXISTS "
                            + quote(sql().staging()));
        if (!ok)
          log::warn("{} is left over until the next sync: {}",
                    quote(sql().staging()), ok.error().what);
      }
    }
    pool_->give(std::move(link_));
  } catch (const std::exception& error) {
    log::warn("a table of {} may be left over: {}", quote(target_name_),
              error.what());
  }
}

// -- the commit --------------------------------------------------------------

result<void> postgres_loader::run(const std::string& statement) {
  auto ok = link_->run(statement);
  return ok ? result<void>{} : blame(ok.error());
}

failure postgres_loader::blame(failure reason) const {
  // Another attempt makes the table anew.
  if (link_->sqlstate() == "42P01"
      && reason.what.find(sql().staging().table) != std::string::npos)
    reason.code = ec::destination_unavailable;
  return reason;
}

result<void> postgres_loader::run_all(const std::vector<std::string>& all) {
  for (const auto& statement : all)
    if (auto ok = run(statement); !ok)
      return ok;
  return {};
}

result<void> postgres_loader::check_target() {
  auto now = look_at(*link_, target_name_);
  if (!now)
    return now.error();
  if (auto ok = check_unchanged(builder_->layout(), *now, quote(target_name_),
                                is_of_same_type);
      !ok)
    return ok;
  target_ = *std::move(now);
  return {};
}

result<void> postgres_loader::adopt_staging() {
  const auto statements = sql().adopt(builder_->layout(), make_key_name());
  for (const auto& statement : statements) {
    const auto first = &statement == &statements.front();
    auto ok = first && !builder_->key().empty()
                  ? run_without_duplicates(statement)
                  : run(statement);
    if (!ok)
      return ok;
  }
  return {};
}

result<void> postgres_loader::empty_target() {
  return run((target_.keep_off_truncate ? "DELETE FROM " : "TRUNCATE ")
             + quote(target_name_));
}

result<void> postgres_loader::move_rows() {
  const auto& layout = builder_->layout();
  if (!target_.exists) {
    if (auto ok = run(sql().create_target(layout)); !ok)
      return ok;
    target_.exists = true;
  } else {
    if (request_.mode == write_mode::replace_table)
      if (auto ok = empty_target(); !ok)
        return ok;
    const auto change = sql().add_to_target(layout);
    if (auto ok = change.empty() ? result<void>{} : run(change); !ok)
      return ok;
  }
  if (auto bare = builder_->bare_rows(); bare > 0)
    return run("INSERT INTO " + quote(target_name_)
               + " SELECT FROM generate_series(1, " + std::to_string(bare)
               + ')');
  if (!staging_made_)
    return {};
  if (auto ok = fit_key(); !ok)
    return ok;
  return merge();
}

result<void> postgres_loader::fit_key() {
  const auto& wanted = builder_->key();
  const auto ours = target_.key_name.starts_with(own_key_prefix);
  if (ours && target_.key != wanted) {
    if (auto ok = run("ALTER TABLE " + quote(target_name_) + " DROP CONSTRAINT "
                      + quote_identifier(target_.key_name));
        !ok)
      return ok;
    for (const auto& column : target_.key)
      if (auto ok = let_nulls_in(column); !ok)
        return ok;
    std::erase(target_.unique, target_.key);
    target_.key_name.clear();
  }
  if (wanted.empty() || !target_.key_name.empty())
    return {};
  auto ok = run(sql().add_key(target_name_, make_key_name()));
  if (!ok && (link_->sqlstate() == "23505" || link_->sqlstate() == "23502"))
    return failure{ec::destination_rejected,
                   "the table " + quote(target_name_) + " cannot get the key ("
                       + quote_all(wanted)
                       + "): rows that are there have the same or no value; "
                         "remove them, or read with DEDUPLICATE=false "
                         "(options.deduplicate of a sync): "
                       + ok.error().what};
  if (ok)
    target_.unique.push_back(wanted);
  return ok;
}

result<void> postgres_loader::let_nulls_in(const std::string& column) {
  const auto& layout = builder_->layout();
  const auto place = layout.find(column);
  if (!place)
    return {};
  std::string is_null;
  for (const auto& part : layout[*place].parts)
    is_null += (is_null.empty() ? "" : " AND ") + quote_identifier(part.name)
               + " IS NULL";
  auto found = link_->run("SELECT 1 FROM " + quote(sql().staging()) + " WHERE "
                          + is_null + " LIMIT 1");
  if (!found)
    return found.error();
  return found->empty()
             ? result<void>{}
             : run("ALTER TABLE " + quote(target_name_) + " ALTER COLUMN "
                   + quote_identifier(column) + " DROP NOT NULL");
}

result<void> postgres_loader::merge() {
  const auto& layout = builder_->layout();
  const auto& key = builder_->key();
  if (key.empty()) {
    auto ok = run(sql().insert(layout));
    if (ok)
      warn_of_rows_kept_out(request_, *builder_, link_->affected(),
                            quote(target_name_));
    return ok;
  }
  if (!target_.is_unique(key)) {
    if (auto ok = run(sql().drop_duplicates(layout)); !ok)
      return ok;
    return run_all(sql().update_then_insert(layout));
  }
  // In an emptied table only the request's own rows can meet.
  auto ok = run_without_duplicates(request_.mode == write_mode::replace_table
                                       ? sql().insert(layout)
                                       : sql().upsert(layout));
  if (ok)
    warn_of_rows_kept_out(request_, *builder_, link_->affected(),
                          quote(target_name_));
  return ok;
}

result<void>
postgres_loader::run_without_duplicates(const std::string& statement) {
  if (auto ok = run("SAVEPOINT duplicates"); !ok)
    return ok;
  auto ok = run(statement);
  const auto twice =
      !ok && (link_->sqlstate() == "23505" || link_->sqlstate() == "21000");
  if (!twice)
    return ok;
  return run_all({"ROLLBACK TO SAVEPOINT duplicates",
                  sql().drop_duplicates(builder_->layout()), statement});
}

} // namespace motorcade
