#include "controller/syncs/announcements.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "schema/base/excerpt.hpp"
#include "schema/json/json_tree.hpp"
#include "schema/json/json_view.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace motorcade {

namespace {

using json = nlohmann::ordered_json;

/// The beginning of each message's type.
constexpr std::string_view type_prefix = "sync.";
/// The longest error that a message holds, in characters.
constexpr size_t longest_error = 2000;
/// The most runs that are looked at for a reported failure.
constexpr size_t most_looked_at = 200;

/// @param text A line for a person.
json make_body(sync_event event, const std::string& sync_id, wall_time now,
               const std::string& text) {
  return {{"type", std::string{type_prefix} + std::string{to_string(event)}},
          {"timestamp", to_iso8601_micros(now)},
          {"syncId", sync_id},
          {"text", text}};
}

std::string message_id(size_t channel, sync_event event,
                       const std::string& cause) {
  return stable_id("message " + std::to_string(channel) + ' '
                   + std::string{to_string(event)} + ' ' + cause);
}

/// @returns whether one of the failures was told, as far as that is still
/// known: messages that were sent are deleted after a while.
result<bool> was_told(sync_messages& messages,
                      const std::vector<sync_run>& failed, wall_time now) {
  // Some time is left for the deletion.
  constexpr auto known_for = sync_messages::kept - std::chrono::hours{24};
  std::vector<std::string> ids;
  for (const auto& run : failed) {
    if (now - run.updated_at > known_for)
      return true;
    for (size_t i = 0; i < most_channels; ++i)
      ids.push_back(message_id(i, sync_event::failed, run.id));
  }
  return messages.has_any(ids);
}

result<void> announce(sync_messages& messages, sync_event event,
                      const std::string& sync_id, const std::string& cause,
                      const json& body, const sync_definition& open,
                      wall_time now) {
  for (size_t i = 0; i < open.notifications.size(); ++i) {
    if (!open.notifications[i].events.contains(event))
      continue;
    message_row note;
    note.id = message_id(i, event, cause);
    note.sync_id = sync_id;
    note.channel = i;
    note.body = write_json(body);
    note.due_at = now;
    if (auto added = messages.add(note); !added)
      return added;
  }
  return {};
}

void add_run(json& body, const sync_run& run) {
  body["taskId"] = run.id;
  body["trigger"] = run.trigger;
  body["attempt"] = run.attempt;
}

} // namespace

result<void> announce_failure(sync_messages& messages, const sync_run& run,
                              const sync_definition& open, wall_time now) {
  const auto error = excerpt(run.error, longest_error);
  auto body = make_body(sync_event::failed, run.sync_id, now,
                        "Sync " + run.sync_id
                            + (run.stage == run_stage::partial
                                   ? " was read only in part: "
                                   : " failed: ")
                            + error);
  add_run(body, run);
  body["status"] = to_string(run.stage);
  body["error"] = error;
  return announce(messages, sync_event::failed, run.sync_id, run.id, body, open,
                  now);
}

result<void> announce_recovery(sync_tables& rows, const sync_run& run,
                               const stored_sync& row, wall_time now) {
  auto open = open_part_of(row);
  if (!open || open->notifications.empty())
    return {};
  auto runs = rows.records.runs(row.id, most_looked_at);
  if (!runs)
    return runs.error();
  const auto failed = failures_before(*runs, run.id);
  if (failed.empty())
    return {};
  // If no webhook wants failures there is nothing to look for.
  const auto& channels = open->notifications;
  if (std::any_of(channels.begin(), channels.end(), [](const auto& one) {
        return one.events.contains(sync_event::failed);
      })) {
    auto told = was_told(rows.messages, failed, now);
    if (!told || !*told)
      return told ? result<void>{} : told.error();
  }
  auto body = make_body(sync_event::recovered, row.id, now,
                        "Sync " + row.id + " runs again.");
  add_run(body, run);
  return announce(rows.messages, sync_event::recovered, row.id, run.id, body,
                  *open, now);
}

result<void> announce_pause(sync_messages& messages, const std::string& sync_id,
                            const std::string& cause, const std::string& reason,
                            const sync_definition& open, wall_time now) {
  const auto why = excerpt(reason, longest_error);
  auto body = make_body(sync_event::paused, sync_id, now,
                        "Sync " + sync_id + " is paused: " + why);
  body["reason"] = why;
  return announce(messages, sync_event::paused, sync_id, cause, body, open,
                  now);
}

result<void> announce_change(sync_messages& messages, const change_row& change,
                             const sync_definition& open, wall_time now) {
  auto body = make_body(sync_event::schema_changed, change.sync_id, now,
                        "The source of sync " + change.sync_id
                            + " has another schema (" + change.action
                            + "): " + excerpt(change.summary, longest_error));
  body["action"] = change.action;
  body["changes"] = json::parse(change.changes);
  return announce(messages, sync_event::schema_changed, change.sync_id,
                  change.id, body, open, now);
}

result<void> drop_misdirected(sync_messages& messages, const std::string& id,
                              const sync_definition* before,
                              const sync_definition& after) {
  const auto& now = after.notifications;
  const auto count =
      before == nullptr ? most_channels : before->notifications.size();
  for (size_t i = 0; i < count; ++i) {
    if (before != nullptr && i < now.size()
        && before->notifications[i].url == now[i].url)
      continue;
    if (auto done = messages.give_up(id, i, "the webhook was changed"); !done)
      return done;
  }
  return {};
}

bool wants(const notification_channel& channel, std::string_view body) {
  const auto type = json_view{body}.text_at("type");
  sync_event event{};
  return !type.starts_with(type_prefix)
         || !from_string(type.substr(type_prefix.size()), event)
         || channel.events.contains(event);
}

std::string make_test_message(const std::string& sync_id, wall_time now) {
  return write_json(make_body(sync_event::test, sync_id, now,
                              "This is a test of the notifications of sync "
                                  + sync_id + "."));
}

std::vector<sync_run> failures_before(const std::vector<sync_run>& runs,
                                      const std::string& run_id) {
  std::vector<sync_run> out;
  auto at = std::find_if(runs.begin(), runs.end(),
                         [&](const sync_run& one) { return one.id == run_id; });
  if (at == runs.end())
    return out;
  for (auto newer = at++; at != runs.end(); newer = at++) {
    if (at->stage == run_stage::success)
      return out;
    // A failure that was tried again was not reported.
    if ((at->stage == run_stage::failed || at->stage == run_stage::partial)
        && newer->attempt <= 1)
      out.push_back(*at);
  }
  return out;
}

} // namespace motorcade
