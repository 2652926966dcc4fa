#include "runtime/destination/postgres/postgres_destination.hpp"

#include "runtime/base/shell_text.hpp"
#include "runtime/destination/postgres/postgres_loader.hpp"
#include "runtime/destination/warehouse/warehouse_destination.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace motorcade {

namespace {

/// The most connections of a task. Each serves one stream at a time; a
/// warehouse has other clients, too.
constexpr size_t most_connections = 4;

/// The time limit of a connection whose only use is to drop a table.
constexpr std::chrono::seconds patience_for_drop{10};

/// Calls a function for the tables of some streams.
/// @param streams At least one, of one sync.
template <class Result>
Result at_tables_of(std::span<const upload_request> streams,
                    postgres_pool& pool, const interruption& stop,
                    Result (*call)(postgres_link&,
                                   const std::vector<table_name>& targets,
                                   const std::string& sync)) {
  std::vector<table_name> targets;
  for (const auto& stream : streams)
    targets.push_back(target_of(stream, pool.config().default_schema));
  return pool.with_link(stop, [&](postgres_link& link) {
    return call(link, targets, streams.front().connection_id);
  });
}

} // namespace

result<destination_ptr>
make_postgres_destination(postgres_config config,
                          const destination_settings& settings,
                          const std::string& task_id) {
  link_limits limits;
  limits.stall = settings.stall_timeout;
  limits.answer = settings.response_timeout;
  warehouse_traits traits;
  traits.threads = std::clamp<size_t>(settings.uploads, 1, most_connections);
  traits.locate = [schema = config.default_schema,
                   location = config.location](const upload_request& request) {
    const auto table = target_of(request, schema);
    return "postgres://" + location + " " + table.schema + '.' + table.table;
  };
  traits.query_to_try = [schema = config.default_schema,
                         location =
                             config.location](const upload_request& request) {
    return "psql " + quote_for_shell("postgres://" + location) + " -c "
           + quote_for_shell("TABLE " + quote(target_of(request, schema))
                             + " LIMIT 10");
  };
  const auto pool = std::make_shared<postgres_pool>(
      std::move(config), application_name(task_id), limits);
  traits.make_loader = [pool](const upload_request& request,
                              const interruption& stop) {
    return std::make_unique<postgres_loader>(pool, request, stop);
  };
  traits.drop_table = [pool](const upload_request& request,
                             const interruption& stop) {
    const auto table = quote(target_of(request, pool->config().default_schema));
    return pool->with_link(
        stop,
        [&](postgres_link& link) -> result<void> {
          const auto dropped = link.run("DROP TABLE IF EXISTS " + table);
          return dropped ? result<void>{} : dropped.error();
        },
        patience_for_drop);
  };
  traits.find_notes = [pool](std::span<const upload_request> streams,
                             const interruption& stop) {
    return at_tables_of(streams, *pool, stop, find_noted_states);
  };
  traits.forget_notes = [pool](std::span<const upload_request> streams,
                               const interruption& stop) {
    return at_tables_of(streams, *pool, stop, forget_noted_states);
  };
  return make_warehouse(std::move(traits));
}

} // namespace motorcade
