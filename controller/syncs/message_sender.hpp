#pragma once

#include "controller/records/sync_store.hpp"
#include "runtime/sealing/sealing_keys.hpp"
#include "runtime/webhook/webhook_sender.hpp"
#include "schema/base/result.hpp"
#include "schema/sync/notification_channel.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace motorcade {

/// Sends the messages that wait in the database. Each outcome is stored, so
/// that another process can go on; a message may come twice, with the same id,
/// if a process ends between sending it and storing that. One process at a time
/// calls it: the leader. Not thread-safe.
class message_sender {
public:
  /// @param store, webhooks Outlive it. The store is not kept while a message
  /// is sent.
  message_sender(sync_store& store, const sealing_keys& keys,
                 const webhook_sender& webhooks)
      : store_{store}, keys_{keys}, webhooks_{webhooks} {}

  /// Sends some of the messages that are due. Those to a host that has not
  /// answered one of them are put off, without a try being counted, so that
  /// they do not hold back those to other hosts.
  /// @returns how many messages were due; database_unavailable if the database
  /// does not answer.
  result<size_t> send_due(wall_time now);

private:
  /// Sends one message and stores whether it arrived.
  /// @param skipped The ids of messages to silent hosts, to which it may be
  /// added.
  result<void> send(const message_row& note, wall_time now,
                    std::vector<std::string>& skipped);

  sync_store& store_;
  const sealing_keys& keys_;
  const webhook_sender& webhooks_;
  /// The hosts that have not answered in this call.
  std::set<std::string> silent_hosts_;
};

/// @returns the pause after so many failed tries; nothing: the message is given
/// up.
std::optional<std::chrono::seconds> pause_after_tries(unsigned tries);

/// @returns a sync's message as it is sent to a channel.
webhook_message make_webhook_message(const notification_channel& channel,
                                     std::string id, std::string body);

} // namespace motorcade
