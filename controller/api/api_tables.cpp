#include "controller/api/api.hpp"
#include "controller/api/api_answers.hpp"
#include "controller/api/api_parameters.hpp"
#include "controller/api/api_sync_answers.hpp"

#include <nlohmann/json.hpp>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

constexpr size_t usual_table_rows = 50;
constexpr size_t most_table_rows = 500;
/// In bytes: a table's name and its schema's.
constexpr size_t longest_name = 1100;

json to_tree(const shown_table& table) {
  return {{"name", table.name},
          {"stream", table.stream},
          {"location", table.location},
          {"readable", table.unreadable.empty()},
          {"reason", text_or_null(table.unreadable)}};
}

} // namespace

http_reply controller_api::sync_tables(http_request& request) const {
  if (auto no = refuse_of_syncs(request, api_parameters{request.query}, syncs_))
    return *no;
  auto found = tables_->tables(request.segments[1]);
  if (!found)
    return failure_reply(found.error());
  auto out = fine();
  auto& list = out["tables"] = json::array();
  for (const auto& one : found->tables)
    list.push_back(to_tree(one));
  out["reason"] = text_or_null(found->unknown);
  return tree_reply(out);
}

http_reply controller_api::table_rows(http_request& request) const {
  const auto& table = request.segments[2];
  api_parameters from{request.query};
  table_look look;
  look.rows = from.count("limit", usual_table_rows, most_table_rows);
  if (auto no = check_path_name(table, longest_name, "table's name"))
    return *no;
  if (auto no = refuse_of_syncs(request, from, syncs_))
    return *no;
  std::optional<wait_room::place> own;
  if (!looking_.enter(own))
    return http_error(429, "too many requests look at tables");
  auto page = tables_->rows(request.segments[1], table, look);
  if (!page && page.error().code == ec::destination_rejected)
    return http_error(409, page.error().what);
  if (!page)
    return failure_reply(page.error());
  auto out = fine();
  out["columns"] = page->columns;
  auto& rows = out["rows"] = json::array();
  for (auto& row : page->rows) {
    auto& values = rows.emplace_back(json::array());
    for (auto& value : row)
      values.push_back(value ? json(std::move(*value)) : json{});
  }
  out["more"] = page->more;
  out["order"] = page->order;
  return tree_reply(out);
}

} // namespace motorcade
