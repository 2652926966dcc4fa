#include "runtime/destination/sqlite/sqlite_destination.hpp"

#include "runtime/base/shell_text.hpp"
#include "runtime/base/text.hpp"
#include "runtime/destination/sqlite/sqlite_loader.hpp"
#include "runtime/destination/sqlite/sqlite_notes.hpp"
#include "runtime/destination/warehouse/warehouse_destination.hpp"
#include "schema/task/tables.hpp"

#include <utility>

namespace motorcade {

result<destination_ptr> make_sqlite_destination(const std::string& path) {
  warehouse_traits traits;
  // SQLite lets one writer in at a time.
  traits.threads = 1;
  traits.locate = [path](const upload_request& request) {
    return "sqlite://" + percent_encode_path(path) + " "
           + sqlite_table_of(request);
  };
  traits.query_to_try = [path](const upload_request& request) {
    return "sqlite3 " + quote_for_shell(path) + ' '
           + quote_for_shell("SELECT * FROM "
                             + quote_identifier(sqlite_table_of(request))
                             + " LIMIT 10");
  };
  const auto store = std::make_shared<sqlite_store>(path);
  traits.make_loader = [store](const upload_request& request,
                               const interruption& stop) {
    return std::make_unique<sqlite_loader>(store, request, stop);
  };
  traits.drop_table = [store](const upload_request& request,
                              const interruption& stop) {
    return store->attempt(stop, [&](sqlite_handle& handle) -> result<void> {
      handle.run("DROP TABLE IF EXISTS "
                 + quote_identifier(sqlite_table_of(request)));
      return {};
    });
  };
  traits.find_notes =
      [store](std::span<const upload_request> streams,
              const interruption& stop) -> result<std::vector<state_note>> {
    std::vector<state_note> out;
    auto ok = store->attempt(stop, [&](sqlite_handle& handle) -> result<void> {
      out = find_noted_states(handle, streams.front().connection_id);
      return {};
    });
    return ok ? result<std::vector<state_note>>{std::move(out)} : ok.error();
  };
  traits.forget_notes = [store](std::span<const upload_request> streams,
                                const interruption& stop) {
    return store->attempt(stop, [&](sqlite_handle& handle) -> result<void> {
      sqlite_transaction transaction{handle};
      forget_noted_states(handle, streams.front().connection_id);
      transaction.commit();
      return {};
    });
  };
  return make_warehouse(std::move(traits));
}

} // namespace motorcade
