#include "runtime/destination/clickhouse/clickhouse_destination.hpp"

#include "runtime/base/log.hpp"
#include "runtime/base/shell_text.hpp"
#include "runtime/destination/clickhouse/clickhouse_loader.hpp"
#include "runtime/destination/warehouse/warehouse_destination.hpp"

#include <utility>

namespace motorcade {

result<destination_ptr>
make_clickhouse_destination(clickhouse_config config,
                            const destination_settings& settings) {
  if (!config.remark.empty())
    log::info("{}", config.remark);
  clickhouse_patience patience;
  patience.answer = settings.response_timeout;
  warehouse_traits traits;
  traits.threads = warehouse_threads(settings);
  const auto server = config.servers.front();
  traits.locate = [host = server.substr(server.find("://") + 3),
                   fallback = config.database](const upload_request& request) {
    return "clickhouse://" + host + ' '
           + clickhouse_database_of(request, fallback) + '.'
           + clickhouse_table_of(request);
  };
  traits.query_to_try = [server, user = config.username,
                         fallback =
                             config.database](const upload_request& request) {
    // curl asks for the password.
    return "curl " + quote_for_shell(server) + " --user "
           + quote_for_shell(user) + " --data-binary "
           + quote_for_shell(
               "SELECT * FROM "
               + quote_clickhouse(clickhouse_database_of(request, fallback))
               + '.' + quote_clickhouse(clickhouse_table_of(request))
               + " LIMIT 10 FORMAT PrettyCompact");
  };
  const auto pool =
      std::make_shared<clickhouse_pool>(std::move(config), patience);
  traits.make_loader = [pool](const upload_request& request,
                              const interruption& stop) {
    return std::make_unique<clickhouse_loader>(pool, request, stop);
  };
  traits.drop_table = [pool](const upload_request& request,
                             const interruption& stop) -> result<void> {
    auto link = pool->take(stop);
    const auto& at = pool->config();
    const auto table = clickhouse_table_of(request);
    const clickhouse_sql sql{
        at, clickhouse_database_of(request, at.database), table, {}, {}, {}};
    const auto dropped = link->run(sql.drop(table));
    pool->give(std::move(link));
    return dropped ? result<void>{} : dropped.error();
  };
  return make_warehouse(std::move(traits));
}

} // namespace motorcade
