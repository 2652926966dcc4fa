#include "schema/catalog/destination_kind.hpp"

#include "schema/base/excerpt.hpp"
#include "schema/base/trim.hpp"
#include "schema/json/json_check.hpp"
#include "schema/json/json_view.hpp"

namespace motorcade {

result<destination_kind> kind_of_destination(std::string_view config) {
  if (is_blank(config))
    return destination_kind::unsaid;
  if (check_json(config) || !json_view{config}.is_object())
    return failure{ec::invalid_argument, "destinationConfig is no JSON object"};
  const auto type = json_view{config}.find("destinationType");
  if (!type || type->is_null())
    return destination_kind::unsaid;
  const auto name = type->text();
  if (name == "postgres")
    return destination_kind::postgres;
  if (name == "clickhouse")
    return destination_kind::clickhouse;
  if (name == "mysql")
    return destination_kind::mysql;
  if (name == "s3")
    return destination_kind::s3;
  if (name == "gcs")
    return destination_kind::gcs;
  if (name == "sqlite")
    return destination_kind::sqlite;
  if (name == "file")
    return destination_kind::file;
  return failure{ec::invalid_argument,
                 "destinationConfig: destinationType "
                     + (type->is_string() ? excerpt(name) + " is not supported"
                                          : std::string{"is not a string"})
                     + "; supported are postgres, clickhouse, mysql, s3, gcs, "
                       "sqlite and file. For others send no destinationConfig "
                       "and let a Bulker server write (BULKER_URL), or feed an "
                       "Airbyte destination connector from files (file:///…)"};
}

} // namespace motorcade
