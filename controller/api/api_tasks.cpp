#include "controller/api/api.hpp"
#include "controller/api/api_parameters.hpp"
#include "controller/api/api_rows.hpp"
#include "controller/api/api_state.hpp"
#include "controller/api/byte_page.hpp"
#include "controller/api/log_follower.hpp"
#include "schema/base/ascii.hpp"

#include <algorithm>

namespace motorcade {

namespace {

constexpr size_t most_rows = 1000;
constexpr size_t usual_rows = 100;

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

/// @returns the refusal of an id that cannot be a task's; nothing: it can.
std::optional<http_reply> check_task_id(const std::string& task_id) {
  // The id of a discover is made of its key, package and version.
  constexpr size_t longest = 1000;
  if (task_id.size() > longest || !is_plain_text(task_id))
    return http_error(400, "the task id in the path is longer than 1000 bytes, "
                           "is not UTF-8 or holds a control character");
  return {};
}

/// Finds the log of a spec, check or discover whose row is gone.
/// @returns the first name for `id` under which there are lines; `id` itself if
/// there are none.
result<std::string> find_inquiry_log(controller_service& service,
                                     const std::string& id) {
  for (const auto& name : inquiry_logs_of(id)) {
    auto first = service.logs(name, {}, 1);
    if (!first)
      return first.error();
    if (!first->empty())
      return name;
  }
  return id;
}

/// @returns a page of a list, with a cursor if more rows follow.
/// @param rows More than `limit` if there are more.
/// @param place_of Called with the last row that is shown.
template <class Row, class PlaceOf>
http_reply reply_page(std::string_view name, const std::vector<Row>& rows,
                      size_t limit, char kind, PlaceOf place_of) {
  auto page = make_byte_page(rows, limit);
  http_reply out;
  out.body = R"({"ok":true,")" + std::string{name} + "\":" + page.json;
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
  if (auto before = from.cursor("before", 't')) {
    filter.before = before->time;
    filter.before_task_id = before->id;
  }
  auto limit = from.count("limit", usual_rows, most_rows);
  if (auto no = from.refusal())
    return *no;
  // One row more than is shown tells whether there is a next page.
  filter.limit = limit + 1;
  auto rows = service_.list(filter);
  if (!rows)
    return failure_reply(rows.error());
  return reply_page("tasks", *rows, limit, 't', [](const task_record& last) {
    return page_end{last.started_at, last.task_id};
  });
}

http_reply controller_api::task(http_request& request) const {
  const auto& task_id = request.segments[1];
  if (auto no = check_task_id(task_id))
    return *no;
  if (auto no = api_parameters{request.query}.refusal())
    return *no;
  auto row = service_.find(task_id);
  if (!row)
    return failure_reply(row.error());
  if (!*row)
    return http_error(404, "there is no such task");
  http_reply out;
  out.body = R"({"ok":true,"task":)" + to_json(**row) + '}';
  return out;
}

http_reply controller_api::logs(http_request& request) const {
  const auto& task_id = request.segments[1];
  if (auto no = check_task_id(task_id))
    return *no;
  api_parameters from{request.query};
  auto follow = from.flag("follow");
  auto limit = from.count("limit", usual_rows, most_rows);
  log_position after;
  auto cursor = from.cursor("after", 'l');
  if (cursor)
    after = {cursor->time, cursor->id};
  if (auto since = from.time("since")) {
    if (cursor)
      from.refuse("since", "cannot be given together with after");
    // `since` includes lines of that very time: no id is below the empty one.
    after.time = *since;
  }
  if (auto no = from.refusal())
    return *no;
  auto task = service_.find(task_id);
  if (!task)
    return failure_reply(task.error());
  auto log_id = result<std::string>{task_id};
  if (!*task)
    // The row of a spec, check or discover may be gone, and its lines not.
    log_id = find_inquiry_log(service_, task_id);
  else if (!(*task)->log_id.empty())
    log_id = (*task)->log_id;
  if (!log_id)
    return failure_reply(log_id.error());
  auto rows = service_.logs(*log_id, after, limit);
  if (!rows)
    return failure_reply(rows.error());
  if (!*task && rows->empty() && !cursor)
    return http_error(404, "there is no such task");
  http_reply out;
  if (follow) {
    out.content_type = "application/x-ndjson";
    out.stream = [follower =
                      log_follower{service_, *log_id, after, most_rows,
                                   follow_pause_}](http_stream& to) mutable {
      follower.run(to);
    };
    return out;
  }
  auto page = make_byte_page(*rows, limit);
  out.body = R"({"ok":true,"logs":)" + page.json;
  // The last page has a cursor, too: more lines may come.
  if (!rows->empty())
    out.body += R"(,"next":")" + cursor_of((*rows)[page.shown - 1]) + '"';
  else if (cursor)
    out.body += R"(,"next":")" + write_cursor('l', *cursor) + '"';
  auto more = page.shown < rows->size() || page.shown == limit;
  out.body += more ? R"(,"more":true})" : R"(,"more":false})";
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
  auto limit = from.count("limit", usual_rows, most_rows);
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
