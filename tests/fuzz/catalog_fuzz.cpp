// A catalog of any content is read or refused in words.
#include "schema/catalog/catalog.hpp"
#include "schema/catalog/configure_catalog.hpp"
#include "schema/catalog/jitsu_schema.hpp"
#include "schema/catalog/table_naming.hpp"
#include "schema/json/json_check.hpp"

#include <cstdlib>

using namespace motorcade;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  auto streams = parse_catalog(text);
  if (!streams && streams.error().what.empty())
    std::abort();
  // What a discover answers is checked before, and what is made of it is read.
  if (!check_json(text)) {
    auto made = configure_catalog(text, {});
    if (made ? !parse_catalog(*made) : made.error().what.empty())
      std::abort();
  }
  if (!streams)
    return 0;
  naming_rules rules;
  rules.table_name_prefix = "${SOURCE_NAMESPACE}_";
  auto tables = assign_tables(*streams, rules);
  if (!tables && tables.error().what.empty())
    std::abort();
  for (const auto& stream : streams->streams) {
    auto header = make_schema_header(stream.id.name, stream.fields);
    for (char c : header.value)
      if (c < 0x20 || c > 0x7e)
        std::abort();
  }
  return 0;
}
