#include "runtime/destination/mysql/mysql_loader.hpp"

#include "runtime/base/log.hpp"
#include "runtime/destination/mysql/mysql_types.hpp"
#include "runtime/destination/warehouse/own_tables.hpp"
#include "runtime/destination/warehouse/staging_names.hpp"
#include "schema/task/tables.hpp"

#include <algorithm>

namespace motorcade {

namespace {

/// The bytes of rows that are gathered for one statement: to the server each
/// statement is a transaction.
constexpr size_t load_bytes = 2u << 20;

// https://mariadb.com/kb/en/mariadb-error-codes/
constexpr unsigned duplicate_entry = 1062;
constexpr unsigned key_too_long = 1071;
constexpr unsigned text_without_length = 1170;

} // namespace

mysql_loader::mysql_loader(mysql_pool_ptr pool, const upload_request& request,
                           const interruption& stop)
    : pool_{std::move(pool)},
      request_{request},
      stop_{stop},
      target_name_{mysql_table_of(request_, pool_->config().database)} {}

// -- rows --------------------------------------------------------------------

result<void> mysql_loader::take_link() {
  if (link_)
    return {};
  auto link = pool_->take(stop_);
  if (!link)
    return link.error();
  link_ = *std::move(link);
  return {};
}

result<void> mysql_loader::begin() {
  if (auto ok = take_link(); !ok || builder_)
    return ok;
  if (auto ok = ensure_database(*link_, target_name_.schema); !ok)
    return ok;
  auto target = find_target<mysql_target>(*link_, target_name_, request_);
  if (!target)
    return target.error();
  target_ = *std::move(target);
  const auto dialect = mysql_dialect();
  builder_.emplace(rules_of(request_, dialect, target_.columns), wire_);
  sql_.emplace(
      target_name_,
      table_name{
          target_name_.schema,
          staging_names{target_name_.table, dialect.max_name_bytes}.make()},
      builder_->key(), cursor_of(request_, dialect), link_->server().collation);
  return {};
}

result<void> mysql_loader::add(const block& rows) {
  if (auto ok = begin(); !ok)
    return ok;
  return builder_->add(rows.view(), *this);
}

result<void> mysql_loader::on_layout(const table_layout& layout) {
  if (auto ok = send_rows(); !ok)
    return ok;
  load_statement_ = sql().load(layout);
  const auto statement =
      staging_made_ ? sql().add_to_staging(layout, staged_)
                    : sql().create_staging(
                        layout, staging_names::comment(request_.connection_id,
                                                       request_.task_id));
  // The table is left also if the answer is lost.
  staging_made_ = true;
  staged_.clear();
  for (const auto& column : layout.columns())
    for (const auto& part : column.parts)
      staged_.push_back(part.name);
  return statement.empty() ? result<void>{} : run(statement);
}

result<void> mysql_loader::on_rows(std::string_view wire) {
  rows_.append(wire);
  return rows_.size() >= load_bytes ? send_rows() : result<void>{};
}

result<void> mysql_loader::send_rows() {
  if (rows_.size() == 0)
    return {};
  auto ok = link_->load(load_statement_, rows_.view());
  rows_.cut(0);
  return ok;
}

result<void> mysql_loader::pause() {
  if (!link_)
    return {};
  auto ok = send_rows();
  staging_left_ = staging_left_ || staging_made_;
  pool_->give(std::move(link_));
  // Hundreds of uploads may wait for rows.
  rows_ = {};
  return ok;
}

void mysql_loader::clean_up() noexcept {
  try {
    if (!link_ || !link_->open())
      link_.reset();
    if (staging_made_) {
      const auto reached = take_last_link();
      auto ok = reached ? drop_staging() : reached;
      // A connection may have been lost before, without a word.
      if (reached && !ok && !link_ && take_last_link())
        ok = drop_staging();
      if (!ok)
        log::warn("{} is left over until the next sync: {}",
                  quote(sql().staging()), ok.error().what);
    }
    pool_->give(std::move(link_));
  } catch (const std::exception& error) {
    log::warn("a table of {} may be left over: {}", quote(target_name_),
              error.what());
  }
}

result<void> mysql_loader::take_last_link() {
  if (link_)
    return {};
  // The server may be away: it is not waited for long.
  constexpr std::chrono::seconds patience{5};
  static const interruption never;
  auto link = pool_->take(never, patience);
  if (!link)
    return link.error();
  link_ = *std::move(link);
  return {};
}

result<void> mysql_loader::drop_staging() {
  const interruption never;
  link_->use(never);
  auto ok = run_all({"SET @motorcade_wait = @@SESSION.lock_wait_timeout",
                     "SET SESSION lock_wait_timeout = 10",
                     "DROP TABLE IF EXISTS " + quote(sql().staging()),
                     "SET SESSION lock_wait_timeout = @motorcade_wait"});
  // The connection has another time limit now, or is lost.
  if (!ok)
    link_.reset();
  return ok;
}

// -- the commit --------------------------------------------------------------

result<void> mysql_loader::run(const std::string& statement) {
  auto ok = link_->run(statement);
  return ok ? result<void>{} : ok.error();
}

result<void> mysql_loader::run_all(const std::vector<std::string>& all) {
  for (const auto& statement : all)
    if (auto ok = run(statement); !ok)
      return ok;
  return {};
}

result<void> mysql_loader::check_target() {
  auto now = look_at(*link_, target_name_);
  if (!now)
    return now.error();
  const auto is_ours = [this](const table_column& wanted,
                              const column_shape& found) {
    const auto* ours = fitted_.find(wanted.name);
    return ours != nullptr && *ours == found;
  };
  if (auto ok = check_unchanged(builder_->layout(), *now, quote(target_name_),
                                is_ours);
      !ok)
    return ok;
  target_ = *std::move(now);
  return {};
}

result<void> mysql_loader::fit_target() {
  const auto& layout = builder_->layout();
  if (!target_.exists) {
    if (auto ok = run(sql().create_target(layout, make_key_name())); !ok)
      return ok;
    return note_fitted();
  }
  const auto change = sql().add_to_target(layout, target_);
  if (!change.empty()) {
    if (auto ok = run(change); !ok)
      return ok;
    if (auto ok = note_fitted(); !ok)
      return ok;
  }
  return staging_made_ ? fit_key() : result<void>{};
}

result<void> mysql_loader::note_fitted() {
  auto now = look_at(*link_, target_name_);
  if (!now)
    return now.error();
  target_ = *std::move(now);
  fitted_ = target_;
  return {};
}

result<void> mysql_loader::fit_key() {
  const auto& wanted = builder_->key();
  const auto ours = std::find_if(
      target_.unique.begin(), target_.unique.end(),
      [&](const auto& one) { return one.name == target_.key_name; });
  if (ours != target_.unique.end()
      && !mysql_target{.unique = {*ours}}.is_unique(wanted)) {
    if (auto ok = run(sql().drop_key(target_.key_name)); !ok)
      return ok;
    target_.unique.erase(ours);
  }
  if (wanted.empty() || target_.is_unique(wanted))
    return {};
  for (const auto& column : builder_->layout().columns())
    if (const auto* shape = target_.find(column.name);
        shape != nullptr && !can_be_in_mysql_key(*shape)
        && std::find(wanted.begin(), wanted.end(), column.name) != wanted.end())
      // Without the index rows are merged all the same.
      return {};
  return add_key();
}

result<void> mysql_loader::add_key() {
  const auto& wanted = builder_->key();
  const auto name = make_key_name();
  auto ok = run(sql().add_key(name));
  if (ok) {
    target_.unique.push_back({name, wanted});
    return ok;
  }
  const auto error = link_->error();
  if (error == key_too_long || error == text_without_length)
    return {};
  if (error != duplicate_entry)
    return ok;
  // The rows that break the key are about to be replaced.
  key_is_due_ = request_.mode == write_mode::replace_table;
  if (key_is_due_)
    return {};
  return failure{ec::destination_rejected,
                 "the table " + quote(target_name_) + " cannot get the key ("
                     + quote_all(wanted)
                     + "): rows that are there have the same values; remove "
                       "them, or read with DEDUPLICATE=false "
                       "(options.deduplicate of a sync): "
                     + ok.error().what};
}

result<void> mysql_loader::move_rows() {
  if (request_.mode == write_mode::replace_table)
    // TRUNCATE would commit: readers would see no rows.
    if (auto ok = run("DELETE FROM " + quote(target_name_)); !ok)
      return ok;
  for (auto bare = builder_->bare_rows(); bare > 0;) {
    constexpr uint64_t at_once = 1'000;
    const auto now = std::min(bare, at_once);
    auto statement = "INSERT INTO " + quote(target_name_) + " () VALUES ()";
    for (uint64_t i = 1; i < now; ++i)
      statement += ", ()";
    if (auto ok = run(statement); !ok)
      return ok;
    bare -= now;
  }
  return staging_made_ ? merge() : result<void>{};
}

result<void> mysql_loader::merge() {
  const auto& layout = builder_->layout();
  const auto& key = builder_->key();
  if (key.empty())
    return run(sql().insert(layout));
  for (const auto& column : target_.loose)
    // Without an index of the key texts are compared byte for byte.
    if (target_.is_unique(key)
        && std::find(key.begin(), key.end(), column) != key.end())
      log::warn("the column {} of {} takes some values of a key for the same "
                "that differ, e.g. in case or in blanks at their end: their "
                "rows become one. Give it "
                "COLLATE {}",
                column, quote(target_name_), link_->server().collation);
  if (target_.meets_by_key_alone(key, layout))
    return run(sql().upsert(layout));
  // Statements about several tables need a current database.
  if (auto ok = run("USE " + quote_identifier(target_name_.schema)); !ok)
    return ok;
  if (auto ok = run(sql().drop_duplicates(layout)); !ok)
    return ok;
  return run_all(sql().update_then_insert(layout));
}

void mysql_loader::finish_key() {
  if (!key_is_due_)
    return;
  if (auto ok = run(sql().add_key(make_key_name())); !ok)
    log::warn("the table {} has no key ({}) yet: {}", quote(target_name_),
              quote_all(builder_->key()), ok.error().what);
}

} // namespace motorcade
