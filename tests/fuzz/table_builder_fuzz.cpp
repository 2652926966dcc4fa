// Any rows of a connector become rows of COPY text of one width. The first byte
// says which schema and limits there are.
#include "runtime/destination/tables/copy_text.hpp"
#include "runtime/destination/tables/table_builder.hpp"
#include "schema/json/json_check.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace motorcade;

namespace {

void demand(bool holds, const char* what) {
  if (holds)
    return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

class checking_sink final : public table_sink {
public:
  result<void> on_layout(const table_layout& layout) override {
    width_ = 0;
    for (const auto& column : layout.columns()) {
      demand(column.name.size() <= layout.dialect().max_name_bytes
                 && !column.name.empty(),
             "a name too long or empty");
      width_ += column.parts.size();
    }
    demand(layout.columns().size() <= layout.dialect().max_columns,
           "too many columns");
    return {};
  }

  result<void> on_rows(std::string_view wire) override {
    demand(wire.back() == '\n', "half a row");
    demand(wire.find('\0') == std::string_view::npos, "a NUL");
    for (; !wire.empty(); ++rows) {
      const auto line = wire.substr(0, wire.find('\n'));
      demand(static_cast<size_t>(std::count(line.begin(), line.end(), '\t')) + 1
                 == width_,
             "a row of another width");
      wire.remove_prefix(line.size() + 1);
    }
    return {};
  }

  size_t rows = 0;

private:
  size_t width_ = 0;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1)
    return 0;
  table_rules rules;
  rules.dialect.sql_types = {"bool", "int", "float", "text", "time", "json"};
  rules.dialect.max_columns = 6;
  rules.dialect.max_name_bytes = 20;
  rules.to_same_case = (data[0] & 1) != 0;
  constexpr std::array<const char*, 4> names = {"a", "b", "id", "o"};
  for (size_t i = 0; i < names.size(); ++i)
    if ((data[0] & 2u << i) != 0)
      rules.fields.push_back(
          {names[i], static_cast<field_type>(1 + (data[0] + i) % 6)});
  copy_text wire;
  table_builder builder{std::move(rules), wire};
  checking_sink sink;
  std::string_view text{reinterpret_cast<const char*>(data) + 1, size - 1};
  // What is no JSON object never comes so far.
  size_t rows = 0;
  std::string block;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] != '{'
        || check_json(line))
      continue;
    block += line;
    block += '\n';
    if (++rows % 2 == 0) {
      demand(static_cast<bool>(builder.add(block, sink)), "rows are refused");
      block.clear();
    }
  }
  demand(static_cast<bool>(builder.add(block, sink)), "rows are refused");
  demand(sink.rows + builder.bare_rows() == rows, "another number of rows");
  return 0;
}
