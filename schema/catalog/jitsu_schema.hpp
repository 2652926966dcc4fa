#pragma once

#include "schema/json/json_outline.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace motorcade {

/// The column types of Bulker; the values stand in X-Jitsu-Schema.
enum class field_type : uint8_t {
  boolean = 1,
  int64 = 2,
  float64 = 3,
  string = 4,
  timestamp = 5,
  json = 6,
};

struct schema_field {
  std::string name;
  field_type type = field_type::string;

  friend bool operator==(const schema_field&, const schema_field&) = default;
};

/// Maps the properties of a stream's json_schema, in their order. A schema is
/// a hint and never fails a stream: what is not understood becomes a string,
/// and if there are no properties there are no fields.
std::vector<schema_field> fields_of(const json_value& json_schema);

/// The longest header that is sent: many servers answer 431 to a longer one.
constexpr size_t max_schema_header_bytes = 60 * 1024;

/// The value of the header X-Jitsu-Schema.
struct schema_header {
  /// Printable ASCII; empty: send no such header.
  std::string value;
  /// Why fields are known and yet not sent, for the log; empty: nothing to say.
  std::string omitted;
};

/// @param table The name of the table as Bulker will see it.
/// @returns `{"name":"users","fields":[{"name":"id","type":2},…]}`; empty
/// without fields or beyond `max_schema_header_bytes`.
schema_header make_schema_header(std::string_view table,
                                 std::span<const schema_field> fields);

} // namespace motorcade
