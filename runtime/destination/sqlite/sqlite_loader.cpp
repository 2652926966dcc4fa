#include "runtime/destination/sqlite/sqlite_loader.hpp"

#include "runtime/base/log.hpp"
#include "runtime/destination/sqlite/sqlite_notes.hpp"
#include "runtime/destination/tables/column_names.hpp"
#include "runtime/destination/warehouse/own_tables.hpp"
#include "schema/base/ascii.hpp"
#include "schema/task/tables.hpp"

#include <sqlite3.h>

#include <utility>

namespace motorcade {

namespace {

constexpr std::string_view true_byte{"\x01", 1};
constexpr std::string_view false_byte{"\x00", 1};

} // namespace

std::string sqlite_table_of(const upload_request& request) {
  auto name = make_table_name(request.table, sqlite_dialect().max_name_bytes,
                              request.to_same_case);
  // Names that begin so are SQLite's own.
  return equal_ignoring_case(name.substr(0, 7), "sqlite_") ? '_' + name : name;
}

sqlite_loader::sqlite_loader(std::shared_ptr<sqlite_store> store,
                             const upload_request& request,
                             const interruption& stop)
    : store_{std::move(store)},
      request_{request},
      stop_{stop},
      table_{sqlite_table_of(request_)} {}

// -- rows --------------------------------------------------------------------

result<void> sqlite_loader::begin(sqlite_handle& handle) {
  handle_ = &handle;
  if (builder_)
    return {};
  target_ = look_at(handle, table_);
  if (auto ok = check_not_ours(table_, target_.columns); !ok)
    return ok;
  const auto dialect = sqlite_dialect();
  builder_.emplace(rules_of(request_, dialect, target_.columns), wire_);
  sql_.emplace(table_, "rows_" + std::to_string(store_->next_number()),
               builder_->key(), cursor_of(request_, dialect));
  return {};
}

result<void> sqlite_loader::add(const block& rows) {
  return store_->attempt(stop_, [&](sqlite_handle& handle) -> result<void> {
    if (auto ok = begin(handle); !ok)
      return ok;
    // It writes to temporary tables alone, and locks no other program out.
    handle.run("BEGIN");
    auto ok = builder_->add(rows.view(), *this);
    handle.run(ok ? "COMMIT" : "ROLLBACK");
    return ok;
  });
}

result<void> sqlite_loader::on_layout(const table_layout& layout) {
  stage_.reset();
  const auto& columns = layout.columns();
  if (parts_.empty())
    handle_->run(sql_->create_staging(layout));
  else
    for (auto i = parts_.size(); i < columns.size(); ++i)
      handle_->run(sql_->add_to_staging(columns[i]));
  parts_.clear();
  for (const auto& column : columns)
    parts_.push_back(column.parts.size());
  stage_.emplace(handle_->get(), sql_->stage(layout));
  return {};
}

result<void> sqlite_loader::on_rows(std::string_view wire) {
  sqlite_row_reader rows{wire};
  while (!rows.done())
    stage_row(rows);
  return {};
}

void sqlite_loader::stage_row(sqlite_row_reader& rows) {
  int parameter = 0;
  for (const auto parts : parts_) {
    // The last part has the value; the others are null.
    sqlite_value value;
    for (size_t i = 0; i < parts; ++i)
      value = rows.next();
    ++parameter;
    switch (value.kind) {
    case sqlite_value_kind::null:
      stage_->bind(parameter, std::nullopt);
      break;
    case sqlite_value_kind::boolean:
      stage_->bind_blob(parameter, value.integer != 0 ? true_byte : false_byte);
      break;
    case sqlite_value_kind::integer:
      stage_->bind_integer(parameter, value.integer);
      break;
    case sqlite_value_kind::real:
      stage_->bind_real(parameter, value.real);
      break;
    case sqlite_value_kind::text:
      stage_->bind(parameter, value.text);
      break;
    }
  }
  stage_->step();
  stage_->reset();
}

void sqlite_loader::clean_up() noexcept {
  try {
    stage_.reset();
    if (parts_.empty())
      return;
    const interruption never;
    auto ok =
        store_->attempt(never, [&](sqlite_handle& handle) -> result<void> {
          // A journal in memory would hold each page of the table.
          handle.run("PRAGMA temp.journal_mode = OFF; " + sql_->drop_staging()
                     + "; PRAGMA temp.journal_mode = MEMORY");
          return {};
        });
    if (!ok)
      log::warn("a temporary table of {} stays until the end of the task: "
                "{}",
                table_, ok.error().what);
  } catch (const std::exception& error) {
    log::warn("a temporary table of {} stays until the end of the task: {}",
              table_, error.what());
  }
}

// -- the commit --------------------------------------------------------------

result<void> sqlite_loader::commit() {
  auto* self = this;
  return transact({&self, 1}).how;
}

joint_outcome
sqlite_loader::commit_together(std::span<table_loader* const> all) {
  return commit_loaders<sqlite_loader>(
      all, [](const sqlite_loader& one) { return ascii_lower(one.table_); },
      [this](const auto& loaders) { return transact(loaders); });
}

joint_outcome sqlite_loader::transact(std::span<sqlite_loader* const> all) {
  joint_outcome out;
  // The place of the request at work; none at COMMIT.
  std::optional<size_t> at;
  out.how = store_->attempt(stop_, [&](sqlite_handle& handle) -> result<void> {
    std::vector<size_t> busy;
    for (at = 0; *at < all.size(); ++*at) {
      auto ready = all[*at]->prepare(handle);
      if (!ready)
        return ready.error();
      if (*ready)
        busy.push_back(*at);
    }
    if (busy.empty())
      return {};
    at = busy.front();
    sqlite_transaction transaction{handle};
    state_notes notes;
    for (const auto i : busy) {
      at = i;
      if (auto ok = all[i]->bring(handle); !ok)
        return ok;
      notes.insert(notes.end(), all[i]->notes_.begin(), all[i]->notes_.end());
    }
    at.reset();
    note_turn turn{std::move(notes)};
    note_states(handle, request_, turn.due());
    if (auto ok = store_->check_place(); !ok)
      return ok;
    transaction.commit();
    turn.committed();
    return {};
  });
  if (!out.how && at)
    out.failed = *at;
  else if (!out.how)
    out = as_joint(out.how.error(), all.size() > 1);
  return out;
}

result<bool> sqlite_loader::prepare(sqlite_handle& handle) {
  if (auto ok = begin(handle); !ok)
    return ok.error();
  auto busy = needs_commit(request_, *builder_, target_.exists, table_);
  if (busy && *busy)
    stage_.reset();
  return busy;
}

result<void> sqlite_loader::bring(sqlite_handle& handle) {
  if (auto ok = check_target(handle); !ok)
    return ok;
  // No commit uses up the temporary table, not even a joint one.
  const auto once = must_be_noted(request_, *builder_, false);
  if (!once || note_request(handle, request_))
    return move_rows(handle);
  log_earlier_commit(request_);
  return {};
}

result<void> sqlite_loader::check_target(sqlite_handle& handle) {
  // The transaction keeps other writers out from here on.
  auto now = look_at(handle, table_);
  if (auto ok = check_unchanged(builder_->layout(), now, table_, is_no_column);
      !ok)
    return ok;
  target_ = std::move(now);
  return {};
}

result<void> sqlite_loader::move_rows(sqlite_handle& handle) {
  const auto& layout = builder_->layout();
  if (!target_.exists) {
    handle.run(sql_->create_target(layout));
  } else {
    if (request_.mode == write_mode::replace_table)
      handle.run("DELETE FROM main." + quote_identifier(table_));
    for (const auto& change : sql_->add_to_target(layout))
      handle.run(change);
  }
  for (auto bare = builder_->bare_rows(); bare > 0; --bare)
    handle.run("INSERT INTO main." + quote_identifier(table_)
               + " DEFAULT VALUES");
  if (parts_.empty())
    return {};
  if (auto ok = fit_key(handle); !ok)
    return ok;
  handle.run(builder_->key().empty() ? sql_->insert(layout)
                                     : sql_->upsert(layout));
  warn_of_rows_kept_out(request_, *builder_,
                        static_cast<uint64_t>(::sqlite3_changes(handle.get())),
                        table_);
  return {};
}

result<void> sqlite_loader::fit_key(sqlite_handle& handle) {
  const auto& wanted = builder_->key();
  if (!target_.key_index.empty() && target_.key != wanted) {
    handle.run("DROP INDEX main." + quote_identifier(target_.key_index));
    std::erase(target_.unique, target_.key);
  }
  if (wanted.empty() || target_.is_unique(wanted))
    return {};
  try {
    handle.run(sql_->add_key(make_key_name()));
    return {};
  } catch (const sqlite_error& error) {
    std::string names;
    for (const auto& name : wanted)
      names += (names.empty() ? "" : ", ") + quote_identifier(name);
    return failure{ec::destination_rejected,
                   "the table " + table_ + " cannot get the key (" + names
                       + "): rows that are there have the same value; remove "
                         "them, or read with DEDUPLICATE=false "
                         "(options.deduplicate of a sync): "
                       + error.what()};
  }
}

} // namespace motorcade
