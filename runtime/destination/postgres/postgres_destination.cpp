#include "runtime/destination/postgres/postgres_destination.hpp"

#include "runtime/base/shell_text.hpp"
#include "runtime/destination/postgres/postgres_loader.hpp"
#include "runtime/destination/warehouse/table_calls.hpp"
#include "runtime/destination/warehouse/warehouse_destination.hpp"

#include <string>
#include <utility>

namespace motorcade {

result<destination_ptr>
make_postgres_destination(postgres_config config,
                          const destination_settings& settings,
                          const std::string& task_id) {
  link_limits limits;
  limits.stall = settings.stall_timeout;
  limits.answer = settings.response_timeout;
  warehouse_traits traits;
  traits.threads = warehouse_threads(settings);
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
  add_table_calls(
      traits, pool,
      [schema = pool->config().default_schema](const upload_request& request) {
        return target_of(request, schema);
      });
  return make_warehouse(std::move(traits));
}

} // namespace motorcade
