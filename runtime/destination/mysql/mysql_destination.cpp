#include "runtime/destination/mysql/mysql_destination.hpp"

#include "runtime/base/shell_text.hpp"
#include "runtime/destination/mysql/mysql_loader.hpp"
#include "runtime/destination/warehouse/warehouse_destination.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace motorcade {

namespace {

/// The most connections of a task. Each serves one stream at a time; a
/// warehouse has other clients, too.
constexpr size_t most_connections = 4;

/// The time limit of a connection whose only use is to drop a table.
constexpr std::chrono::seconds patience_for_drop{10};

/// @returns the name as any session takes it: without ANSI_QUOTES double quotes
/// are those of a text.
std::string quote_for_client(std::string_view name) {
  std::string out = "`";
  for (const auto c : name)
    out += c == '`' ? std::string{"``"} : std::string{c};
  return out + '`';
}

/// Calls a function for the tables of some streams.
/// @param streams At least one, of one sync.
template <class Result>
Result at_tables_of(std::span<const upload_request> streams, mysql_pool& pool,
                    const interruption& stop,
                    Result (*call)(mysql_link&,
                                   const std::vector<table_name>& targets,
                                   const std::string& sync)) {
  std::vector<table_name> targets;
  for (const auto& stream : streams)
    targets.push_back(mysql_table_of(stream, pool.config().database));
  return pool.with_link(stop, [&](mysql_link& link) {
    return call(link, targets, streams.front().connection_id);
  });
}

} // namespace

result<destination_ptr>
make_mysql_destination(mysql_config config,
                       const destination_settings& settings,
                       const std::string& task_id) {
  link_limits limits;
  limits.stall = settings.stall_timeout;
  limits.answer = settings.response_timeout;
  warehouse_traits traits;
  traits.threads = std::clamp<size_t>(settings.uploads, 1, most_connections);
  traits.locate = [database = config.database,
                   location = config.location](const upload_request& request) {
    const auto table = mysql_table_of(request, database);
    return "mysql://" + location + " " + table.schema + '.' + table.table;
  };
  traits.query_to_try =
      [host = config.host, port = config.port, user = config.user,
       database = config.database](const upload_request& request) {
        const auto table = mysql_table_of(request, database);
        // The client asks for the password, and takes TCP for localhost, too.
        return "mysql --protocol=TCP --host=" + quote_for_shell(host)
               + " --port=" + std::to_string(port)
               + " --user=" + quote_for_shell(user) + " --password --execute="
               + quote_for_shell("SELECT * FROM "
                                 + quote_for_client(table.schema) + '.'
                                 + quote_for_client(table.table) + " LIMIT 10");
      };
  const auto pool = std::make_shared<mysql_pool>(
      std::move(config), "motorcade " + task_id, limits);
  traits.make_loader = [pool](const upload_request& request,
                              const interruption& stop) {
    return std::make_unique<mysql_loader>(pool, request, stop);
  };
  traits.drop_table = [pool](const upload_request& request,
                             const interruption& stop) {
    const auto table = quote(mysql_table_of(request, pool->config().database));
    return pool->with_link(
        stop,
        [&](mysql_link& link) -> result<void> {
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
