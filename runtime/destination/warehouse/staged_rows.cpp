#include "runtime/destination/warehouse/staged_rows.hpp"

namespace motorcade {

result<void> check_staged_rows(const table_builder& sent,
                               std::string_view found,
                               const std::string& table) {
  const auto wanted = std::to_string(sent.rows() - sent.bare_rows());
  if (found == wanted)
    return {};
  return failure{ec::destination_unavailable,
                 "the request's own table " + table + " holds "
                     + std::string{found} + " rows of the " + wanted
                     + " that were sent: the server crashed meanwhile, or "
                       "another program changed the table"};
}

} // namespace motorcade
