#pragma once

#include "runtime/destination/warehouse/request_table.hpp"
#include "runtime/destination/warehouse/sql_text.hpp"
#include "runtime/destination/warehouse/warehouse_destination.hpp"

#include <chrono>
#include <memory>
#include <span>
#include <vector>

namespace motorcade {

/// The time limit of a connection whose only use is to drop a table.
inline constexpr std::chrono::seconds patience_for_drop{10};

/// Sets those traits of a warehouse that drop tables and read and forget the
/// states noted beside them, which are the same for each SQL server.
/// @tparam Pool A `link_pool`. `run`, `find_noted_states` and
/// `forget_noted_states` take its links.
/// @param table_of Returns the `table_name` of an `upload_request`.
template <class Pool, class TableOf>
void add_table_calls(warehouse_traits& traits, std::shared_ptr<Pool> pool,
                     TableOf table_of) {
  traits.drop_table = [pool, table_of](const upload_request& request,
                                       const interruption& stop) {
    return pool->with_link(
        stop,
        [&](auto& link) -> result<void> {
          const auto dropped =
              link.run("DROP TABLE IF EXISTS " + quote(table_of(request)));
          return dropped ? result<void>{} : dropped.error();
        },
        patience_for_drop);
  };
  const auto tables_of = [table_of](std::span<const upload_request> streams) {
    std::vector<table_name> out;
    for (const auto& stream : streams)
      out.push_back(table_of(stream));
    return out;
  };
  traits.find_notes = [pool, tables_of](std::span<const upload_request> streams,
                                        const interruption& stop) {
    return pool->with_link(stop, [&](auto& link) {
      return find_noted_states(link, tables_of(streams),
                               streams.front().connection_id);
    });
  };
  traits.forget_notes = [pool,
                         tables_of](std::span<const upload_request> streams,
                                    const interruption& stop) {
    return pool->with_link(stop, [&](auto& link) {
      return forget_noted_states(link, tables_of(streams),
                                 streams.front().connection_id);
    });
  };
}

} // namespace motorcade
