#include "runtime/destination/object_storage/object_loader.hpp"

#include "runtime/base/log.hpp"
#include "runtime/destination/warehouse/request_table.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace motorcade {

namespace {

constexpr auto sweeping = "sweep";
constexpr auto naming = "name";

/// The time limits at the end of an attempt, which must not wait long for a
/// server that is away.
constexpr object_patience last_patience{
    std::chrono::seconds{5}, std::chrono::seconds{5}, std::chrono::seconds{10}};

object_writer::packing packing_of(const object_pool& pool) {
  using packing = object_writer::packing;
  if (!pool.config().gzip)
    return packing::none;
  return pool.small() ? packing::small_gzip : packing::gzip;
}

} // namespace

object_loader::object_loader(object_pool_ptr pool, upload_request request,
                             const interruption& stop)
    : pool_{std::move(pool)},
      request_{std::move(request)},
      stop_{stop},
      csv_{pool_->folder()} {
  const auto format = pool_->config().format;
  if (format == object_format::ndjson)
    return;
  if (format == object_format::csv) {
    wire_ = std::make_unique<csv_cells>();
  } else {
    auto flat = std::make_unique<flat_json>();
    flat_ = flat.get();
    wire_ = std::move(flat);
  }
  table_dialect dialect;
  dialect.keeps_values = true;
  auto rules = rules_of(request_, dialect, {});
  // The columns are those of the rows, which need no key. But the column of
  // changes stays one object.
  rules.key.clear();
  rules.fields.clear();
  if (!request_.changes_column.empty())
    rules.fields.push_back({request_.changes_column, field_type::json});
  builder_.emplace(std::move(rules), *wire_);
}

// -- before the first row ----------------------------------------------------

/// Logs and ignores a failure of a call that the server does not allow or
/// know.
result<void> object_loader::take(const char* what, const failure& trouble) {
  const auto& code = link_->code();
  const auto optional = code == "AccessDenied" || code == "NotImplemented"
                        || code == "MethodNotAllowed" || code.empty();
  if (trouble.code != ec::destination_rejected || !optional)
    return trouble;
  log::info("{} {}: {}", pool_->names.shown(request_), what, trouble.what);
  return {};
}

/// Aborts uploads that a killed process has left.
result<void> object_loader::sweep() {
  if (!pool_->is_due(sweeping, request_))
    return {};
  auto found = link_->open_uploads(pool_->names.common_beginning(request_));
  if (!found) {
    if (auto ok = take("keeps what killed tasks have left of it, which only a "
                       "rule of the bucket removes",
                       found.error());
        !ok)
      return ok;
    found = std::vector<open_upload>{};
  }
  for (const auto& upload : *found) {
    if (!pool_->names.is_of_table(upload.name, request_))
      continue;
    if (auto gone = link_->abort(upload); !gone)
      if (auto ok = take("keeps an upload of a killed task", gone.error()); !ok)
        return ok;
  }
  pool_->note(sweeping, request_);
  return {};
}

/// Keeps objects that another process has made in the same second.
result<void> object_loader::find_free_name() {
  if (request_.mode != write_mode::batch || !pool_->is_due(naming, request_))
    return {};
  for (;;) {
    const auto found = link_->names(pool_->names.appended(request_));
    if (!found) {
      if (auto ok = take("cannot be looked for", found.error()); !ok)
        return ok;
      break;
    }
    const auto ours =
        std::any_of(found->begin(), found->end(), [&](const std::string& name) {
          return pool_->names.is_of_table(name, request_);
        });
    if (!ours)
      break;
    pool_->names.move_on(request_);
  }
  pool_->note(naming, request_);
  return {};
}

result<void> object_loader::begin() {
  if (!link_)
    link_ = pool_->take(stop_);
  if (writer_)
    return {};
  if (auto ok = sweep(); !ok)
    return ok;
  if (auto ok = find_free_name(); !ok)
    return ok;
  writer_.emplace(pool_->names.name_of(request_), packing_of(*pool_),
                  pool_->folder());
  return {};
}

// -- rows --------------------------------------------------------------------

result<void> object_loader::add(const block& rows) {
  if (auto ok = begin(); !ok)
    return ok;
  has_rows_ = true;
  return builder_ ? builder_->add(rows.view(), *this)
                  : writer_->write(rows.view(), *link_);
}

result<void> object_loader::on_layout(const table_layout& layout) {
  if (flat_ != nullptr)
    flat_->set_columns(layout);
  return {};
}

result<void> object_loader::on_rows(std::string_view wire) {
  return flat_ != nullptr ? writer_->write(wire, *link_) : csv_.append(wire);
}

result<void> object_loader::pause() {
  pool_->give(std::move(link_));
  return {};
}

// -- the end -----------------------------------------------------------------

result<void> object_loader::write_rest() {
  if (!builder_ || !has_rows_)
    return {};
  const auto bare = builder_->bare_rows();
  if (flat_ == nullptr) {
    if (bare > 0)
      return failure{ec::destination_rejected,
                     "the rows have no columns, and " + request_.table
                         + " is CSV, which needs one; format ndjson takes "
                           "them"};
    return csv_.write(builder_->layout(), [&](std::string_view text) {
      return writer_->write(text, *link_);
    });
  }
  for (uint64_t i = 0; i < bare; ++i)
    if (auto ok = writer_->write("{}\n", *link_); !ok)
      return ok;
  return {};
}

result<void> object_loader::commit() {
  if (!has_rows_ && request_.mode == write_mode::batch)
    return {};
  if (auto ok = begin(); !ok)
    return ok;
  if (auto ok = write_rest(); !ok)
    return ok;
  return writer_->finish(*link_);
}

load_summary object_loader::summary() const {
  auto out = summarize(request_, builder_, true);
  // An object has no earlier columns, so none were added.
  out.columns_added = 0;
  return out;
}

void object_loader::clean_up() noexcept {
  try {
    if (writer_ && writer_->upload()) {
      const interruption never;
      if (!link_)
        link_ = pool_->take(never);
      link_->use(never, last_patience);
      if (auto gone = link_->abort(*writer_->upload()); !gone)
        log::warn("parts of {} are left over until the table's next sync: {}",
                  writer_->upload()->name, gone.error().what);
    }
    pool_->give(std::move(link_));
  } catch (const std::exception& error) {
    log::warn("parts of {} may be left over: {}", pool_->names.shown(request_),
              error.what());
  }
}

} // namespace motorcade
