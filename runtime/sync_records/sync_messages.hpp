#pragma once

#include "runtime/base/clock.hpp"
#include "runtime/database/sql_session.hpp"
#include "schema/base/result.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace motorcade {

/// A row of `sync_notification`: a message that waits to be sent, was sent, or
/// was given up.
struct message_row {
  /// The same in every process that reports the same event.
  std::string id;
  std::string sync_id;
  /// The place of the channel in the sync's definition.
  size_t channel = 0;
  /// JSON, without secrets.
  std::string body;
  /// The tries so far.
  unsigned attempts = 0;
  wall_time due_at = {};
  wall_time created_at = {};
};

/// Messages about syncs, kept until they are sent. Fails as `sync_records`.
/// Not thread-safe.
class sync_messages {
public:
  /// The longest time for which a message that was sent, or given up, is kept,
  /// so that the same event is not reported twice.
  static constexpr std::chrono::hours kept{7 * 24};

  /// @param session May serve other records, too; lives as long as this.
  explicit sync_messages(std::shared_ptr<sql_session> session)
      : session_{std::move(session)} {}

  /// Adds a message that waits, unless one of that id is there.
  result<void> add(const message_row& note);

  /// @returns the messages that wait and are due, the longest due first.
  result<std::vector<message_row>> due(wall_time now, size_t limit);

  /// @returns whether there is a message of one of the ids, sent or not.
  result<bool> has_any(std::span<const std::string> ids);

  /// Notes that a message failed once more and when it is tried next.
  result<void> postpone(const message_row& note, wall_time due,
                        const std::string& error);

  /// Makes messages that wait due at that moment; no try is counted.
  /// @param ids Of the messages.
  result<void> put_off(std::span<const std::string> ids, wall_time due);

  /// Notes that a message was sent, or that it is given up.
  /// @param error Why; empty: it was sent.
  result<void> close(const message_row& note, const std::string& error);

  /// Notes that the messages of a sync that wait for a channel are given up.
  /// @param channel The channel's place in the sync's definition.
  result<void> give_up(const std::string& sync_id, size_t channel,
                       const std::string& why);

  /// Deletes messages that were closed `kept` ago.
  result<void> prune();

private:
  std::shared_ptr<sql_session> session_;
};

} // namespace motorcade
