#include "controller/syncs/message_sender.hpp"

#include "controller/definitions/kept_sync.hpp"
#include "controller/syncs/announcements.hpp"
#include "runtime/base/log.hpp"

#include <array>

namespace motorcade {

using namespace std::chrono_literals;

namespace {

/// The most messages of one look.
constexpr size_t most_sent = 50;

/// The pause of messages to a host that has just not answered another one: more
/// than a call takes that gets no answer.
constexpr auto pause_of_skipped = 30s;

constexpr std::array<std::chrono::seconds, 8> pauses{10s, 1min, 5min, 30min,
                                                     1h,  2h,   6h,   12h};

/// What is needed of a message's sync, looked up at once.
struct found_channel {
  std::optional<notification_channel> channel;
  /// Why there is no channel.
  std::string trouble;
  /// Whether there may be one later.
  bool waits = false;
};

} // namespace

std::optional<std::chrono::seconds> pause_after_tries(unsigned tries) {
  if (tries == 0 || tries > pauses.size())
    return {};
  return pauses.at(tries - 1);
}

webhook_message make_webhook_message(const notification_channel& channel,
                                     std::string id, std::string body) {
  return {channel.url, channel.secret, channel.slack, std::move(id),
          std::move(body)};
}

result<size_t> message_sender::send_due(wall_time now) {
  silent_hosts_.clear();
  for (size_t all = 0;;) {
    auto due = store_.use_rows(
        [&](sync_tables& rows) { return rows.messages.due(now, most_sent); });
    if (!due)
      return due.error();
    all += due->size();
    std::vector<std::string> skipped;
    for (const auto& note : *due)
      if (auto done = send(note, now, skipped); !done)
        return done.error();
    auto put_off = store_.use_rows([&](sync_tables& rows) {
      return rows.messages.put_off(skipped, now + pause_of_skipped);
    });
    if (!put_off)
      return put_off.error();
    // Behind many messages to a silent host wait those to others.
    if (skipped.empty() || due->size() < most_sent)
      return all;
  }
}

result<void> message_sender::send(const message_row& note, wall_time now,
                                  std::vector<std::string>& skipped) {
  auto found = store_.use_rows([&](sync_tables& rows) -> result<found_channel> {
    auto row = rows.records.find(note.sync_id);
    if (!row)
      return row.error();
    if (!*row)
      return found_channel{{}, "the sync is deleted", false};
    auto sync = open_sync(**row, keys_);
    if (!sync)
      return found_channel{{}, sync.error().what, true};
    if (note.channel >= sync->notifications.size())
      return found_channel{{}, "the sync no longer has this webhook", false};
    auto& channel = sync->notifications[note.channel];
    if (!wants(channel, note.body))
      return found_channel{{}, "the webhook no longer wants this event", false};
    return found_channel{std::move(channel), {}, false};
  });
  if (!found)
    return found.error();
  auto error = found->trouble;
  auto again = found->waits;
  if (found->channel) {
    const auto whole =
        make_webhook_message(*found->channel, note.id, note.body);
    if (silent_hosts_.contains(place_of(whole))) {
      skipped.push_back(note.id);
      return {};
    }
    auto sent = webhooks_.send(whole, now);
    if (!sent) {
      // This process ends: another process sends the message.
      if (sent.error().code == ec::cancelled)
        return sent;
      error = sent.error().what;
      again = true;
      silent_hosts_.insert(place_of(whole));
    }
  }
  return store_.use_rows([&](sync_tables& rows) -> result<void> {
    const auto pause =
        again ? pause_after_tries(note.attempts + 1) : std::nullopt;
    if (pause)
      return rows.messages.postpone(note, now + *pause, error);
    if (!error.empty())
      log::warn("a notification of sync {} is given up: {}", note.sync_id,
                error);
    return rows.messages.close(note, error);
  });
}

} // namespace motorcade
