#include "controller/api/api.hpp"
#include "controller/api/api_answers.hpp"
#include "controller/api/api_parameters.hpp"
#include "controller/api/api_rows.hpp"
#include "controller/api/api_run_task.hpp"
#include "controller/api/byte_page.hpp"
#include "controller/api/log_follower.hpp"
#include "controller/api/log_text.hpp"

#include <algorithm>

namespace motorcade {

namespace {

constexpr size_t most_rows = 1000;
constexpr size_t usual_rows = 100;
/// The longest words to look for, in bytes.
constexpr size_t longest_words = 500;

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

/// A log that was asked for.
struct asked_log {
  /// The task_id of its lines.
  std::string id;
  /// Whether there is a row of the task.
  bool has_task = false;
};

result<asked_log> find_log(controller_service& service, sync_service* syncs,
                           const std::string& task_id) {
  auto task = service.find(task_id);
  if (!task)
    return task.error();
  if (*task)
    return asked_log{(*task)->log_id.empty() ? task_id : (*task)->log_id, true};
  auto run = find_run_as_task(syncs, task_id);
  if (!run)
    return run.error();
  if (*run)
    return asked_log{(*run)->task.log_id, true};
  // The row of a spec, check or discover may be gone, and its lines not.
  auto id = find_inquiry_log(service, task_id);
  if (!id)
    return id.error();
  return asked_log{std::move(*id), false};
}

http_reply no_such_task() {
  return http_error(404, "there is no such task", "no_such_task");
}

/// The parameters of a request for lines.
struct line_request {
  log_position after;
  /// The cursor that was given.
  std::optional<page_end> cursor;
  bool follow = false;
  /// Whether lines are looked for, or read backwards.
  bool searched = false;
  log_search search;
};

/// Reads the place to begin at.
void read_place(api_parameters& from, line_request& out) {
  out.cursor = from.cursor("after", 'l');
  if (out.cursor)
    out.after = {out.cursor->time, out.cursor->id};
  if (auto since = from.time("since")) {
    if (out.cursor)
      from.refuse("since", "cannot be given together with after");
    // `since` includes lines of that very time: no id is below the empty one.
    out.after.time = *since;
  }
  if (out.after.time != wall_time{} || !out.after.id.empty())
    out.search.from = out.after;
  if (!from.given("before"))
    return;
  if (out.search.from)
    from.refuse("before", "cannot be given together with after and since");
  out.searched = true;
  out.search.backward = true;
  if (from.text("before", 5000) == "end")
    return;
  if (auto before = from.cursor("before", 'l'))
    out.search.from = {before->time, before->id};
}

line_request read_request(api_parameters& from) {
  line_request out;
  read_place(from, out);
  out.follow = from.flag("follow");
  out.search.limit = from.count("limit", usual_rows, most_rows);
  if (const auto name = from.text("level"); !name.empty()) {
    auto level = log_level::info;
    if (!from_string(name, level))
      from.refuse("level",
                  "is none of TRACE, DEBUG, INFO, WARN, ERROR and FATAL");
    out.search.least = level;
    out.searched = true;
  }
  out.search.words = from.text("q", longest_words);
  out.searched = out.searched || !out.search.words.empty();
  if (out.follow && out.searched)
    from.refuse("follow", "cannot be given together with level, q and before");
  return out;
}

/// @returns a page of lines that were looked for, the oldest line first.
http_reply reply_found(found_lines found, const log_search& search) {
  auto& lines = found.lines;
  const auto page = make_byte_page(lines, search.limit);
  const auto cut = page.shown < lines.size();
  lines.resize(page.shown);
  std::string next;
  if ((cut || lines.size() == search.limit) && !lines.empty())
    next = cursor_of(lines.back());
  else if (found.reached)
    next = write_cursor('l', {found.reached->time, found.reached->id});
  const auto more = !next.empty();
  if (next.empty() && !search.backward) {
    // The place up to which there are none: more lines may come.
    if (!lines.empty())
      next = cursor_of(lines.back());
    else if (search.from)
      next = write_cursor('l', {search.from->time, search.from->id});
  }
  auto shown = page.json;
  if (search.backward) {
    std::reverse(lines.begin(), lines.end());
    shown = make_byte_page(lines, lines.size()).json;
  }
  http_reply out;
  out.body = R"({"ok":true,"logs":)" + shown;
  if (!next.empty())
    out.body += R"(,"next":")" + next + '"';
  out.body += more ? R"(,"more":true})" : R"(,"more":false})";
  return out;
}

} // namespace

http_reply controller_api::logs(http_request& request) const {
  const auto& task_id = request.segments[1];
  if (auto no = check_path_name(task_id, longest_task_id, "task id"))
    return *no;
  api_parameters from{request.query};
  auto wanted = read_request(from);
  if (auto no = from.refusal())
    return *no;
  auto log = find_log(service_, syncs_, task_id);
  if (!log)
    return failure_reply(log.error());
  if (wanted.searched) {
    wanted.search.task_id = log->id;
    auto found = service_.find_lines(wanted.search);
    if (!found)
      return failure_reply(found.error());
    if (!log->has_task && found->lines.empty() && !found->reached
        && !wanted.search.from) {
      auto any = service_.logs(log->id, {}, 1);
      if (!any)
        return failure_reply(any.error());
      if (any->empty())
        return no_such_task();
    }
    return reply_found(std::move(*found), wanted.search);
  }
  const auto limit = wanted.search.limit;
  auto rows = service_.logs(log->id, wanted.after, limit);
  if (!rows)
    return failure_reply(rows.error());
  if (!log->has_task && rows->empty() && !wanted.cursor)
    return no_such_task();
  http_reply out;
  if (wanted.follow) {
    out.content_type = "application/x-ndjson";
    out.stream = [follower =
                      log_follower{service_, log->id, wanted.after, most_rows,
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
  else if (wanted.cursor)
    out.body += R"(,"next":")" + write_cursor('l', *wanted.cursor) + '"';
  auto more = page.shown < rows->size() || page.shown == limit;
  out.body += more ? R"(,"more":true})" : R"(,"more":false})";
  return out;
}

http_reply controller_api::log_file(http_request& request) const {
  const auto& task_id = request.segments[1];
  if (auto no = check_path_name(task_id, longest_task_id, "task id"))
    return *no;
  if (auto no = api_parameters{request.query}.refusal())
    return *no;
  auto log = find_log(service_, syncs_, task_id);
  if (!log)
    return failure_reply(log.error());
  auto first = service_.logs(log->id, {}, 1);
  if (!first)
    return failure_reply(first.error());
  if (!log->has_task && first->empty())
    return no_such_task();
  http_reply out;
  out.content_type = "text/plain; charset=utf-8";
  out.headers.emplace_back("Content-Disposition", "attachment; filename=\""
                                                      + log_file_name(task_id)
                                                      + '"');
  out.stream = [&service = service_, id = log->id](http_stream& to) {
    write_log_text(service, id, to);
  };
  return out;
}

} // namespace motorcade
