#include "runtime/table_rows/table_page.hpp"

#include "schema/base/utf8.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace motorcade {

size_t table_look::rows_of(size_t of_columns) const {
  const auto fit = values / std::max<size_t>(of_columns, 1);
  return std::min(rows, std::max<size_t>(fit, 1));
}

result<bool> find_regular(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    return false;
  if (error)
    return failure{ec::service_unavailable,
                   "the file " + path + " cannot be read: " + error.message()};
  if (status.type() != std::filesystem::file_type::regular)
    return failure{ec::service_unavailable,
                   "the file " + path
                       + " cannot be read: it is no regular file"};
  return true;
}

std::string cut_value(std::string value, size_t characters) {
  auto rest = std::string_view{value};
  for (size_t i = 0; i < characters && !rest.empty(); ++i)
    take_code_point(rest);
  if (rest.empty())
    return value;
  value.resize(value.size() - rest.size());
  return value + "…";
}

} // namespace motorcade
