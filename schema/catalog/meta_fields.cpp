#include "schema/catalog/meta_fields.hpp"

#include <string>

namespace motorcade {

std::vector<schema_field> meta_fields(row_meta which) {
  switch (which) {
  case row_meta::none:
    break;
  case row_meta::jitsu:
    return {{"_jitsu_timestamp", field_type::timestamp}};
  case row_meta::airbyte:
    return {{"_airbyte_raw_id", field_type::string},
            {"_airbyte_extracted_at", field_type::timestamp},
            {"_airbyte_generation_id", field_type::int64},
            {std::string{airbyte_meta_column}, field_type::json}};
  }
  return {};
}

} // namespace motorcade
