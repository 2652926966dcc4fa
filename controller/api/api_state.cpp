#include "controller/api/api_state.hpp"

#include "controller/api/api.hpp"
#include "runtime/base/log.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/catalog/catalog.hpp"
#include "schema/state/given_state.hpp"

namespace motorcade {

namespace {

/// The beginning of a list of streams, for a message.
std::string names_of(const std::vector<saved_state>& saved) {
  constexpr size_t most = 5;
  std::string out;
  for (size_t i = 0; i < saved.size() && i < most; ++i)
    out += (i == 0 ? "" : ", ") + excerpt(saved[i].key);
  return out + (saved.size() > most ? ", …" : "");
}

/// @returns the kinds and streams of which a sync has saved a state, which is
/// left out if it is long: it may be of any size.
result<std::vector<saved_state>>
look_what_is_saved(controller_service& service, const std::string& sync_id) {
  constexpr std::string_view left_out = R"({"":0})";
  state_filter filter;
  filter.sync_id = sync_id;
  filter.limit = 1000;
  // Four characters suffice to tell null, which a reset leaves, and `{}` from
  // other states.
  filter.longest = 4;
  std::vector<saved_state> out;
  for (;;) {
    auto rows = service.states(filter);
    if (!rows)
      return rows.error();
    for (auto& row : *rows)
      out.push_back(
          {row.stream, row.omitted ? std::string{left_out} : row.state});
    if (rows->empty())
      return out;
    filter.after = rows->back().stream;
  }
}

/// @returns the refusal if a read without a state would begin anew what an
/// earlier one built.
std::optional<http_reply> check_nothing_is_saved(controller_service& service,
                                                 const task_request& task,
                                                 const catalog& streams) {
  auto saved = look_what_is_saved(service, task.sync_id);
  if (!saved)
    return failure_reply(saved.error());
  if (make_state_file(*saved, streams) == "{}")
    return {};
  return http_error(
      409, "sync " + excerpt(task.sync_id) + " has saved states ("
               + names_of(*saved)
               + "), and the request does not say whether to go on from them: "
                 "a read without a state replaces the tables. To go on, give "
                 "continue=true, or a state in the body; to read everything "
                 "anew, give fullSync=true, or {} as the state");
}

} // namespace

std::optional<http_reply> settle_state(controller_service& service,
                                       task_request& task) {
  auto streams = parse_catalog(task.catalog);
  if (!streams)
    return http_error(400, "the body's " + streams.error().what);
  if (task.continues && !task.state.empty())
    return http_error(400, "continue=true goes on from what is saved, and the "
                           "body has a state, too; give one of them");
  if (task.continues && task.full_sync)
    return http_error(400, "continue=true goes on from what is saved, and "
                           "fullSync=true ignores it; give one of them");
  if (task.full_sync && !task.state.empty())
    log::info("task {} of sync {}: fullSync=true ignores the body's state",
              task.task_id, task.sync_id);
  if (task.continues || task.full_sync)
    return {};
  if (task.state.empty())
    return check_nothing_is_saved(service, task, *streams);
  auto fit = fit_state(task.state, *streams);
  if (!fit)
    return http_error(400, "the body's " + fit.error().what);
  task.state = std::move(fit->json);
  for (const auto& change : fit->changes)
    log::info("task {} of sync {}: {}", task.task_id, task.sync_id, change);
  return {};
}

http_reply reply_whole_state(controller_service& service,
                             const std::string& sync_id) {
  auto saved = service.saved_states(sync_id, page_bytes);
  if (!saved)
    return failure_reply(saved.error());
  if (saved->bytes > page_bytes)
    return http_error(
        413, "the saved states of sync " + excerpt(sync_id) + " take "
                 + std::to_string(saved->bytes) + " bytes, and an answer "
                 + "holds " + std::to_string(page_bytes)
                 + " at most. Without format=state they come in pages, and a "
                   "read with continue=true goes on from them without their "
                   "being sent");
  http_reply out;
  out.body = make_whole_state(saved->states);
  return out;
}

} // namespace motorcade
