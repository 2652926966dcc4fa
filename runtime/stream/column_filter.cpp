#include "runtime/stream/column_filter.hpp"

#include "schema/json/json_view.hpp"

namespace motorcade {

column_filter::column_filter(
    const std::vector<std::vector<std::string>>& columns) {
  wanted_.resize(columns.size());
  for (size_t stream = 0; stream < columns.size(); ++stream)
    for (const auto& name : columns[stream])
      wanted_[stream].emplace(name, encode_json_string(name) + ':');
}

void column_filter::append(uint32_t stream, std::string_view row,
                           std::string& out) const {
  const auto& wanted = wanted_[stream];
  auto before = '{';
  json_view{row}.for_each_member([&](const std::string& name, json_view value) {
    const auto found = wanted.find(name);
    if (found == wanted.end())
      return;
    out += before;
    out += found->second;
    out += value.raw();
    before = ',';
  });
  if (before == '{')
    out += before;
  out += '}';
}

} // namespace motorcade
