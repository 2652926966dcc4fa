#include "runtime/destination/mysql/mysql_destination.hpp"

#include "runtime/base/shell_text.hpp"
#include "runtime/destination/mysql/mysql_loader.hpp"
#include "runtime/destination/warehouse/table_calls.hpp"
#include "runtime/destination/warehouse/warehouse_destination.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace motorcade {

namespace {

/// @returns the name as any session takes it: without ANSI_QUOTES double quotes
/// are those of a text.
std::string quote_for_client(std::string_view name) {
  std::string out = "`";
  for (const auto c : name)
    out += c == '`' ? std::string{"``"} : std::string{c};
  return out + '`';
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
  traits.threads = warehouse_threads(settings);
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
  add_table_calls(
      traits, pool,
      [database = pool->config().database](const upload_request& request) {
        return mysql_table_of(request, database);
      });
  return make_warehouse(std::move(traits));
}

} // namespace motorcade
