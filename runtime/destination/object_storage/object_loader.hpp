#pragma once

#include "runtime/destination/object_storage/csv_rows.hpp"
#include "runtime/destination/object_storage/flat_json.hpp"
#include "runtime/destination/object_storage/object_pool.hpp"
#include "runtime/destination/object_storage/object_writer.hpp"
#include "runtime/destination/tables/table_builder.hpp"
#include "runtime/destination/warehouse/table_loader.hpp"

#include <memory>
#include <optional>
#include <string>

namespace motorcade {

/// One attempt to bring the rows of a request to an object. It is visible once
/// it is whole, and has the same name at each attempt, so that rows are there
/// once even if an answer was lost. An attempt that fails aborts its own
/// remains; those of a killed process are aborted by the table's next request
/// of another process.
class object_loader final : public table_loader, private table_sink {
public:
  /// @param stop Ends all calls; must outlive this.
  object_loader(object_pool_ptr pool, upload_request request,
                const interruption& stop);

  result<void> add(const block& rows) override;
  result<void> pause() override;
  result<void> commit() override;
  load_summary summary() const override;

  std::optional<std::chrono::milliseconds> retry_after() const override {
    return link_ ? link_->retry_after() : std::nullopt;
  }

  void clean_up() noexcept override;

private:
  result<void> on_layout(const table_layout& layout) override;
  result<void> on_rows(std::string_view wire) override;

  /// Takes a link. The first time it also aborts what killed tasks have left
  /// and finds the object's name.
  result<void> begin();

  /// Aborts uploads of this table that a killed process has left; once in each
  /// process.
  result<void> sweep();

  /// Chooses another beginning of the object's name if another process made
  /// objects in the same second, which would be overwritten.
  result<void> find_free_name();

  /// Ignores that the server does not allow or know a call: rows can be written
  /// without it.
  /// @param what In words, for the log.
  /// @returns the failure if it is another one.
  result<void> take(const char* what, const failure& trouble);

  /// Writes what could not be written before all rows were known: CSV as a
  /// whole, and rows without columns.
  result<void> write_rest();

  const object_pool_ptr pool_;
  const upload_request request_;
  const interruption& stop_;
  std::unique_ptr<object_link> link_;
  std::optional<object_writer> writer_;
  /// Of formats with columns.
  std::unique_ptr<wire_format> wire_;
  flat_json* flat_ = nullptr;
  std::optional<table_builder> builder_;
  csv_rows csv_;
  bool has_rows_ = false;
};

} // namespace motorcade
