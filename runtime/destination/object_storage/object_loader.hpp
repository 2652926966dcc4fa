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
/// once even if an answer was lost. What an attempt leaves over it aborts; what
/// a killed process left is aborted by the table's next request of another
/// process.
class object_loader final : public table_loader, private table_sink {
public:
  object_loader(object_pool_ptr pool, upload_request request,
                const interruption& stop);

  result<void> add(const block& rows) override;
  result<void> pause() override;
  result<void> commit() override;
  load_summary summary() const override;
  void clean_up() noexcept override;

private:
  result<void> on_layout(const table_layout& layout) override;
  result<void> on_rows(std::string_view wire) override;

  result<void> begin();
  result<void> sweep();
  result<void> find_free_name();
  result<void> take(const char* what, const failure& trouble);
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
