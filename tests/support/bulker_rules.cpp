#include "support/bulker_rules.hpp"

#include "schema/json/json_view.hpp"

#include <utility>

namespace motorcade::support {

namespace {

/// @returns the type of a column, as far as it matters here.
std::string type_of(json_view value) {
  if (value.type() == json_view::kind::boolean)
    return "boolean";
  auto whole = value.is_number()
               && value.raw().find_first_of(".eE") == std::string_view::npos;
  return whole ? "bigint" : "";
}

} // namespace

const std::string_view warehouse_away_answer =
    R"({"error":"stream consume error: failed to connect to )"
    R"(`host=warehouse user=bulker database=bulker`: dial error )"
    R"x((dial tcp 10.0.0.7:5432: connect: connection refused)"})x";

void bulker_rules::take(std::string_view row) {
  auto number = rows_.size();
  rows_.emplace_back(row);
  json_view object{row};
  if (!object.is_object()) {
    only_empty_ = false;
    return;
  }
  std::set<std::string> without_value{key_.begin(), key_.end()};
  std::map<std::string, std::string> key;
  object.for_each_member([&](const std::string& name, json_view value) {
    only_empty_ = false;
    if (value.is_null())
      return;
    without_value.erase(name);
    key[name] = value.raw();
    auto type = type_of(value);
    auto known = columns_.count(name) != 0 && types_.count(name) == 0;
    columns_.insert(name);
    if (known || type.empty())
      return;
    auto first = types_.emplace(name, type).first->second;
    if (first != type && refusal_.empty())
      refusal_ = "stream complete error: column \"" + name + "\" is of type "
                 + first + " but expression is of type " + type
                 + " (SQLSTATE 42804)";
  });
  if (!without_value.empty() && refusal_.empty())
    refusal_ = "stream complete error: null value in column \""
               + *without_value.begin()
               + "\" violates not-null constraint (SQLSTATE 23502)";
  if (key_.empty())
    return;
  std::string text;
  for (const auto& column : key_)
    text += key[column] + "\n";
  auto [last, added] = last_of_key_.try_emplace(text, number);
  if (!added)
    replaced_.insert(std::exchange(last->second, number));
}

std::string bulker_rules::refusal() const {
  return refusal_;
}

std::vector<std::string> bulker_rules::rows() const {
  std::vector<std::string> out;
  for (size_t i = 0; i < rows_.size(); ++i)
    if (replaced_.count(i) == 0)
      out.push_back(rows_[i]);
  return out;
}

} // namespace motorcade::support
