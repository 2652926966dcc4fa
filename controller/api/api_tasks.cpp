#include "controller/api/api.hpp"
#include "controller/api/api_answers.hpp"
#include "controller/api/api_parameters.hpp"
#include "controller/api/api_rows.hpp"
#include "controller/api/api_run_task.hpp"
#include "controller/api/api_state.hpp"
#include "controller/api/api_sync_answers.hpp"
#include "controller/api/byte_page.hpp"
#include "controller/api/json_members.hpp"
#include "schema/base/ascii.hpp"
#include "schema/json/json_tree.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace motorcade {

namespace {

constexpr size_t most_tasks = 1000;
constexpr size_t usual_tasks = 100;
constexpr std::string_view commands[] = {"read", "spec", "check", "discover"};

/// Reads a list of kinds of tasks.
std::vector<std::string> read_kinds(api_parameters& from) {
  std::vector<std::string> out;
  const auto value = from.text("kind");
  std::string_view list = value;
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const auto name = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    if (std::find(std::begin(commands), std::end(commands), name)
        == std::end(commands))
      from.refuse("kind", "names none of read, spec, check and discover");
    out.emplace_back(name);
  }
  return out;
}

/// Reads a list of statuses, in capitals or not.
std::vector<task_status> read_statuses(api_parameters& from) {
  std::vector<task_status> out;
  auto value = from.text("status");
  std::string_view list = value;
  while (!list.empty()) {
    auto comma = std::min(list.find(','), list.size());
    std::string name{list.substr(0, comma)};
    for (auto& c : name)
      if (c >= 'a' && c <= 'z')
        c = static_cast<char>(c - 'a' + 'A');
    list.remove_prefix(std::min(comma + 1, list.size()));
    auto status = task_status::running;
    if (from_string(name, status))
      out.push_back(status);
    else
      from.refuse("status", "names a status that does not exist");
  }
  return out;
}

/// @returns an object with the number of tasks of each status.
std::string to_json(const std::map<task_status, uint64_t>& counts) {
  using enum task_status;
  json_members out;
  for (auto status :
       {running, success, partial, failed, cancelled, time_exceeded}) {
    const auto found = counts.find(status);
    out.raw(to_string(status),
            std::to_string(found == counts.end() ? 0 : found->second));
  }
  return out.end();
}

/// @returns a page of a list, with a cursor if more rows follow.
/// @param rows More than `limit` if there are more.
/// @param place_of Called with the last row that is shown.
/// @param before Members, each with a comma behind it.
template <class Row, class PlaceOf>
http_reply reply_page(std::string_view name, const std::vector<Row>& rows,
                      size_t limit, char kind, PlaceOf place_of,
                      const std::string& before = {}) {
  auto page = make_byte_page(rows, limit);
  http_reply out;
  out.body =
      R"({"ok":true,)" + before + '"' + std::string{name} + "\":" + page.json;
  if (page.shown < rows.size())
    out.body += R"(,"next":")"
                + write_cursor(kind, place_of(rows[page.shown - 1])) + '"';
  out.body += '}';
  return out;
}

} // namespace

http_reply controller_api::tasks(http_request& request) const {
  api_parameters from{request.query};
  task_filter filter;
  filter.sync_id = from.text("sync_id");
  if (from.given("syncId")) {
    if (from.given("sync_id"))
      from.refuse("syncId", "is the same as sync_id");
    filter.sync_id = from.text("syncId");
  }
  filter.package = from.text("package", 500);
  filter.statuses = read_statuses(from);
  filter.commands = read_kinds(from);
  filter.from = from.time("from");
  filter.to = from.time("to");
  const auto counted = from.flag("counts");
  if (auto before = from.cursor("before", 't')) {
    filter.before = before->time;
    filter.before_task_id = before->id;
  }
  auto limit = from.count("limit", usual_tasks, most_tasks);
  if (auto no = from.refusal())
    return *no;
  // One row more than is shown tells whether there is a next page.
  filter.limit = limit + 1;
  auto rows = service_.list(filter);
  if (!rows)
    return failure_reply(rows.error());
  std::string counts;
  if (counted) {
    auto found = service_.count(filter);
    if (!found)
      return failure_reply(found.error());
    counts = R"("counts":)" + to_json(*found) + ',';
  }
  return reply_page(
      "tasks", *rows, limit, 't',
      [](const task_record& last) {
        return page_end{last.started_at, last.task_id};
      },
      counts);
}

http_reply controller_api::task(http_request& request) const {
  const auto& task_id = request.segments[1];
  if (auto no = check_path_name(task_id, longest_task_id, "task id"))
    return *no;
  if (auto no = api_parameters{request.query}.refusal())
    return *no;
  auto row = service_.find(task_id);
  if (!row)
    return failure_reply(row.error());
  http_reply out;
  if (*row) {
    auto of = run_of(syncs_, **row);
    if (!of)
      return failure_reply(of.error());
    out.body = R"({"ok":true,"task":)" + to_json(**row);
    if (*of)
      out.body += R"(,"run":)" + write_json(to_tree(**of));
    out.body += '}';
    return out;
  }
  // A run of a sync has a page of its own before, and without, its read.
  auto run = find_run_as_task(syncs_, task_id);
  if (!run)
    return failure_reply(run.error());
  if (!*run)
    return http_error(404, "there is no such task", "no_such_task");
  out.body = R"({"ok":true,"task":)" + to_json((*run)->task) + R"(,"run":)"
             + write_json(to_tree((*run)->run)) + R"(,"asked":)"
             + write_json(text_or_null((*run)->asked)) + '}';
  return out;
}

http_reply controller_api::states(http_request& request) const {
  api_parameters from{request.query};
  state_filter filter;
  filter.sync_id = from.required("syncId");
  auto format = from.text("format");
  if (!format.empty() && format != "rows" && format != "state")
    from.refuse("format", "is none of rows and state");
  if (format == "state" && (from.given("after") || from.given("limit")))
    from.refuse("format",
                "state is always whole: after and limit are for rows");
  if (auto after = from.cursor("after", 's'))
    filter.after = after->id;
  auto limit = from.count("limit", usual_tasks, most_tasks);
  if (auto no = from.refusal())
    return *no;
  if (format == "state")
    return reply_whole_state(service_, filter.sync_id);
  // One row more than is shown tells whether there is a next page.
  filter.limit = limit + 1;
  auto rows = service_.states(filter);
  if (!rows)
    return failure_reply(rows.error());
  return reply_page("states", *rows, limit, 's', [](const state_record& last) {
    return page_end{{}, last.stream};
  });
}

} // namespace motorcade
